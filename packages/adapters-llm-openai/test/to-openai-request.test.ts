import type { ChatRequest } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { toOpenAIRequest } from "../src/index.ts";

const shape = { model: "gpt-5.4", stream: false, maxTokensField: "max_completion_tokens" } as const;
const request: ChatRequest = { messages: [{ role: "user", content: "hello" }] };

describe("a request", () => {
  it("holds nothing that was not asked for", () => {
    expect(toOpenAIRequest(request, shape)).toEqual({
      model: "gpt-5.4",
      messages: [{ role: "user", content: "hello" }],
      stream: false,
      store: false,
    });
  });

  it("keeps nothing in the account unless that is left to it", () => {
    const asking = { ...request, extra: { store: true } };
    expect(toOpenAIRequest(asking, shape)).toMatchObject({ store: false });
    expect(toOpenAIRequest(asking, { ...shape, store: true })).toMatchObject({ store: true });
    expect(toOpenAIRequest(request, { ...shape, store: true })).not.toHaveProperty("store");
  });

  it("brings no picture by an address that lies with the provider", () => {
    const content = [{ type: "image", url: "sediment://file_1" } as const];
    expect(() => toOpenAIRequest({ messages: [{ role: "user", content }] }, shape)).toThrow(
      /messages\[0\]\.content\[0\]\.url/,
    );
  });

  it("names the output limit as the server wants it", () => {
    const limited = { ...request, maxOutputTokens: 9 };
    expect(toOpenAIRequest(limited, shape)).toMatchObject({ max_completion_tokens: 9 });
    expect(toOpenAIRequest(limited, { ...shape, maxTokensField: "max_tokens" })).toMatchObject({ max_tokens: 9 });
  });

  it("has one output limit, whatever extra says under either name", () => {
    const forged = { ...request, maxOutputTokens: 9, extra: { max_tokens: 1e6, max_completion_tokens: 1e6 } };
    const body = toOpenAIRequest(forged, shape);
    expect(body["max_completion_tokens"]).toBe(9);
    expect(body).not.toHaveProperty("max_tokens");
  });

  it("always asks a stream for usage, beside what extra asks of it", () => {
    const wishes = { stream_options: { include_usage: false, include_obfuscation: false } };
    expect(toOpenAIRequest({ ...request, extra: wishes }, { ...shape, stream: true })).toMatchObject({
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    });
  });

  it("asks for a schema strictly", () => {
    const schema = { type: "object", properties: {}, additionalProperties: false };
    const responseFormat = { type: "json-schema", name: "verdict", schema } as const;
    expect(toOpenAIRequest({ ...request, responseFormat }, shape)).toMatchObject({
      response_format: { type: "json_schema", json_schema: { name: "verdict", schema, strict: true } },
    });
  });

  it("says what the caller says of a schema and of tools", () => {
    const responseFormat = {
      type: "json-schema",
      name: "v",
      description: "Whether.",
      schema: {},
      strict: false,
    } as const;
    const tools = [{ name: "now", parameters: {}, strict: true }];
    expect(toOpenAIRequest({ ...request, responseFormat, tools, parallelToolCalls: false }, shape)).toMatchObject({
      response_format: {
        type: "json_schema",
        json_schema: { name: "v", description: "Whether.", schema: {}, strict: false },
      },
      tools: [{ type: "function", function: { name: "now", parameters: {}, strict: true } }],
      parallel_tool_calls: false,
    });
    expect(toOpenAIRequest({ ...request, parallelToolCalls: false }, shape)).not.toHaveProperty("parallel_tool_calls");
  });

  it("names the end user and asks for as much thinking as was wished for", () => {
    expect(toOpenAIRequest({ ...request, endUserId: "u-1" }, shape)).toMatchObject({ user: "u-1" });
    for (const [reasoning, effort] of [
      [{ effort: "xhigh" }, "xhigh"],
      [{ effort: "high", budgetTokens: 1_024 }, "high"],
      [{ budgetTokens: 1_024 }, "low"],
      [{ budgetTokens: 4_096 }, "medium"],
      [{ budgetTokens: 16_384 }, "high"],
      [{ shown: true }, undefined],
    ] as const) {
      expect(toOpenAIRequest({ ...request, reasoning }, shape)["reasoning_effort"]).toBe(effort);
    }
  });

  it("leaves out thinking, and keeps the calls of a turn in one message before their results", () => {
    const reasoning = [{ type: "thinking", text: "Hm.", signature: "Eq" }] as const;
    const call = (id: string): { id: string; name: string; argumentsJson: string } => ({
      id,
      name: "find",
      argumentsJson: "{}",
    });
    const { messages } = toOpenAIRequest(
      {
        messages: [
          { role: "assistant", reasoning, content: "" },
          { role: "assistant", reasoning, content: "One. ", toolCalls: [call("a")] },
          { role: "assistant", reasoning, content: "Two.", toolCalls: [call("b")] },
          { role: "tool", toolCallId: "a", content: "x", isError: true },
          { role: "tool", toolCallId: "b", content: [{ type: "text", text: "y" }], isError: true },
          { role: "assistant", content: "Three." },
          { role: "assistant", content: "Four." },
        ],
      },
      shape,
    );
    const sent = (id: string): object => ({ id, type: "function", function: { name: "find", arguments: "{}" } });
    expect(messages).toEqual([
      { role: "assistant", content: "One. Two.", tool_calls: [sent("a"), sent("b")] },
      { role: "tool", tool_call_id: "a", content: "Error: x" },
      {
        role: "tool",
        tool_call_id: "b",
        content: [
          { type: "text", text: "Error:" },
          { type: "text", text: "y" },
        ],
      },
      { role: "assistant", content: "Three." },
      { role: "assistant", content: "Four." },
    ]);
  });

  it("refuses an image in a tool's result by its place", () => {
    const content = [{ type: "image", url: "https://images.example/a.png" }] as const;
    const messages = [{ role: "tool", toolCallId: "a", content }] as const;
    expect(() => toOpenAIRequest({ messages }, shape)).toThrowError(
      expect.objectContaining({
        code: "invalid_request",
        issues: [expect.objectContaining({ path: "messages[0].content[0]" })],
      }),
    );
  });

  it("tells how closely to look at an image", () => {
    const image = { type: "image", url: "https://images.example/a.png", detail: "low" } as const;
    const { messages } = toOpenAIRequest({ messages: [{ role: "user", content: [image] }] }, shape);
    expect(messages).toEqual([
      { role: "user", content: [{ type: "image_url", image_url: { url: image.url, detail: "low" } }] },
    ]);
  });

  it("sends no empty text beside tool calls", () => {
    const toolCalls = [{ id: "call_1", name: "find", argumentsJson: "{}" }];
    const body = toOpenAIRequest({ messages: [{ role: "assistant", content: "", toolCalls }] }, shape);
    expect(body["messages"]).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "find", arguments: "{}" } }],
      },
    ]);
  });
});
