import { usageOf } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { fromOpenAIResponse, mapOpenAIFinishReason } from "../src/index.ts";

// Shapes: https://developers.openai.com/api/reference/resources/chat
function completion(choice: unknown, some: object = {}): unknown {
  return {
    id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    object: "chat.completion",
    created: 1_741_569_952,
    model: "gpt-5.4-2026-03-01",
    choices: [choice],
    usage: { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 },
    service_tier: "default",
    ...some,
  };
}

const plain = {
  index: 0,
  message: { role: "assistant", content: "Agreed.", refusal: null, annotations: [] },
  logprobs: null,
  finish_reason: "stop",
};

describe("a whole answer", () => {
  it("is read with its text, model and usage", () => {
    expect(fromOpenAIResponse(completion(plain))).toEqual({
      id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
      model: "gpt-5.4-2026-03-01",
      text: "Agreed.",
      reasoning: "",
      refusal: null,
      toolCalls: [],
      finishReason: "stop",
      usage: usageOf({ input: 19, output: 10 }),
    });
  });

  it("keeps a refusal apart from the text, and says so though it stopped normally", () => {
    const message = { role: "assistant", content: null, refusal: "I cannot help with that." };
    expect(fromOpenAIResponse(completion({ ...plain, message }))).toMatchObject({
      text: "",
      refusal: "I cannot help with that.",
      finishReason: "refusal",
    });
  });

  it("keeps tool calls in order, with arguments untouched", () => {
    const message = {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "find", arguments: '{"q": "budget"}' } },
        { id: "call_2", type: "function", function: { name: "find", arguments: '{"q":' } },
        { id: "call_3", type: "custom", custom: { name: "shell", input: "ls" } },
      ],
    };
    const result = fromOpenAIResponse(completion({ ...plain, message, finish_reason: "tool_calls" }));
    expect(result?.toolCalls).toEqual([
      { id: "call_1", name: "find", argumentsJson: '{"q": "budget"}' },
      { id: "call_2", name: "find", argumentsJson: '{"q":' },
    ]);
    expect(result?.finishReason).toBe("tool-calls");
  });

  it("of a content filter is filtered, with what text there is", () => {
    const message = { role: "assistant", content: "The board" };
    const result = fromOpenAIResponse(completion({ ...plain, message, finish_reason: "content_filter" }));
    expect(result).toMatchObject({ text: "The board", finishReason: "filtered" });
  });

  it.each(["reasoning_content", "reasoning"])("keeps a compatible server's %s apart from the text", (field) => {
    const message = { role: "assistant", content: "42", [field]: "Six times seven." };
    expect(fromOpenAIResponse(completion({ ...plain, message }))).toMatchObject({
      text: "42",
      reasoning: "Six times seven.",
    });
  });

  it("joins content that comes in parts", () => {
    const message = {
      role: "assistant",
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    };
    expect(fromOpenAIResponse(completion({ ...plain, message }))?.text).toBe("ab");
  });

  it("is the first choice when several were asked for, with the usage of all", () => {
    const second = { ...plain, index: 1, message: { role: "assistant", content: "Rejected." } };
    const result = fromOpenAIResponse(completion(plain, { choices: [plain, second] }));
    expect(result).toMatchObject({ text: "Agreed.", usage: { tokens: { output: 10 } } });
  });

  it("may lack all it can do without", () => {
    expect(fromOpenAIResponse({ choices: [{ message: {} }] })).toEqual({
      id: "",
      model: "",
      text: "",
      reasoning: "",
      refusal: null,
      toolCalls: [],
      finishReason: "other",
      usage: null,
    });
  });

  it.each([undefined, null, "text", 7, [], {}, { choices: [] }, { choices: [null] }, { choices: [{}] }])(
    "is none when it has no message: %j",
    (wire) => {
      expect(fromOpenAIResponse(wire)).toBeNull();
    },
  );
});

describe("a finish reason", () => {
  it.each([
    ["stop", false, "stop"],
    ["stop", true, "refusal"],
    ["length", false, "length"],
    ["length", true, "length"],
    ["tool_calls", false, "tool-calls"],
    ["function_call", false, "tool-calls"],
    ["content_filter", false, "filtered"],
    ["eos", false, "other"],
    [null, false, "other"],
    [undefined, true, "refusal"],
  ] as const)("%s (refused: %s) is %s", (reason, refused, expected) => {
    expect(mapOpenAIFinishReason(reason, refused)).toBe(expected);
  });
});
