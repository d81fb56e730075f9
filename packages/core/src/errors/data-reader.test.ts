import { describe, expect, it } from "vitest";
import { createDataReader, type DataReader, join } from "./data-reader.ts";

/** What was read, and `path: message` of what was wrong. */
function reading<Read>(read: (reader: DataReader) => Read): { value: Read; issues: string[] } {
  const reader = createDataReader();
  const value = read(reader);
  return { value, issues: reader.issues.map(({ path, message }) => `${path}: ${message}`) };
}

describe("a reader of plain data", () => {
  it("gives an object's fields, and reports every unknown one with the known", () => {
    const raw = { a: 1, c: 3, d: 4 };
    const { value, issues } = reading((reader) => reader.fields(raw, "at", ["a", "b"]));
    expect(value).toBe(raw);
    expect(issues).toEqual([
      "at.c: is not a known field; known are a, b",
      "at.d: is not a known field; known are a, b",
    ]);
  });

  it.each([[null], [undefined], ["text"], [5], [true], [[]]])("takes %j for no object", (raw) => {
    expect(reading((reader) => reader.fields(raw, "at", ["a", "b"]))).toEqual({
      value: null,
      issues: ["at: must be an object with a, b"],
    });
    expect(reading((reader) => reader.entries(raw, "at"))).toEqual({ value: [], issues: ["at: must be an object"] });
  });

  it("gives the entries of an object with free names", () => {
    const raw: unknown = JSON.parse('{"b":1,"__proto__":2}');
    expect(reading((reader) => reader.entries(raw, "at"))).toEqual({
      value: [
        ["b", 1],
        ["__proto__", 2],
      ],
      issues: [],
    });
  });

  it("gives a list as it is, and nothing for anything else", () => {
    expect(reading((reader) => reader.list([1, null], "at"))).toEqual({ value: [1, null], issues: [] });
    for (const raw of [null, undefined, {}, "ab", { length: 1 }]) {
      expect(reading((reader) => reader.list(raw, "at"))).toEqual({ value: [], issues: ["at: must be a list"] });
    }
  });

  it.each<[unknown, string | null]>([
    ["a", "a"],
    [" a ", " a "],
    ["", null],
    [" \n", null],
    [5, null],
    [null, null],
  ])("of text reads %j as %j", (raw, expected) => {
    const issues = expected === null ? ["at: must be a text that is not empty"] : [];
    expect(reading((reader) => reader.text(raw, "at"))).toEqual({ value: expected, issues });
  });

  it.each<[unknown, boolean | null]>([
    [true, true],
    [false, false],
    [0, null],
    ["true", null],
    [null, null],
  ])("of flags reads %j as %j", (raw, expected) => {
    const issues = expected === null ? ["at: must be true or false"] : [];
    expect(reading((reader) => reader.flag(raw, "at"))).toEqual({ value: expected, issues });
  });

  it.each<[unknown, number | null, string]>([
    [1, 1, ""],
    [7, 7, ""],
    [2 ** 53 - 1, 2 ** 53 - 1, ""],
    [2 ** 53, null, "9007199254740992"],
    [0, null, "0"],
    [1.5, null, "1.5"],
    ["7", null, '"7"'],
    [true, null, "true"],
    [null, null, "nothing"],
    [undefined, null, "nothing"],
    [{}, null, "an object"],
    [[1], null, "an object"],
  ])("of whole numbers from 1 reads %j as %j", (raw, expected, shown) => {
    const issues = expected === null ? [`at: must be a whole number of at least 1, not ${shown}`] : [];
    expect(reading((reader) => reader.whole(raw, "at", 1))).toEqual({ value: expected, issues });
  });

  it("of choices takes the names alone", () => {
    const choose = (raw: unknown): unknown => reading((reader) => reader.choice(raw, "at", ["a", "b"]));
    expect(choose("b")).toEqual({ value: "b", issues: [] });
    expect(choose("c")).toEqual({ value: null, issues: ['at: must be one of a, b, not "c"'] });
    expect(choose(["a"])).toEqual({ value: null, issues: ["at: must be one of a, b, not an object"] });
  });

  it("passes on what a parser of text says", () => {
    const good = { ok: true, ms: 5 } as const;
    const bad = { ok: false, problem: "write it out" } as const;
    expect(reading((reader) => reader.parsed(good, "at"))).toEqual({ value: good, issues: [] });
    expect(reading((reader) => reader.parsed(bad, "at"))).toEqual({ value: null, issues: ["at: write it out"] });
  });

  it("keeps every report, in order", () => {
    const { issues } = reading((reader) => {
      reader.report("a", "one");
      reader.text("", "b");
      reader.report("", "three");
    });
    expect(issues).toEqual(["a: one", "b: must be a text that is not empty", ": three"]);
  });
});

describe("a path", () => {
  it.each([
    ["tiers", "gold", "tiers.gold"],
    ["", "tiers", "tiers"],
    ["limits", 0, "limits[0]"],
    ["limits[0]", "per", "limits[0].per"],
    ["", 3, "[3]"],
  ])("of %j and %j is %j", (path, name, expected) => {
    expect(join(path, name)).toBe(expected);
  });
});
