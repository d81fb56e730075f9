import { joinPath, TenantryError } from "@tenantry/core";
import { describe, expect, it, vi } from "vitest";
import type { FieldRules, FieldTable } from "../../src/protocols/field-rules.ts";
import type { JsonObject, Protocol, ReadCall } from "../../src/protocols/protocol.ts";
import { subjects } from "./examples/subjects.ts";

/** `place` and field of every rule that a request was held against. */
const { used } = vi.hoisted(() => ({ used: new Set<string>() }));

vi.mock("../../src/protocols/rules-of.ts", () => ({
  rulesOf(table: FieldTable, place: string): FieldRules {
    const rules = table[place];
    if (rules === undefined) throw new Error(`no place ${place}`);
    return new Proxy(rules, {
      get(target, name) {
        used.add(`${place}: ${String(name)}`);
        return target[String(name)];
      },
    });
  },
}));

function read(protocol: Protocol, body: unknown): ReadCall {
  return protocol.read(JSON.parse(JSON.stringify(body)) as JsonObject);
}

/** The path that a refusal names. */
function refusal(protocol: Protocol, body: unknown): string {
  try {
    read(protocol, body);
  } catch (error) {
    if (!TenantryError.is(error)) throw error;
    expect(error.code).toBe("invalid_request");
    const path = error.issues[0]?.path ?? "";
    expect(error.publicMessage.startsWith(`${path}: `), error.publicMessage).toBe(true);
    return path;
  }
  throw new Error(`was accepted: ${JSON.stringify(body)}`);
}

describe.each(subjects)("$title", ({ protocol, table, examples, sites }) => {
  it.each(examples)("reads $name", ({ body, request }) => {
    expect(read(protocol, body).request).toEqual(request);
  });

  it("has an example for every field that translates", () => {
    used.clear();
    for (const { body } of examples) read(protocol, body);
    const translating = Object.entries(table).flatMap(([place, rules]) =>
      Object.entries(rules).flatMap(([name, rule]) => (rule.does === "translates" ? [`${place}: ${name}`] : [])),
    );
    expect(translating.filter((field) => !used.has(field))).toEqual([]);
  });

  it("has a place for every object of its table", () => {
    expect(Object.keys(sites).toSorted()).toEqual(Object.keys(table).toSorted());
    for (const { with: body } of Object.values(sites)) read(protocol, body({}));
  });

  const fields = Object.entries(table).flatMap(([place, rules]) =>
    Object.entries(rules).map(([name, rule]) => ({ place, name, rule, site: sites[place] })),
  );

  it.each(Object.entries(sites))("%s: a field that nobody knows is refused by its path", (_place, site) => {
    for (const name of ["x_future", "toString", "__proto__"]) {
      const more = JSON.parse(`{"${name}": null}`) as JsonObject;
      const body = site.with({});
      const at = joinPath(site.path, name);
      // Spreading would set the prototype instead of a field.
      const text = JSON.stringify(site.with({ x_marker: 1 })).replace(
        '"x_marker":1',
        JSON.stringify(more).slice(1, -1),
      );
      expect(body).not.toHaveProperty("x_marker");
      expect(refusal(protocol, JSON.parse(text))).toBe(at);
    }
  });

  it.each(fields.filter(({ rule }) => rule.does === "refused"))("$place: $name is refused by its path", (field) => {
    const { site, name } = field;
    for (const value of ["x", 1, true, {}, ["x"]]) {
      expect(refusal(protocol, site?.with({ [name]: value }))).toBe(joinPath(site?.path ?? "?", name));
    }
    expect(() => read(protocol, site?.with({ [name]: null }))).not.toThrow();
  });

  it.each(fields.filter(({ rule }) => rule.does === "only"))(
    "$place: $name is taken where it asks for nothing",
    (field) => {
      const { site, name, rule } = field;
      const plain = read(protocol, site?.with({})).request;
      for (const value of rule.does === "only" ? rule.values : []) {
        expect(read(protocol, site?.with({ [name]: value })).request).toEqual(plain);
      }
      for (const value of ["x", 17, { x: 1 }, ["x"]]) {
        expect(refusal(protocol, site?.with({ [name]: value }))).toBe(joinPath(site?.path ?? "?", name));
      }
    },
  );

  it.each(fields.filter(({ rule }) => rule.does === "accepted"))("$place: $name changes nothing", (field) => {
    const { site, name } = field;
    const plain = read(protocol, site?.with({})).request;
    expect(read(protocol, site?.with({ [name]: { mode: "explicit" } })).request).toEqual(plain);
  });

  it.each(fields.filter(({ rule }) => rule.does === "translates"))(
    "$place: $name of a wrong type is a 400",
    (field) => {
      const { site, name } = field;
      const path = refusal(protocol, site?.with({ [name]: -1 }));
      expect(path.startsWith(joinPath(site?.path ?? "?", name))).toBe(true);
    },
  );
});

const messages = [{ role: "user", content: "Hello" }];

describe("what the request cannot mean is refused by its path", () => {
  const [chat, responses, anthropic] = subjects.map(({ protocol }) => protocol) as [Protocol, Protocol, Protocol];

  it.each<[string, Protocol, JsonObject, string]>([
    ["no messages", chat, {}, "messages"],
    ["empty messages", chat, { messages: [] }, "messages"],
    ["a message that is none", chat, { messages: ["Hello"] }, "messages[0]"],
    ["an unknown role", chat, { messages: [{ role: "function", name: "f", content: "" }] }, "messages[0].role"],
    [
      "a file",
      chat,
      { messages: [...messages, { role: "user", content: [{ type: "file", file: {} }] }] },
      "messages[1].content[0].type",
    ],
    [
      "sound",
      chat,
      { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] },
      "messages[0].content[0].type",
    ],
    ["a custom tool", chat, { messages, tools: [{ type: "custom", custom: {} }] }, "tools[0].type"],
    ["a choice among some tools", chat, { messages, tool_choice: { type: "allowed_tools" } }, "tool_choice.type"],
    ["two limits", chat, { messages, max_tokens: 1, max_completion_tokens: 1 }, "max_tokens"],
    ["a temperature above its range", chat, { messages, temperature: 2.1 }, "temperature"],
    ["a limit of nothing", chat, { messages, max_tokens: 0 }, "max_tokens"],
    ["half a token", chat, { messages, max_completion_tokens: 1.5 }, "max_completion_tokens"],
    ["five stops", chat, { messages, stop: ["a", "b", "c", "d", "e"] }, "stop"],
    ["several answers", chat, { messages, n: 2 }, "n"],
    ["two end users", chat, { messages, user: "a", safety_identifier: "b" }, "safety_identifier"],
    ["stream options without a stream", chat, { messages, stream_options: {} }, "stream_options"],
    ["an assistant who says nothing", chat, { messages: [{ role: "assistant" }] }, "messages[0].content"],
    ["a stored answer", responses, { input: "Hello", store: true }, "store"],
    ["an earlier answer", responses, { input: "Hello", previous_response_id: "resp_1" }, "previous_response_id"],
    ["an item of the account", responses, { input: [{ type: "item_reference", id: "msg_1" }] }, "input[0].type"],
    ["a hosted tool", responses, { input: "Hello", tools: [{ type: "web_search" }] }, "tools[0].type"],
    ["an item without a type", responses, { input: [{}] }, "input[0].type"],
    ["stop at", responses, { input: "Hello", stop: ["END"] }, "stop"],
    ["no limit", anthropic, { messages }, "max_tokens"],
    ["a temperature above its range", anthropic, { messages, max_tokens: 9, temperature: 1.1 }, "temperature"],
    ["top_k", anthropic, { messages, max_tokens: 9, top_k: 5 }, "top_k"],
    [
      "a hosted tool",
      anthropic,
      { messages, max_tokens: 9, tools: [{ type: "web_search_20260318", name: "web_search" }] },
      "tools[0].type",
    ],
    [
      "a document",
      anthropic,
      { messages: [{ role: "user", content: [{ type: "document", source: {} }] }], max_tokens: 9 },
      "messages[0].content[0].type",
    ],
    [
      "a document in a result",
      anthropic,
      {
        messages: [
          { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "document" }] }] },
        ],
        max_tokens: 9,
      },
      "messages[0].content[0].content[0].type",
    ],
    [
      "a file as an image",
      anthropic,
      {
        messages: [{ role: "user", content: [{ type: "image", source: { type: "file", file_id: "f" } }] }],
        max_tokens: 9,
      },
      "messages[0].content[0].source.type",
    ],
    [
      "a result after the text",
      anthropic,
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "Hi" },
              { type: "tool_result", tool_use_id: "t" },
            ],
          },
        ],
        max_tokens: 9,
      },
      "messages[0].content[1]",
    ],
    [
      "an answer the caller has begun",
      anthropic,
      { messages: [...messages, { role: "assistant", content: "The" }], max_tokens: 9 },
      "messages[1].role",
    ],
    [
      "a budget without tokens",
      anthropic,
      { messages, max_tokens: 9, thinking: { type: "enabled" } },
      "thinking.budget_tokens",
    ],
  ])("%s", (_name, protocol, body, path) => {
    expect(refusal(protocol, body)).toBe(path);
  });
});

describe("a call", () => {
  it("tells how it is to be answered, and for whom", () => {
    const [chat, responses, anthropic] = subjects.map(({ protocol }) => protocol) as [Protocol, Protocol, Protocol];
    const options = { stream: true, stream_options: { include_usage: true } };
    expect(read(chat, { messages, ...options, user: "u-1" })).toMatchObject({
      streamed: true,
      usageInStream: true,
      userId: "u-1",
    });
    expect(read(chat, { messages, stream: true })).toMatchObject({ usageInStream: false, userId: null });
    expect(read(responses, { input: "Hello", user: "u-1" })).toMatchObject({ streamed: false, userId: "u-1" });
    const anthropicBody = { messages, max_tokens: 9, metadata: { user_id: "u-1" } };
    expect(read(anthropic, anthropicBody)).toMatchObject({ userId: "u-1", usageInStream: true });
  });

  it("tells a problem of the provider's words by the field the caller wrote", () => {
    const [chat, responses, anthropic] = subjects.map(({ protocol }) => protocol) as [Protocol, Protocol, Protocol];
    expect(read(chat, { messages }).fieldOf("responseFormat")).toBe("response_format");
    expect(read(responses, { input: "Hello" }).fieldOf("responseFormat")).toBe("text.format");
    const call = chat.read({
      messages: [
        {
          role: "system",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
        { role: "user", content: [{ type: "image_url", image_url: { url: "data:x" } }] },
        {
          role: "assistant",
          tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "[1]" } }],
        },
      ],
    });
    expect(call.fieldOf("messages[2].content[0].url")).toBe("messages[1].content[0]");
    expect(call.fieldOf("messages[3].toolCalls[0].argumentsJson")).toBe("messages[2].tool_calls[0]");
    expect(call.fieldOf("temperature")).toBe("temperature");
    const mixed = anthropic.read({
      max_tokens: 9,
      system: "Be brief.",
      messages: [
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "a" }] },
            { type: "text", text: "b" },
          ],
        },
      ],
    });
    expect(mixed.fieldOf("messages[1].content[0]")).toBe("messages[0].content[0].content[0]");
    expect(mixed.fieldOf("messages[2].content[0]")).toBe("messages[0].content[1]");
  });
});
