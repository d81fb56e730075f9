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
    });
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
