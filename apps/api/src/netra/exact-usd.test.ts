import { usd } from "@tenantry/core";
import { expect, test } from "vitest";
import { exactUsd } from "./exact-usd.ts";

test.each([
  ["0", "0"],
  ["0.000000000001", "0.000000000001"],
  ["-0.5", "-0.5"],
  // More digits than a float has.
  ["123456789.000000000001", "123456789.000000000001"],
  ["9223372036854775808.5", "9223372036854775808.5"],
])("%s USD is the JSON number %s, which never was a float", (amount, digits) => {
  expect(JSON.stringify({ totalCost: exactUsd(usd(amount)) })).toBe(`{"totalCost":${digits}}`);
});

test("what is unknown is null and not 0", () => {
  expect(JSON.stringify({ totalCost: exactUsd(null) })).toBe('{"totalCost":null}');
});
