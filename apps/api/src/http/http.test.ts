import { describe, expect, test } from "vitest";
import { keyOf } from "./credentials.ts";
import { createHostCheck } from "./host-list.ts";

describe("the key of a request", () => {
  test.each([
    [{ authorization: "Bearer tnt_a" }, "tnt_a"],
    [{ authorization: "bearer   tnt_a " }, "tnt_a"],
    [{ "x-api-key": "tnt_b" }, "tnt_b"],
    [{ authorization: "Bearer tnt_a", "x-api-key": "tnt_b" }, "tnt_a"],
    [{ authorization: "Basic dTpw", "x-api-key": "tnt_b" }, "tnt_b"],
    [{ authorization: "Bearer", "x-api-key": "" }, null],
    [{ authorization: "Bearer a b" }, null],
    [{}, null],
  ])("%j has %s", (headers, key) => expect(keyOf(headers)).toBe(key));
});

describe("Host", () => {
  const isOurs = createHostCheck(["gateway.example", " Other.Example "]);

  test.each([
    "localhost",
    "LOCALHOST:8787",
    "127.0.0.1:8787",
    "[::1]:8787",
    "10.1.2.3",
    "gateway.example:443",
    "other.example",
  ])("%s is served", (host) => expect(isOurs(host)).toBe(true));

  test.each([
    "",
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "gateway.example.",
    "evil.example:localhost",
  ])("%j is not", (host) => expect(isOurs(host)).toBe(false));

  test("a star lets all in", () => expect(createHostCheck(["*"])("evil.example")).toBe(true));
});
