import type { JsonObject } from "../../../src/protocols/protocol.ts";
import { parameters, pixel, schema, type Example, type Site } from "./example.ts";

const hello = { role: "user", content: "Hello" } as const;
const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } };
const toolCall = { id: "call_1", name: "weather", argumentsJson: '{"city":"Oslo"}' };

export const chatExamples: readonly Example[] = [
  {
    name: "a text",
    body: { model: "gpt-5.4", messages: [hello] },
    request: { messages: [hello] },
  },
  {
    name: "settings",
    body: {
      messages: [hello],
      temperature: 1.5,
      top_p: 0.5,
      stop: ["END", "###"],
      max_completion_tokens: 17,
      reasoning_effort: "low",
      user: "u-1",
      safety_identifier: "u-1",
      stream: true,
      stream_options: { include_usage: true },
      store: false,
      n: 1,
      frequency_penalty: 0,
      metadata: { team: "legal" },
      prompt_cache_key: null,
    },
    request: {
      messages: [hello],
      temperature: 1.5,
      topP: 0.5,
      stop: ["END", "###"],
      maxOutputTokens: 17,
      reasoning: { effort: "low" },
      endUserId: "u-1",
    },
  },
  {
    name: "older names",
    body: { messages: [hello], max_tokens: 9, stop: "END" },
    request: { messages: [hello], maxOutputTokens: 9, stop: ["END"] },
  },
  {
    name: "system prompts of both names, whole and in parts",
    body: {
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "developer",
          content: [
            { type: "text", text: "Be kind." },
            { type: "text", text: "Be exact." },
          ],
        },
        hello,
      ],
    },
    request: {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "system", content: "Be kind." },
        { role: "system", content: "Be exact." },
        hello,
      ],
    },
  },
  {
    name: "text and images",
    body: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Compare" },
            { type: "image_url", image_url: { url: "https://images.example/a.png" } },
            { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}`, detail: "high" } },
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
            { type: "image", url: `data:image/png;base64,${pixel}`, detail: "high" },
          ],
        },
      ],
    },
  },
  {
    name: "tools, calls and their results",
    body: {
      messages: [
        hello,
        { role: "assistant", content: null, refusal: null, tool_calls: [call, { ...call, id: "call_2" }] },
        { role: "tool", tool_call_id: "call_1", content: "rain" },
        { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "sun" }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Rain, " },
            { type: "refusal", refusal: "no more." },
          ],
        },
        hello,
      ],
      tools: [
        { type: "function", function: { name: "weather", description: "Today's.", parameters, strict: true } },
        { type: "function", function: { name: "now" } },
      ],
      tool_choice: { type: "function", function: { name: "weather" } },
      parallel_tool_calls: false,
    },
    request: {
      messages: [
        hello,
        { role: "assistant", content: "", toolCalls: [toolCall, { ...toolCall, id: "call_2" }] },
        { role: "tool", toolCallId: "call_1", content: "rain" },
        { role: "tool", toolCallId: "call_2", content: [{ type: "text", text: "sun" }] },
        { role: "assistant", content: "Rain, no more." },
        hello,
      ],
      tools: [
        { name: "weather", description: "Today's.", parameters, strict: true },
        { name: "now", parameters: { type: "object", properties: {} } },
      ],
      toolChoice: { name: "weather" },
      parallelToolCalls: false,
    },
  },
  ...(["auto", "none", "required"] as const).map((choice) => ({
    name: `the tool choice ${choice}`,
    body: { messages: [hello], tool_choice: choice },
    request: { messages: [hello], toolChoice: choice },
  })),
  {
    name: "an answer by a schema",
    body: {
      messages: [hello],
      response_format: {
        type: "json_schema",
        json_schema: { name: "verdict", description: "Whether.", schema, strict: true },
      },
    },
    request: {
      messages: [hello],
      responseFormat: { type: "json-schema", name: "verdict", description: "Whether.", schema, strict: true },
    },
  },
  {
    name: "an answer in JSON",
    body: { messages: [hello], response_format: { type: "json_object" } },
    request: { messages: [hello], responseFormat: { type: "json" } },
  },
  {
    name: "an answer in text",
    body: { messages: [hello], response_format: { type: "text" } },
    request: { messages: [hello], responseFormat: { type: "text" } },
  },
];

function user(part: JsonObject): JsonObject {
  return { messages: [{ role: "user", content: [part] }] };
}

function assistant(message: JsonObject): JsonObject {
  return { messages: [hello, { role: "assistant", ...message }] };
}

export const chatSites: Readonly<Record<string, Site>> = {
  body: { path: "", with: (more) => ({ messages: [hello], ...more }) },
  "messages[] of role system or developer": {
    path: "messages[0]",
    with: (more) => ({ messages: [{ role: "developer", content: "Be brief.", ...more }, hello] }),
  },
  "messages[] of role user": { path: "messages[0]", with: (more) => ({ messages: [{ ...hello, ...more }] }) },
  "messages[] of role assistant": { path: "messages[1]", with: (more) => assistant({ content: "Hi", ...more }) },
  "messages[] of role tool": {
    path: "messages[2]",
    with: (more) => ({
      messages: [
        hello,
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: "call_1", content: "", ...more },
      ],
    }),
  },
  "content[] of type text": {
    path: "messages[0].content[0]",
    with: (more) => user({ type: "text", text: "Hi", ...more }),
  },
  "content[] of type refusal": {
    path: "messages[1].content[0]",
    with: (more) => assistant({ content: [{ type: "refusal", refusal: "No", ...more }] }),
  },
  "content[] of type image_url": {
    path: "messages[0].content[0]",
    with: (more) => user({ type: "image_url", image_url: { url: "https://images.example/a.png" }, ...more }),
  },
  "content[].image_url": {
    path: "messages[0].content[0].image_url",
    with: (more) => user({ type: "image_url", image_url: { url: "https://images.example/a.png", ...more } }),
  },
  "messages[].tool_calls[]": {
    path: "messages[1].tool_calls[0]",
    with: (more) => assistant({ tool_calls: [{ ...call, ...more }] }),
  },
  "messages[].tool_calls[].function": {
    path: "messages[1].tool_calls[0].function",
    with: (more) => assistant({ tool_calls: [{ ...call, function: { ...call.function, ...more } }] }),
  },
  "tools[]": {
    path: "tools[0]",
    with: (more) => ({ messages: [hello], tools: [{ type: "function", function: { name: "now" }, ...more }] }),
  },
  "tools[].function": {
    path: "tools[0].function",
    with: (more) => ({ messages: [hello], tools: [{ type: "function", function: { name: "now", ...more } }] }),
  },
  "tool_choice as an object": {
    path: "tool_choice",
    with: (more) => ({ messages: [hello], tool_choice: { type: "function", function: { name: "now" }, ...more } }),
  },
  "tool_choice.function": {
    path: "tool_choice.function",
    with: (more) => ({ messages: [hello], tool_choice: { type: "function", function: { name: "now", ...more } } }),
  },
  "response_format of type text or json_object": {
    path: "response_format",
    with: (more) => ({ messages: [hello], response_format: { type: "text", ...more } }),
  },
  "response_format of type json_schema": {
    path: "response_format",
    with: (more) => ({
      messages: [hello],
      response_format: { type: "json_schema", json_schema: { name: "verdict" }, ...more },
    }),
  },
  "response_format.json_schema": {
    path: "response_format.json_schema",
    with: (more) => ({
      messages: [hello],
      response_format: { type: "json_schema", json_schema: { name: "verdict", schema, ...more } },
    }),
  },
  stream_options: {
    path: "stream_options",
    with: (more) => ({ messages: [hello], stream: true, stream_options: { ...more } }),
  },
};
