import { describe, expect, test } from "vitest";
import { minimalJson, UnsatisfiableSchemaError } from "../src/answers/minimal-json.ts";

describe("the minimal value of a schema", () => {
  test.each<[string, Record<string, unknown>, unknown]>([
    [
      "required properties only",
      { type: "object", properties: { a: { type: "string" }, b: {} }, required: ["a"] },
      { a: "" },
    ],
    ["the first of an enum", { enum: [3, 4] }, 3],
    ["a constant", { const: { x: 1 } }, { x: 1 }],
    ["null where it may be", { type: ["string", "null"] }, null],
    ["shortest string", { type: "string", minLength: 3 }, "xxx"],
    ["a date", { type: "string", format: "date" }, "2000-01-01"],
    ["a number in range", { type: "integer", minimum: 5, multipleOf: 4 }, 8],
    ["a number above", { type: "integer", exclusiveMinimum: 5 }, 6],
    ["a negative range", { type: "number", maximum: -2 }, -2],
    ["zero inside a range", { type: "integer", minimum: -5, maximum: 5 }, 0],
    [
      "tuples",
      { type: "array", prefixItems: [{ type: "boolean" }], minItems: 2, items: { type: "null" } },
      [false, null],
    ],
    [
      "references",
      { $defs: { n: { type: "integer" } }, type: "object", properties: { a: { $ref: "#/$defs/n" } }, required: ["a"] },
      { a: 0 },
    ],
    [
      "all of several",
      {
        allOf: [
          { type: "object", properties: { a: { const: 1 } }, required: ["a"] },
          { properties: { b: { const: 2 } }, required: ["b"] },
        ],
      },
      { a: 1, b: 2 },
    ],
    [
      "the alternative that ends",
      {
        $defs: {
          l: {
            anyOf: [
              { type: "object", properties: { next: { $ref: "#/$defs/l" } }, required: ["next"] },
              { type: "null" },
            ],
          },
        },
        $ref: "#/$defs/l",
      },
      expect.anything(),
    ],
  ])("%s", (_, schema, value) => {
    expect(minimalJson(schema)).toEqual(value);
  });

  test("a schema without end is refused, not followed", () => {
    const schema = { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] };
    expect(() => minimalJson(schema)).toThrow(UnsatisfiableSchemaError);
    expect(() => minimalJson({ $ref: "#/$defs/nowhere" })).toThrow(UnsatisfiableSchemaError);
  });
});
