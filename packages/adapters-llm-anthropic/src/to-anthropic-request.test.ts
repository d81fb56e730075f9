import type { ChatMessage, ChatRequest } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { defaultMaxOutputTokens, toAnthropicRequest } from "./to-anthropic-request.ts";

const user: ChatMessage = { role: "user", content: "Hello" };

function translate(some: Partial<ChatRequest>): Readonly<Record<string, unknown>> {
  return toAnthropicRequest({ messages: [user], maxOutputTokens: 64, ...some }, "claude-sonnet-5");
}

const bare = { model: "claude-sonnet-5", max_tokens: 64, messages: [{ role: "user", content: "Hello" }] };

describe("a request", () => {
  it("has nothing in it but what was asked for", () => {
    expect(translate({})).toEqual(bare);
    expect(translate({ tools: [], stop: [], responseFormat: { type: "text" } })).toEqual(bare);
  });

  it("always has an output limit", () => {
    const { max_tokens } = toAnthropicRequest({ messages: [user] }, "claude-sonnet-5");
    expect(max_tokens).toBe(defaultMaxOutputTokens);
  });

  it("carries every setting under the API's name", () => {
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    const translated = translate({
      tools: [
        { name: "weather", description: "Today's.", parameters },
        { name: "now", parameters: { type: "object" } },
      ],
      toolChoice: "required",
      temperature: 0,
      topP: 0.9,
      stop: ["END"],
    });
    expect(translated).toEqual({
      ...bare,
      tools: [
        { name: "weather", description: "Today's.", input_schema: parameters },
        { name: "now", input_schema: { type: "object" } },
      ],
      tool_choice: { type: "any" },
      temperature: 0,
      top_p: 0.9,
      stop_sequences: ["END"],
    });
  });

  it.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    [{ name: "weather" }, { type: "tool", name: "weather" }],
  ] as const)("offers the tool choice %j", (toolChoice, expected) => {
    expect(translate({ toolChoice })["tool_choice"]).toEqual(expected);
  });

  it("joins system messages, wherever they stand, without changing the order of the rest", () => {
    const { system, messages } = translate({
      messages: [
        { role: "system", content: "Be brief." },
        user,
        { role: "user", content: "And again" },
        { role: "system", content: "Be kind." },
        { role: "assistant", content: "Yes." },
      ],
    });
    expect(system).toBe("Be brief.\n\nBe kind.");
    expect(messages).toEqual([
      { role: "user", content: "Hello" },
      { role: "user", content: "And again" },
      { role: "assistant", content: "Yes." },
    ]);
  });

  it("sends images by address and by bytes", () => {
    const { messages } = translate({
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", url: "https://images.example/a.png" },
            { type: "image", base64: "AAAA", mediaType: "image/jpeg" },
            { type: "image", url: "data:image/png;charset=utf-8;base64,BBBB" },
          ],
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image", source: { type: "url", url: "https://images.example/a.png" } },
          { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AAAA" } },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "BBBB" } },
        ],
      },
    ]);
  });

  it("answers all tool calls of a turn in one user message", () => {
    const { messages } = translate({
      messages: [
        user,
        {
          role: "assistant",
          content: "Let me see.",
          toolCalls: [
            { id: "toolu_1", name: "weather", argumentsJson: '{"city":"Oslo"}' },
            { id: "toolu_2", name: "now", argumentsJson: "" },
          ],
        },
        { role: "tool", toolCallId: "toolu_1", content: "rain" },
        { role: "tool", toolCallId: "toolu_2", content: "noon" },
        { role: "assistant", content: "", toolCalls: [{ id: "toolu_3", name: "now", argumentsJson: "{}" }] },
        { role: "tool", toolCallId: "toolu_3", content: "one" },
      ],
    });
    expect(messages).toEqual([
      { role: "user", content: "Hello" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Let me see." },
          { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Oslo" } },
          { type: "tool_use", id: "toolu_2", name: "now", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: "rain" },
          { type: "tool_result", tool_use_id: "toolu_2", content: "noon" },
        ],
      },
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_3", name: "now", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_3", content: "one" }] },
    ]);
  });

  it("asks for an answer by a schema, beside other settings of the output", () => {
    const schema = { type: "object", properties: {}, additionalProperties: false };
    const responseFormat = { type: "json-schema", name: "verdict", schema } as const;
    const format = { type: "json_schema", schema };
    expect(translate({ responseFormat })["output_config"]).toEqual({ format });
    const extra = { output_config: { effort: "low", format: "forged" } };
    expect(translate({ responseFormat, extra })["output_config"]).toEqual({ effort: "low", format });
  });

  it("asks for one tool at a time as part of the choice among them", () => {
    const tools = [{ name: "now", parameters: { type: "object" }, strict: true }];
    const alone = { disable_parallel_tool_use: true };
    expect(translate({ tools, parallelToolCalls: false })).toMatchObject({
      tools: [{ name: "now", input_schema: { type: "object" }, strict: true }],
      tool_choice: { type: "auto", ...alone },
    });
    for (const [toolChoice, expected] of [
      ["required", { type: "any", ...alone }],
      ["none", { type: "none" }],
      [{ name: "now" }, { type: "tool", name: "now", ...alone }],
    ] as const) {
      expect(translate({ tools, toolChoice, parallelToolCalls: false })["tool_choice"]).toEqual(expected);
    }
    expect(translate({ tools, parallelToolCalls: true })).not.toHaveProperty("tool_choice");
    expect(translate({ parallelToolCalls: false })).toEqual(bare);
  });

  it("gives thinking back unchanged and in its place, but not another provider's", () => {
    const call = { id: "toolu_1", name: "now", argumentsJson: "{}" };
    const { messages } = translate({
      messages: [
        user,
        {
          role: "assistant",
          reasoning: [
            { type: "thinking", text: "Hm.", signature: "Eq" },
            { type: "thinking", text: "Unsigned.", signature: "" },
            { type: "redacted", data: "EmwK" },
          ],
          content: "Let me see.",
          toolCalls: [call],
        },
        { role: "assistant", reasoning: [{ type: "thinking", text: "Unsigned.", signature: "" }], content: "" },
        { role: "tool", toolCallId: "toolu_1", content: "noon" },
      ],
    });
    expect(messages).toEqual([
      { role: "user", content: "Hello" },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature: "Eq" },
          { type: "redacted_thinking", data: "EmwK" },
          { type: "text", text: "Let me see." },
          { type: "tool_use", id: "toolu_1", name: "now", input: {} },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "noon" }] },
    ]);
  });

  it("tells of a tool's failure and shows its images", () => {
    const content = [
      { type: "text", text: "broken" },
      { type: "image", base64: "AAAA", mediaType: "image/png" },
    ] as const;
    const { messages } = translate({ messages: [user, { role: "tool", toolCallId: "t", content, isError: true }] });
    expect(messages).toEqual([
      { role: "user", content: "Hello" },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "t",
            is_error: true,
            content: [
              { type: "text", text: "broken" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            ],
          },
        ],
      },
    ]);
  });

  it("names the end user, and describes a schema that does not describe itself", () => {
    const responseFormat = { type: "json-schema", name: "verdict", description: "Whether.", schema: {} } as const;
    expect(translate({ endUserId: "u-1", responseFormat })).toEqual({
      ...bare,
      metadata: { user_id: "u-1" },
      output_config: { format: { type: "json_schema", schema: { description: "Whether." } } },
    });
  });

  it("sends extra fields as they are, but not in place of its own", () => {
    const thinking = { type: "adaptive" };
    expect(translate({ extra: { thinking, top_k: 5 } })).toEqual({ ...bare, thinking, top_k: 5 });
    const forged = { model: "other", max_tokens: 99_999, messages: [], stream: true };
    expect(translate({ extra: forged })).toEqual(bare);
  });
});

describe("what the API cannot express is refused by name", () => {
  const asking = (argumentsJson: string): ChatMessage => ({
    role: "assistant",
    content: "",
    toolCalls: [{ id: "toolu_1", name: "weather", argumentsJson }],
  });
  const showing = (url: string): ChatMessage => ({ role: "user", content: [{ type: "image", url }] });

  it.each([
    ["a temperature above 1", { temperature: 1.5 }, "temperature"],
    ["JSON without a schema", { responseFormat: { type: "json" } }, "responseFormat"],
    ["arguments that are no JSON", { messages: [user, asking('{"city":')] }, "messages[1].toolCalls[0].argumentsJson"],
    ["arguments that are no object", { messages: [user, asking("[1]")] }, "messages[1].toolCalls[0].argumentsJson"],
    [
      "a data URL that is not base64",
      { messages: [showing("data:image/svg+xml,%3Csvg")] },
      "messages[0].content[0].url",
    ],
    ["a data URL without a type", { messages: [showing("data:;base64,AAAA")] }, "messages[0].content[0].url"],
    ["a data URL without data", { messages: [showing("data:image/png;base64")] }, "messages[0].content[0].url"],
  ] as const)("%s", (_name, some, path) => {
    expect(() => translate(some)).toThrowError(
      expect.objectContaining({ code: "invalid_request", issues: [expect.objectContaining({ path })] }),
    );
  });
});
