import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromExactJson, toExactJson } from "./exact-json.ts";

describe("exact JSON", () => {
  it("keeps bigints exact at any depth, and leaves what it is given as it was", () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.bigInt(),
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie("any"), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (given) => {
        const before = structuredClone(given);
        expect(fromExactJson(toExactJson(given))).toEqual(before);
        expect(given).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves out fields without a value", () => {
    expect(toExactJson({ a: undefined, b: 1n, c: [undefined] })).toBe('{"b":{"$bigint":"1"},"c":[null]}');
  });
});
