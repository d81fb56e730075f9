import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import { changeMembers, deepestJson, rawMember, readJsonMembers } from "./json-members.ts";

function problemOf(text: string): { path: string; message: string } | null {
  try {
    readJsonMembers(text);
    return null;
  } catch (error) {
    expect(TenantryError.is(error) && error.code).toBe("invalid_request");
    return (error as TenantryError).issues[0] ?? null;
  }
}

const isObjectToParser = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

const space = fc.constantFrom("", "", " ", "\n\t", "\r\n ");
const name = fc.oneof(fc.constantFrom("model", "stream", "limit", "a", "__proto__"), fc.string({ maxLength: 6 }));
/** Values in spellings that a parser would not give back. */
const value = fc.oneof(
  fc.constantFrom(
    "1.0",
    "-0",
    "2E+3",
    "1e400",
    "true",
    "null",
    '"\\u0041\\/"',
    '"Zoë 👩‍👩‍👧"',
    "[ ]",
    "{ }",
    '{"a":1,"b":{"a":2}}',
  ),
  fc.jsonValue({ maxDepth: 3 }).map((inner) => JSON.stringify(inner, null, 1)),
);
const members = fc.uniqueArray(fc.tuple(name, value, space, space), { selector: ([key]) => key, maxLength: 8 });
/** A text of these members, and each member's own text. */
const written = fc.tuple(members, space).map(([all, around]) => ({
  names: all.map(([key]) => key),
  raws: new Map(all.map(([key, raw]) => [key, raw])),
  text: `${around}{${around}${all.map(([key, raw, before, after]) => `${JSON.stringify(key)}${before}:${after}${raw}`).join(`${around},${around}`)}${around}}${around}`,
}));

describe("members of a JSON object", () => {
  it("are found with their own text, in order", () => {
    fc.assert(
      fc.property(written, ({ text, names, raws }) => {
        const json = readJsonMembers(text);
        expect([...json.members.keys()]).toEqual(names);
        for (const [key, raw] of raws) expect(rawMember(json, key)).toBe(raw);
      }),
      { numRuns: 500 },
    );
  });

  it("are counted where a member is a list or an object", () => {
    const { members: found } = readJsonMembers('{"a":[1,[2,3],{}],"b":{"x":1,"y":[]},"c":[ ],"d":"[1,2]"}');
    expect([...found.values()].map(({ items }) => items)).toEqual([3, 2, 0, 0]);
  });

  it("are read from exactly what JSON.parse takes for an object, less what says something twice", () => {
    const near = fc
      .tuple(written, fc.nat(), fc.constantFrom("", "{", "}", ",", '"', "\\", "0", "-", "e", "\u0000", "é"))
      .map(
        ([{ text }, at, by]) =>
          `${text.slice(0, at % (text.length + 1))}${by}${text.slice((at % (text.length + 1)) + 1)}`,
      );
    fc.assert(
      fc.property(near, (text) => {
        const problem = problemOf(text);
        if (problem === null) expect(isObjectToParser(text), text).toBe(true);
        else if (!/^is given twice$|^gives .* twice/.test(problem.message))
          expect(isObjectToParser(text), text).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a":1,"\\u0061":2}', "a", "is given twice"],
    ['{"a":{"b":1,"b":null}}', "a", 'gives "b" twice, at position 12'],
    ['{"a":[{"c":[{"type":1,"\\u0074ype":2}]}]}', "a", 'gives "\\u0074ype" twice, at position 22'],
    [`{"a":{${Array.from({ length: 40 }, (_, index) => `"${index}":0`).join()},"7":1}}`, "a", /gives "7" twice/],
    ['{"a":tru}', "a", "is not JSON: unexpected character at position 5"],
    ['{"a":"x', "a", "is not JSON: it ends too early"],
    ["[1]", "body", "must be a JSON object"],
    ['{"a":1} {}', "body", "has text after its end, at position 8"],
    ['{"a":"\n"}', "a", "is not JSON: unexpected character at position 6"],
  ])("%j is refused by name", (text, path, message) => {
    expect(problemOf(text)).toEqual({
      path,
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
  });

  it("may have the same key in different objects, and an empty one", () => {
    expect(problemOf('{"a":[{"b":1},{"b":1}],"b":{"b":{"b":{"":1}}}}')).toBeNull();
  });

  it("lie at most so deep, and deeper ones are refused without falling over", () => {
    const nested = (depth: number): string => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(problemOf(nested(deepestJson))).toBeNull();
    expect(problemOf(nested(deepestJson + 1))?.message).toBe(`is nested deeper than ${deepestJson} levels`);
    expect(problemOf(nested(1_000_000))?.path).toBe("a");
  });
});

describe("changing members", () => {
  const changes = fc.array(fc.tuple(name, fc.option(fc.constantFrom("7", '"new"', "{}"))), { maxLength: 4 });

  it("changes those, takes those out, adds those at the end, and keeps the text of all others", () => {
    fc.assert(
      fc.property(written, changes, ({ text, names, raws }, wanted) => {
        const change = new Map(wanted);
        const changed = readJsonMembers(changeMembers(readJsonMembers(text), change));
        const kept = names.filter((key) => change.get(key) !== null);
        const added = [...change].filter(([key, raw]) => raw !== null && !raws.has(key)).map(([key]) => key);
        expect([...changed.members.keys()]).toEqual([...kept, ...added]);
        for (const key of kept) expect(rawMember(changed, key)).toBe(change.get(key) ?? raws.get(key));
        for (const key of added) expect(rawMember(changed, key)).toBe(change.get(key));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives the same text back when nothing changes", () => {
    fc.assert(
      fc.property(written, ({ text }) => {
        expect(changeMembers(readJsonMembers(text), new Map())).toBe(text);
        expect(changeMembers(readJsonMembers(text), new Map([["not there", null]]))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['{ "a" : 1.0 , "b" : 2 }', { a: null }, '{ "b" : 2 }'],
    ['{ "a" : 1.0 , "b" : 2 }', { b: null }, '{ "a" : 1.0 }'],
    ['{ "a" : 1.0 , "b" : 2 }', { a: null, b: null }, "{  }"],
    ['{ "a" : 1.0 , "b" : 2 }', { a: null, b: null, c: "3" }, '{  "c":3}'],
    ['{"a":1}', { a: "2", c: "3" }, '{"a":2,"c":3}'],
    ["{}", { c: "3" }, '{"c":3}'],
  ])("%s with %j is %s", (text, change, expected) => {
    expect(changeMembers(readJsonMembers(text), new Map(Object.entries(change)))).toBe(expected);
  });
});
