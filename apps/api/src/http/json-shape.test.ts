import fc from "fast-check";
import { expect, test } from "vitest";
import { shapeProblem } from "./json-shape.ts";

const limits = { depth: 4, values: 10 };
const problemOf = (text: string): string | null => shapeProblem(Buffer.from(text), limits);

test.each(["", "1", '"[[[[[[[["', '"\\"[[[[[[["', '{"a":"\\\\"}', "[[[[]]]]", '{"a":{"b":[1]}}', "[][][][][]"])(
  "%s is within bounds",
  (text) => expect(problemOf(text)).toBeNull(),
);

test.each(["[[[[[", '[[[[["', '{"a":{"a":{"a":{"a":{', '["\\\\",[[[[['])("%s is too deep", (text) => {
  expect(problemOf(text)).toMatch(/deeper than 4/);
});

test("too many values are refused, however they are nested", () => {
  expect(problemOf(`[${"1,".repeat(11)}1]`)).toMatch(/more than 10/);
  expect(problemOf("[[1,1,1,1],[1,1,1,1],[1,1,1,1],[1]]")).toMatch(/more than 10/);
});

test("what JSON can hold is judged by its own nesting, whatever its strings say", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const problem = shapeProblem(Buffer.from(JSON.stringify(value)), { depth: 4, values: 1_000_000 });
      expect(problem === null).toBe(depthOf(value) <= 4);
    }),
    { numRuns: 500 },
  );
});
