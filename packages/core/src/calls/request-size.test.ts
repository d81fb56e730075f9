import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatMessage, ChatRequest, ToolDefinition } from "./chat-request.ts";
import { chatRequestSize, utf8Length } from "./request-size.ts";

const encoder = new TextEncoder();
const bytesOf = (text: string): number => encoder.encode(text).length;

/** All of Unicode and beyond: lone surrogates too. */
const anyText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 10 }),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
);

const anyMessage: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({ role: fc.constant("system" as const), content: anyText }),
  fc.record({
    role: fc.constant("user" as const),
    content: fc.oneof(
      anyText,
      fc.array(
        anyText.map((text) => ({ type: "text" as const, text })),
        { maxLength: 3 },
      ),
    ),
  }),
  fc.record({
    role: fc.constant("assistant" as const),
    content: anyText,
    toolCalls: fc.array(fc.record({ id: anyText, name: anyText, argumentsJson: anyText }), { maxLength: 4 }),
  }),
  fc.record({ role: fc.constant("tool" as const), toolCallId: anyText, content: anyText }),
);

const anyTool: fc.Arbitrary<ToolDefinition> = fc.record({
  name: anyText,
  description: anyText,
  parameters: fc.dictionary(anyText, fc.jsonValue(), { maxKeys: 3 }),
});

const anyRequest: fc.Arbitrary<ChatRequest> = fc.record({
  messages: fc.array(anyMessage, { minLength: 1, maxLength: 5 }),
  tools: fc.array(anyTool, { maxLength: 3 }),
  responseFormat: fc.oneof(
    fc.constant({ type: "text" as const }),
    fc.constant({ type: "json" as const }),
    fc.record({
      type: fc.constant("json-schema" as const),
      name: anyText,
      schema: fc.dictionary(anyText, fc.jsonValue(), { maxKeys: 3 }),
    }),
  ),
});

/** Every text a provider can put before the model, one by one. */
function textsIn({ messages, tools, responseFormat }: ChatRequest): string[] {
  const texts = messages.flatMap((message) => {
    const parts =
      typeof message.content === "string" ? [{ type: "text" as const, text: message.content }] : message.content;
    return [
      ...parts.map((part) => (part.type === "text" ? part.text : "")),
      ...(message.role === "assistant" ? (message.toolCalls ?? []) : []).flatMap((call) => Object.values(call)),
      ...(message.role === "tool" ? [message.toolCallId] : []),
    ];
  });
  for (const tool of tools ?? []) texts.push(tool.name, tool.description ?? "", JSON.stringify(tool.parameters));
  if (responseFormat?.type === "json-schema") texts.push(responseFormat.name, JSON.stringify(responseFormat.schema));
  return texts;
}

describe("bytes of a text", () => {
  it.each([
    ["", 0],
    ["a", 1],
    ["\u007f", 1],
    ["\u0080", 2],
    ["é", 2],
    ["\u07ff", 2],
    ["\u0800", 3],
    ["€", 3],
    ["👍", 4],
    ["\ud83d", 3],
    ["\udc4d", 3],
    ["\udc4d\ud83d", 6],
    ["\ud83d\ud83d\udc4d", 7],
    ["a\ud83da", 5],
  ])("%j are %d", (text, bytes) => {
    expect(utf8Length(text)).toBe(bytes);
  });

  it("are as many as go over the wire, for every string there is", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(utf8Length(text)).toBe(bytesOf(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the input bound of a chat", () => {
  it("covers a token for every byte of every text, and the templates of everything that has one (R3)", () => {
    // Documented templates: 4 tokens a message and 3 once; 12 a tool or tool call and 530 before tools or schemas
    // are more than any vendor documents.
    fc.assert(
      fc.property(anyRequest, (request) => {
        const size = chatRequestSize(request);
        const text = textsIn(request).reduce((sum, part) => sum + bytesOf(part), 0);
        const calls = request.messages.flatMap((message) =>
          message.role === "assistant" ? (message.toolCalls ?? []) : [],
        );
        const tools = request.tools ?? [];
        const templates =
          3 +
          4 * request.messages.length +
          12 * (calls.length + tools.length) +
          (tools.length > 0 ? 530 : 0) +
          (request.responseFormat?.type === "json-schema" ? 530 : 0);
        expect(size.inputTokens).toBeGreaterThanOrEqual(text + templates);
        expect(size.overheadTokens).toBeGreaterThanOrEqual(templates);
        expect(size.overheadTokens).toBeLessThanOrEqual(size.inputTokens);
      }),
      { numRuns: 500 },
    );
  });

  it("covers an exact count too: what is counted holds every text, and the overhead comes on top", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const size = chatRequestSize(request);
        const counted = size.text();
        for (const message of request.messages) {
          if (typeof message.content === "string") expect(counted).toContain(message.content);
        }
        for (const tool of request.tools ?? []) expect(counted).toContain(JSON.stringify(tool.parameters));
        const { responseFormat } = request;
        if (responseFormat?.type === "json-schema") expect(counted).toContain(JSON.stringify(responseFormat.name));
        expect(size.text()).toBe(counted);
      }),
      { numRuns: 300 },
    );
  });

  it("grows with every tool call of one message, however short its texts", () => {
    const withCalls = (count: number): number => {
      const toolCalls = Array.from({ length: count }, () => ({ id: "", name: "", argumentsJson: "" }));
      return chatRequestSize({ messages: [{ role: "assistant", content: "", toolCalls }] }).inputTokens;
    };
    expect(withCalls(50) - withCalls(0)).toBeGreaterThanOrEqual(50 * 12);
  });

  it("counts the name of an answer's schema, which the provider puts before the model", () => {
    const sized = (name: string): number =>
      chatRequestSize({
        messages: [{ role: "user", content: "x" }],
        responseFormat: { type: "json-schema", name, schema: {} },
      }).inputTokens;
    expect(sized("n".repeat(1_000)) - sized("n")).toBe(999);
  });

  it("of one plain message is its bytes and the template, and the same however often it is asked", () => {
    const request: ChatRequest = { messages: [{ role: "user", content: "héllo" }] };
    const size = chatRequestSize(request);
    expect(size.inputTokens - size.overheadTokens).toBe(6);
    expect(size.text()).toContain("héllo");
    expect(size.inputClasses).toEqual(["input", "cacheRead"]);
    expect(size.choices).toBe(1);
    expect(chatRequestSize(request).inputTokens).toBe(size.inputTokens);
  });
});

describe("a chat", () => {
  const messages: ChatRequest["messages"] = [{ role: "user", content: "x" }];

  it("has the caller's own output limit, or none", () => {
    expect(chatRequestSize({ messages, maxOutputTokens: 9 }).maxOutputTokens).toBe(9);
    expect(chatRequestSize({ messages }).maxOutputTokens).toBeNull();
  });

  it("of text has a bound", () => {
    expect(chatRequestSize({ messages, temperature: 1, stop: ["."], toolChoice: "auto" }).unbounded).toBeNull();
    expect(chatRequestSize({ messages, extra: {} }).unbounded).toBeNull();
    expect(
      chatRequestSize({ messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] }).unbounded,
    ).toBeNull();
  });

  it("with an image has none, wherever it is", () => {
    const image = { type: "image", url: "https://example.com/x.png" } as const;
    const mixed: ChatRequest["messages"] = [
      ...messages,
      { role: "user", content: [{ type: "text", text: "x" }, image] },
    ];
    expect(chatRequestSize({ messages: mixed }).unbounded).toMatch(/^images /);
    expect(chatRequestSize({ messages: [{ role: "user", content: [image] }] }).unbounded).toMatch(/^images /);
  });

  it("with fields nobody here knows has none, and says which", () => {
    expect(chatRequestSize({ messages, extra: { service_tier: "fast", store: true } }).unbounded).toBe(
      "the fields service_tier, store may change what the provider bills",
    );
  });
});
const user: ChatMessage = { role: "user", content: "Hello" };

function textTokensOf(messages: readonly ChatMessage[], some: Partial<ChatRequest> = {}): number {
  const { inputTokens, overheadTokens } = chatRequestSize({ messages, ...some });
  return inputTokens - overheadTokens;
}

describe("what conversations carry besides messages", () => {
  it("counts thinking that is given back, with what seals it", () => {
    const said = { role: "assistant", content: "Yes" } as const;
    const reasoning = [
      { type: "thinking", text: "Hm.", signature: "Eq==" },
      { type: "redacted", data: "EmwK" },
    ] as const;
    expect(textTokensOf([user, { ...said, reasoning }]) - textTokensOf([user, said])).toBe("Hm.Eq==EmwK".length);
  });

  it("counts a tool's result in parts as its text", () => {
    const result = { role: "tool", toolCallId: "call_1" } as const;
    const content = [
      { type: "text", text: "rain" },
      { type: "text", text: "sun" },
    ] as const;
    expect(textTokensOf([user, { ...result, content }])).toBe(textTokensOf([user, { ...result, content: "rainsun" }]));
  });

  it("is unbounded with an image, in a tool's result too", () => {
    const image = { type: "image", url: "https://images.example/a.png" } as const;
    expect(chatRequestSize({ messages: [user] }).unbounded).toBeNull();
    expect(chatRequestSize({ messages: [{ role: "user", content: [image] }] }).unbounded).toContain("images");
    const shown: ChatMessage = { role: "tool", toolCallId: "call_1", content: [image] };
    expect(chatRequestSize({ messages: [user, shown] }).unbounded).toContain("images");
  });

  it("counts a schema with its description", () => {
    const format = { type: "json-schema", name: "verdict", schema: {} } as const;
    const plain = textTokensOf([user], { responseFormat: format });
    const described = textTokensOf([user], { responseFormat: { ...format, description: "Whether it was agreed." } });
    expect(described - plain).toBeGreaterThanOrEqual("Whether it was agreed.".length);
  });
});
