import type { JsonObject } from "../../../src/protocols/protocol.ts";
import { sealReasoning } from "../../../src/protocols/openai-responses/sealed-reasoning.ts";
import { parameters, pixel, schema, type Example, type Site } from "./example.ts";

const hello = { role: "user", content: "Hello" } as const;
const call = { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' };
const toolCall = { id: "call_1", name: "weather", argumentsJson: '{"city":"Oslo"}' };
const thinking = { type: "thinking", text: "Hm.", signature: "Eq" } as const;
const redacted = { type: "redacted", data: "EmwK" } as const;

export const responseExamples: readonly Example[] = [
  { name: "a text", body: { model: "gpt-5.4", input: "Hello" }, request: { messages: [hello] } },
  {
    name: "settings",
    body: {
      input: [hello],
      instructions: "Be brief.",
      temperature: 1.5,
      top_p: 0.5,
      max_output_tokens: 17,
      reasoning: { effort: "low", summary: "auto" },
      user: "u-1",
      safety_identifier: "u-1",
      stream: true,
      stream_options: { include_obfuscation: false },
      include: ["reasoning.encrypted_content"],
      store: false,
      metadata: { team: "legal" },
    },
    request: {
      messages: [{ role: "system", content: "Be brief." }, hello],
      temperature: 1.5,
      topP: 0.5,
      maxOutputTokens: 17,
      reasoning: { effort: "low", shown: true },
      endUserId: "u-1",
    },
  },
  {
    name: "thinking to be shown, by its older name",
    body: { input: "Hello", reasoning: { generate_summary: "concise" } },
    request: { messages: [hello], reasoning: { shown: true } },
  },
  {
    name: "system prompts, text and images",
    body: {
      input: [
        { type: "message", role: "developer", content: [{ type: "input_text", text: "Be kind." }] },
        { role: "system", content: "Be exact." },
        {
          role: "user",
          content: [
            { type: "input_text", text: "Compare" },
            { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${pixel}` },
          ],
        },
      ],
    },
    request: {
      messages: [
        { role: "system", content: "Be kind." },
        { role: "system", content: "Be exact." },
        {
          role: "user",
          content: [
            { type: "text", text: "Compare" },
            { type: "image", url: `data:image/png;base64,${pixel}`, detail: "auto" },
          ],
        },
      ],
    },
  },
  {
    name: "an earlier answer given back with its thinking, and the results of its calls",
    body: {
      input: [
        hello,
        { id: "rs_1_0", type: "reasoning", summary: [], encrypted_content: sealReasoning(thinking) },
        {
          id: "msg_1_1",
          type: "message",
          role: "assistant",
          status: "completed",
          content: [
            { type: "output_text", text: "Let me ", annotations: [], logprobs: [] },
            { type: "refusal", refusal: "see." },
          ],
        },
        { ...call, id: "fc_1_2", status: "completed" },
        { ...call, call_id: "call_2" },
        { id: "rs_1_3", type: "reasoning", summary: [], encrypted_content: sealReasoning(redacted) },
        { ...call, call_id: "call_3" },
        { type: "function_call_output", call_id: "call_1", output: "rain" },
        { type: "function_call_output", call_id: "call_2", output: [{ type: "input_text", text: "sun" }] },
        { type: "function_call_output", call_id: "call_3", output: "snow" },
        { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "gAAAAAB another provider's own" },
      ],
      tools: [
        { type: "function", name: "weather", description: "Today's.", parameters, strict: true },
        { type: "function", name: "now", parameters: null, strict: null },
      ],
      tool_choice: { type: "function", name: "weather" },
      parallel_tool_calls: false,
    },
    request: {
      messages: [
        hello,
        {
          role: "assistant",
          reasoning: [thinking],
          content: "Let me see.",
          toolCalls: [toolCall, { ...toolCall, id: "call_2" }],
        },
        { role: "assistant", reasoning: [redacted], content: "", toolCalls: [{ ...toolCall, id: "call_3" }] },
        { role: "tool", toolCallId: "call_1", content: "rain" },
        { role: "tool", toolCallId: "call_2", content: [{ type: "text", text: "sun" }] },
        { role: "tool", toolCallId: "call_3", content: "snow" },
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
    body: { input: "Hello", tool_choice: choice },
    request: { messages: [hello], toolChoice: choice },
  })),
  {
    name: "an answer by a schema",
    body: {
      input: "Hello",
      text: { format: { type: "json_schema", name: "verdict", description: "Whether.", schema, strict: true } },
    },
    request: {
      messages: [hello],
      responseFormat: { type: "json-schema", name: "verdict", description: "Whether.", schema, strict: true },
    },
  },
  {
    name: "an answer in JSON",
    body: { input: "Hello", text: { format: { type: "json_object" } } },
    request: { messages: [hello], responseFormat: { type: "json" } },
  },
];

function item(more: JsonObject): JsonObject {
  return { input: [hello, more] };
}

function part(more: JsonObject): JsonObject {
  return { input: [{ role: "user", content: [more] }] };
}

export const responseSites: Readonly<Record<string, Site>> = {
  body: { path: "", with: (more) => ({ input: "Hello", ...more }) },
  "input[] of type message": { path: "input[1]", with: (more) => item({ role: "user", content: "Hi", ...more }) },
  "content[] of type input_text": {
    path: "input[0].content[0]",
    with: (more) => part({ type: "input_text", text: "Hi", ...more }),
  },
  "content[] of type output_text": {
    path: "input[1].content[0]",
    with: (more) => item({ role: "assistant", content: [{ type: "output_text", text: "Hi", ...more }] }),
  },
  "content[] of type refusal": {
    path: "input[1].content[0]",
    with: (more) => item({ role: "assistant", content: [{ type: "refusal", refusal: "No", ...more }] }),
  },
  "content[] of type input_image": {
    path: "input[0].content[0]",
    with: (more) => part({ type: "input_image", image_url: "https://images.example/a.png", ...more }),
  },
  "input[] of type function_call": { path: "input[1]", with: (more) => item({ ...call, ...more }) },
  "input[] of type function_call_output": {
    path: "input[2]",
    with: (more) => ({
      input: [hello, call, { type: "function_call_output", call_id: "call_1", output: "", ...more }],
    }),
  },
  "input[] of type reasoning": {
    path: "input[1]",
    with: (more) => item({ type: "reasoning", encrypted_content: sealReasoning(thinking), ...more }),
  },
  "tools[]": {
    path: "tools[0]",
    with: (more) => ({ input: "Hello", tools: [{ type: "function", name: "now", ...more }] }),
  },
  "tool_choice as an object": {
    path: "tool_choice",
    with: (more) => ({ input: "Hello", tool_choice: { type: "function", name: "now", ...more } }),
  },
  text: { path: "text", with: (more) => ({ input: "Hello", text: more }) },
  "text.format of type text or json_object": {
    path: "text.format",
    with: (more) => ({ input: "Hello", text: { format: { type: "text", ...more } } }),
  },
  "text.format of type json_schema": {
    path: "text.format",
    with: (more) => ({ input: "Hello", text: { format: { type: "json_schema", name: "verdict", schema, ...more } } }),
  },
  reasoning: { path: "reasoning", with: (more) => ({ input: "Hello", reasoning: more }) },
  stream_options: {
    path: "stream_options",
    with: (more) => ({ input: "Hello", stream: true, stream_options: more }),
  },
};
