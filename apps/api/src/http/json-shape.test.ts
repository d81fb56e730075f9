import fc from "fast-check";
import { expect, test } from "vitest";
import { shapeProblem } from "./json-shape.ts";

const limits = { depth: 4, members: 8, values: 10 };
const problemOf = (text: string): string | null => shapeProblem(Buffer.from(text), limits);

test.each(["", "1", '"[[[[[[[["', '"\\"[[[[[[["', '{"a":"\\\\"}', "[[[[]]]]", '{"a":{"b":[1]}}', "[][][][][]"])(
  "%s is within bounds",
  (text) => expect(problemOf(text)).toBeNull(),
);

test.each(["[[[[[", '[[[[["', '{"a":{"a":{"a":{"a":{', '["\\\\",[[[[['])("%s is too deep", (text) => {
  expect(problemOf(text)).toMatch(/deeper than 4/);
});

test("too many values are refused, however they are nested", () => {
  expect(problemOf(`[[${"1,".repeat(11)}1]]`)).toMatch(/more than 10 values/);
  expect(problemOf(`[${"{},".repeat(5)}{}]`)).toMatch(/more than 10 values/);
  expect(problemOf("[[1,1,1,1],[1,1,1,1],[1,1,1,1],[1]]")).toMatch(/more than 10/);
});

test("too many members at the top are refused, and as many elsewhere are not", () => {
  const members = (count: number): string => Array.from({ length: count }, (_, n) => `"${n}":1`).join();
  expect(problemOf(`{${members(8)}}`)).toBeNull();
  expect(problemOf(`{${members(9)}}`)).toMatch(/more than 8 members/);
  expect(problemOf(`{"a":{${members(9)}}}`)).toBeNull();
});

test.each([63, 64, 65, 127, 128, 200])("a string of %i characters ends where it ends, escapes or not", (length) => {
  for (const piece of ["x", String.raw`\\`, String.raw`\"`, String.raw`x\"`, String.raw`\\x`, String.raw`\\\"`]) {
    const string = piece.repeat(length);
    expect(problemOf(`["${string}",[[[[]]]]]`)).toMatch(/deeper than 4/);
    expect(problemOf(`["${string}[[[[[[[",1]`)).toBeNull();
  }
});

test.each([
  ["escaped quotes", `{"a":"${'\\"'.repeat(2_400_000)}"}`],
  ["empty strings", '""'.repeat(2_400_000)],
  ["backslashes", `{"a":"${"\\\\".repeat(1_200_000)}"}`],
  ["names", `{${'"k":1,'.repeat(800_000)}"k":1}`],
  ["nothing", " ".repeat(4_800_000)],
])("%s by the megabyte take no longer to look at than to receive", (_, text) => {
  const bytes = Buffer.from(text);
  const bounds = { depth: 128, members: 256, values: 100_000 };
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    shapeProblem(bytes, bounds);
    return performance.now() - begun;
  });
  // 4.8 MB; a search for each quote took some 200 ms.
  expect(Math.min(...times)).toBeLessThan(60);
});

test("what JSON can hold is judged by its own nesting, whatever its strings say", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const problem = shapeProblem(Buffer.from(JSON.stringify(value)), {
        depth: 4,
        members: 1_000_000,
        values: 1_000_000,
      });
      expect(problem === null).toBe(depthOf(value) <= 4);
    }),
    { numRuns: 500 },
  );
});
