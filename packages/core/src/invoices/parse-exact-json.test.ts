import { describe, expect, it } from "vitest";
import { digitsOf, isNumberText, parseExactJson, wholeOf } from "./parse-exact-json.ts";

describe("exact JSON", () => {
  it("keeps every digit of a number", () => {
    const text = '{"a":0.1000000000000000055511151231257827,"b":[12345678901234567890,1e-7],"c":"0.10"}';
    expect(parseExactJson(text)).toEqual({
      a: { digits: "0.1000000000000000055511151231257827" },
      b: [{ digits: "12345678901234567890" }, { digits: "1e-7" }],
      c: "0.10",
    });
  });

  it("tells digits and whole numbers from all else", () => {
    expect(digitsOf({ digits: "1.50" })).toBe("1.50");
    expect(digitsOf("7")).toBe("7");
    expect([digitsOf(null), digitsOf(7), digitsOf({ digits: 7 })]).toEqual([null, null, null]);
    expect(isNumberText({ digits: "1", more: 1 })).toBe(false);
    expect(wholeOf({ digits: "12345678901234567890" })).toBe(12345678901234567890n);
    expect(wholeOf({ digits: "30.0" })).toBe(30n);
    expect([wholeOf("-1"), wholeOf("1.5"), wholeOf("1e3"), wholeOf(null)]).toEqual([null, null, null, null]);
  });

  it("refuses what is no JSON", () => {
    expect(() => parseExactJson("{")).toThrow(SyntaxError);
  });
});
