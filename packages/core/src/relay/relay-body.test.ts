import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import {
  countField,
  eachObject,
  type FieldRule,
  limitChange,
  messagesField,
  plainField,
  readRelayBody,
  refusedField,
  textsWithin,
  toolsField,
  unboundedField,
} from "./relay-body.ts";
import { hiddenPromptTokens, onceTokens, perMessageTokens } from "../calls/request-size.ts";

const rules: ReadonlyMap<string, FieldRule> = new Map([
  ["model", plainField],
  ["stream", plainField],
  ["limit", plainField],
  ["messages", messagesField],
  ["tools", toolsField],
  ["tier", unboundedField("other tiers have other prices", "auto")],
  ["thread", refusedField("belongs to nobody", [])],
]);

const read = (body: unknown) => readRelayBody(typeof body === "string" ? body : JSON.stringify(body), rules, ["input"]);

function pathOf(body: unknown): string | undefined {
  try {
    read(body);
    return undefined;
  } catch (error) {
    return (error as TenantryError).issues[0]?.path;
  }
}

describe("a body read by the rules of its fields", () => {
  it("adds what templates add", () => {
    expect(read({ messages: [1, 2, 3], tools: [1] }).addedTokens).toBe(
      onceTokens + 4 * perMessageTokens + hiddenPromptTokens,
    );
    expect(read({ messages: [], tools: [] }).addedTokens).toBe(onceTokens);
  });

  it("has no bound with a field nobody knows, or with one in another than its harmless value", () => {
    expect(read({ tier: "auto", limit: 1 }).unbounded).toBeNull();
    expect(read({ tier: "fast", later: 1 }).unbounded).toBe("other tiers have other prices");
    expect(read({ later: 1 }).unbounded).toBe("the field later may change what the provider bills");
    expect(read({ later: null, tier: null }).unbounded).toBeNull();
  });

  it("is refused with what belongs to nobody, and with a known field in disguise", () => {
    expect(pathOf({ thread: "t-1" })).toBe("thread");
    expect(pathOf({ thread: [] })).toBeUndefined();
    for (const disguised of ["Stream", "STREAM", "\u017ftream", "\u212ainds"]) {
      expect(pathOf({ [disguised]: true })).toBe(disguised.endsWith("inds") ? undefined : disguised);
    }
  });

  it("is refused where it names an object of the account, at any depth and in any case (R4)", () => {
    for (const name of ["file_id", "container_id", "skill_id", "File_ID", "\u017f\u212aill_id"]) {
      expect(pathOf({ later: [{ deep: { [name]: "x" } }] })).toBe(`later[0].deep.${name}`);
      expect(pathOf({ tools: [{ tools: [{ [name]: "x" }] }] })).toBe(`tools[0].tools[0].${name}`);
      expect(pathOf({ messages: [{ [name]: null }, { [name]: [] }, `"${name}":`] })).toBeUndefined();
    }
    expect(pathOf('{"messages":[{"\\u0066ile_id":"x"}]}')).toBe("messages[0].file_id");
    for (const name of ["thread_id", "assistant_id", "prompt_id", "file_ids", "tool_resources", "Thread_Id"]) {
      expect(pathOf({ [name]: "x" })).toBe(name);
      expect(pathOf({ [name]: null })).toBeUndefined();
    }
  });

  it("may say what it likes in members that are the caller's own", () => {
    const body = JSON.stringify({ tools: [{ own: { file_id: {} }, other: { file_id: {} } }] });
    const isOwn = (name: string) => name === "own";
    expect(() => readRelayBody(body, rules, [], isOwn)).toThrow(/account/);
    expect(() => readRelayBody('{"tools":[{"own":{"file_id":{}}}]}', rules, [], isOwn)).not.toThrow();
  });

  it.each([0, -1, 1.5, 2 ** 31, 1e300, "7", true])("refuses a count of %j", (limit) => {
    expect(() => countField(read({ limit }), "limit")).toThrow(TenantryError);
  });

  it("reads a count however it is spelt", () => {
    expect([countField(read('{"limit":1.7e1}'), "limit"), countField(read({}), "limit")]).toEqual([17, null]);
    expect(() => countField(read('{"limit":1e999}'), "limit")).toThrow(TenantryError);
  });

  it("changes a limit only when it has to come down", () => {
    expect([16, 17, 18].map((limit) => limitChange(read({ limit }), "limit", 17))).toEqual([null, null, "17"]);
    expect(limitChange(read({ limit: null }), "limit", 17)).toBe("17");
  });
});

describe("texts within a value", () => {
  it("are all of them, but where something else stands instead", () => {
    const value = [{ a: "one", b: [2, { c: "data: three" }] }, "four", null, true, { file: "QUJD" }];
    expect(textsWithin(value, () => undefined)).toBe("one\n2\ndata: three\nfour\nQUJD");
    expect(textsWithin(value, (name) => (name === "file" ? "" : undefined))).toBe("one\n2\ndata: three\nfour\n");
  });

  it("of objects are looked at outermost first, with their paths, as far as wanted", () => {
    const seen: string[] = [];
    eachObject({ a: [{ b: {} }, { stop: true, c: {} }] }, "body", (object, path) => {
      seen.push(path);
      return !("stop" in object);
    });
    expect(seen).toEqual(["body", "body.a[0]", "body.a[0].b", "body.a[1]"]);
  });
});
