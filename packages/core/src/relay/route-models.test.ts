import { describe, expect, test } from "vitest";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Policy } from "../tenancy/tenant.ts";
import { askedTarget, servesOperation } from "./route-models.ts";

const chat: ModelRef = { provider: "one", model: "talker" };
const other: ModelRef = { provider: "two", model: "thinker" };
const vectors: ModelRef = { provider: "one", model: "text-embedding-9" };
const moreVectors: ModelRef = { provider: "two", model: "embedder" };
const route = [chat, other, vectors, moreVectors];

describe("which models of a route serve an operation", () => {
  test.each<[string, string | null, readonly ModelRef[]]>([
    ["chat", null, [chat, other]],
    ["chat", "default", [chat, other]],
    ["chat", "talker", [chat, other]],
    ["chat", "embedder", [chat, other, moreVectors]],
    ["embeddings", null, [vectors, moreVectors]],
    ["embeddings", "", [vectors, moreVectors]],
    ["embeddings", "text-embedding-9", [vectors]],
    ["embeddings", "one/text-embedding-9", [vectors]],
    ["embeddings", "talker", [chat]],
  ])("%s asked for as %s", (operation, asked, served) => {
    expect(route.filter(servesOperation(operation, asked))).toEqual(served);
  });

  test.each<[string, string, readonly ModelRef[]]>([
    ["embeddings", "vectors", [moreVectors]],
    ["chat", "vectors", [chat, other, moreVectors]],
    ["embeddings", "unheard-of", []],
  ])("%s asked for by an alias as %s", (operation, asked, served) => {
    const aliases = [{ name: "vectors", target: moreVectors }];
    expect(route.filter(servesOperation(operation, asked, aliases))).toEqual(served);
  });
});

describe("the model a call is for first", () => {
  const policy = { route, aliases: [{ name: "fast", target: chat }] } as unknown as Policy;
  const reaches = ({ provider }: ModelRef): boolean => provider === "two";

  test.each<[string | null, ModelRef | null]>([
    [null, other],
    ["", other],
    ["default", other],
    ["talker", chat],
    ["one/talker", chat],
    ["two/talker", null],
    ["fast", chat],
    ["unheard-of", null],
  ])("asked for as %s", (asked, target) => {
    expect(askedTarget(policy, asked, { reaches })).toEqual(target);
  });

  test("of a tenant nobody knows there is none", () => {
    expect(askedTarget(null, null, { reaches })).toBeNull();
  });
});
