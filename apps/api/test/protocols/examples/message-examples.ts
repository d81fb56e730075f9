import type { JsonObject } from "../../../src/protocols/protocol.ts";
import { parameters, pixel, schema, type Example, type Site } from "./example.ts";

const hello = { role: "user", content: "Hello" } as const;
const use = { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Oslo" } };
const toolCall = { id: "toolu_1", name: "weather", argumentsJson: '{"city":"Oslo"}' };
const asked = { messages: [hello], max_tokens: 9 };
const limit = { maxOutputTokens: 9 };

export const messageExamples: readonly Example[] = [
  { name: "a text", body: { model: "claude-sonnet-5", ...asked }, request: { messages: [hello], ...limit } },
  {
    name: "settings",
    body: {
      ...asked,
      system: "Be brief.",
      temperature: 0.5,
      top_p: 0.5,
      stop_sequences: ["END"],
      metadata: { user_id: "u-1" },
      stream: true,
      thinking: { type: "adaptive", display: "omitted" },
      output_config: { effort: "high", format: { type: "json_schema", schema } },
      service_tier: "auto",
      cache_control: { type: "ephemeral" },
    },
    request: {
      messages: [{ role: "system", content: "Be brief." }, hello],
      ...limit,
      temperature: 0.5,
      topP: 0.5,
      stop: ["END"],
      endUserId: "u-1",
      reasoning: { effort: "high", shown: false },
      responseFormat: { type: "json-schema", name: "answer", schema, strict: true },
    },
  },
  {
    name: "a budget for thinking",
    body: { ...asked, thinking: { type: "enabled", budget_tokens: 2048, display: "summarized" } },
    request: { messages: [hello], ...limit, reasoning: { budgetTokens: 2048, shown: true } },
  },
  {
    name: "thinking as the model finds right",
    body: { ...asked, thinking: { type: "adaptive" } },
    request: { messages: [hello], ...limit, reasoning: {} },
  },
  {
    name: "thinking switched off",
    body: { ...asked, thinking: { type: "disabled" } },
    request: { messages: [hello], ...limit },
  },
  {
    name: "system prompts in blocks and between messages",
    body: {
      ...asked,
      system: [
        { type: "text", text: "Be brief." },
        { type: "text", text: "Be kind.", cache_control: { type: "ephemeral", ttl: "1h" } },
      ],
      messages: [
        hello,
        { role: "system", content: "Be exact." },
        { role: "system", content: [{ type: "text", text: "Be." }] },
        hello,
      ],
    },
    request: {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "system", content: "Be kind." },
        hello,
        { role: "system", content: "Be exact." },
        { role: "system", content: "Be." },
        hello,
      ],
      ...limit,
    },
  },
  {
    name: "images by address and by bytes",
    body: {
      ...asked,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Compare" },
            { type: "image", source: { type: "url", url: "https://images.example/a.png" } },
            { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
          ],
        },
      ],
    },
    request: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Compare" },
            { type: "image", url: "https://images.example/a.png" },
            { type: "image", base64: pixel, mediaType: "image/png" },
          ],
        },
      ],
      ...limit,
    },
  },
  {
    name: "an earlier answer with its thinking, and the results of its calls",
    body: {
      ...asked,
      messages: [
        hello,
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Hm.", signature: "Eq" },
            { type: "redacted_thinking", data: "EmwK" },
            { type: "text", text: "Let me ", citations: null },
            { type: "text", text: "see." },
            { ...use, caller: { type: "direct" } },
            { ...use, id: "toolu_2" },
            { type: "thinking", thinking: "And.", signature: "Er" },
            { ...use, id: "toolu_3", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "toolu_1", content: "rain" },
            {
              type: "tool_result",
              tool_use_id: "toolu_2",
              is_error: true,
              content: [
                { type: "text", text: "broken" },
                { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
              ],
            },
            { type: "tool_result", tool_use_id: "toolu_3" },
            { type: "text", text: "And now?" },
          ],
        },
      ],
      tools: [
        { name: "weather", description: "Today's.", input_schema: parameters, strict: true },
        { type: "custom", name: "now", input_schema: { type: "object" } },
      ],
      tool_choice: { type: "tool", name: "weather", disable_parallel_tool_use: true },
    },
    request: {
      messages: [
        hello,
        {
          role: "assistant",
          reasoning: [
            { type: "thinking", text: "Hm.", signature: "Eq" },
            { type: "redacted", data: "EmwK" },
          ],
          content: "Let me see.",
          toolCalls: [toolCall, { ...toolCall, id: "toolu_2" }],
        },
        {
          role: "assistant",
          reasoning: [{ type: "thinking", text: "And.", signature: "Er" }],
          content: "",
          toolCalls: [{ ...toolCall, id: "toolu_3", argumentsJson: "{}" }],
        },
        { role: "tool", toolCallId: "toolu_1", content: "rain" },
        {
          role: "tool",
          toolCallId: "toolu_2",
          isError: true,
          content: [
            { type: "text", text: "broken" },
            { type: "image", base64: pixel, mediaType: "image/png" },
          ],
        },
        { role: "tool", toolCallId: "toolu_3", content: "" },
        { role: "user", content: [{ type: "text", text: "And now?" }] },
      ],
      ...limit,
      tools: [
        { name: "weather", description: "Today's.", parameters, strict: true },
        { name: "now", parameters: { type: "object" } },
      ],
      toolChoice: { name: "weather" },
      parallelToolCalls: false,
    },
  },
  ...(
    [
      ["auto", "auto"],
      ["any", "required"],
      ["none", "none"],
    ] as const
  ).map(([type, toolChoice]) => ({
    name: `the tool choice ${type}`,
    body: { ...asked, tool_choice: { type } },
    request: { messages: [hello], ...limit, toolChoice },
  })),
  {
    name: "a choice of any one tool",
    body: { ...asked, tool_choice: { type: "any", disable_parallel_tool_use: true } },
    request: { messages: [hello], ...limit, toolChoice: "required", parallelToolCalls: false },
  },
];

function user(block: JsonObject): JsonObject {
  return { ...asked, messages: [{ role: "user", content: [block] }] };
}

function assistant(block: JsonObject): JsonObject {
  return { ...asked, messages: [hello, { role: "assistant", content: [block] }, hello] };
}

const image = { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } };

export const messageSites: Readonly<Record<string, Site>> = {
  body: { path: "", with: (more) => ({ ...asked, ...more }) },
  metadata: { path: "metadata", with: (more) => ({ ...asked, metadata: more }) },
  "messages[]": { path: "messages[0]", with: (more) => ({ ...asked, messages: [{ ...hello, ...more }] }) },
  "content[] of type text": {
    path: "messages[0].content[0]",
    with: (more) => user({ type: "text", text: "Hi", ...more }),
  },
  "content[] of type image": { path: "messages[0].content[0]", with: (more) => user({ ...image, ...more }) },
  "content[].source of type base64": {
    path: "messages[0].content[0].source",
    with: (more) => user({ ...image, source: { ...image.source, ...more } }),
  },
  "content[].source of type url": {
    path: "messages[0].content[0].source",
    with: (more) => user({ type: "image", source: { type: "url", url: "https://images.example/a.png", ...more } }),
  },
  "content[] of type thinking": {
    path: "messages[1].content[0]",
    with: (more) => assistant({ type: "thinking", thinking: "Hm.", signature: "Eq", ...more }),
  },
  "content[] of type redacted_thinking": {
    path: "messages[1].content[0]",
    with: (more) => assistant({ type: "redacted_thinking", data: "EmwK", ...more }),
  },
  "content[] of type tool_use": { path: "messages[1].content[0]", with: (more) => assistant({ ...use, ...more }) },
  "content[] of type tool_result": {
    path: "messages[0].content[0]",
    with: (more) => user({ type: "tool_result", tool_use_id: "toolu_1", content: "rain", ...more }),
  },
  "tools[]": {
    path: "tools[0]",
    with: (more) => ({ ...asked, tools: [{ name: "now", input_schema: { type: "object" }, ...more }] }),
  },
  "tool_choice of type auto or any": {
    path: "tool_choice",
    with: (more) => ({ ...asked, tool_choice: { type: "auto", ...more } }),
  },
  "tool_choice of type tool": {
    path: "tool_choice",
    with: (more) => ({ ...asked, tool_choice: { type: "tool", name: "now", ...more } }),
  },
  "tool_choice of type none": {
    path: "tool_choice",
    with: (more) => ({ ...asked, tool_choice: { type: "none", ...more } }),
  },
  output_config: { path: "output_config", with: (more) => ({ ...asked, output_config: more }) },
  "output_config.format": {
    path: "output_config.format",
    with: (more) => ({ ...asked, output_config: { format: { type: "json_schema", schema, ...more } } }),
  },
  "thinking of type enabled": {
    path: "thinking",
    with: (more) => ({ ...asked, thinking: { type: "enabled", budget_tokens: 1024, ...more } }),
  },
  "thinking of type adaptive": {
    path: "thinking",
    with: (more) => ({ ...asked, thinking: { type: "adaptive", ...more } }),
  },
  "thinking of type disabled": {
    path: "thinking",
    with: (more) => ({ ...asked, thinking: { type: "disabled", ...more } }),
  },
};
