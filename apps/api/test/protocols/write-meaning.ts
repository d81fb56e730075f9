import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import type { Meaning, Turn } from "./meaning.ts";

const base64Image = /^data:([^;]+);base64,(.*)$/;

/** The meaning as a caller of OpenAI's chat completions writes it. */
export function writeChat(meaning: Meaning): ChatCompletionCreateParamsNonStreaming {
  const { system, tools, toolChoice, oneToolAtATime, limit, temperature, schema, endUser } = meaning;
  return {
    model: "m",
    messages: [
      ...(system === "" ? [] : [{ role: "developer" as const, content: system }]),
      ...meaning.turns.map(chatTurn),
    ],
    ...(tools.length === 0
      ? {}
      : { tools: tools.map((tool) => ({ type: "function" as const, function: { ...tool } })) }),
    ...(toolChoice === null
      ? {}
      : { tool_choice: typeof toolChoice === "string" ? toolChoice : { type: "function", function: toolChoice } }),
    ...(oneToolAtATime ? { parallel_tool_calls: false } : {}),
    max_tokens: limit,
    ...(temperature === null ? {} : { temperature }),
    ...(schema === null
      ? {}
      : { response_format: { type: "json_schema", json_schema: { name: "answer", schema: { ...schema } } } }),
    ...(endUser === null ? {} : { safety_identifier: endUser }),
  };
}

function chatTurn({ role, text, images, calls, answers }: Turn): ChatCompletionCreateParamsNonStreaming["messages"][0] {
  if (role === "tool") return { role, tool_call_id: answers ?? "", content: text };
  if (role === "assistant") {
    const toolCalls = calls.map(({ id, name, input }) => ({
      id,
      type: "function" as const,
      function: { name, arguments: JSON.stringify(input) },
    }));
    return { role, content: text === "" ? null : text, ...(calls.length === 0 ? {} : { tool_calls: toolCalls }) };
  }
  if (images.length === 0) return { role, content: text };
  return {
    role,
    content: [{ type: "text", text }, ...images.map((url) => ({ type: "image_url" as const, image_url: { url } }))],
  };
}

/** The meaning as a caller of OpenAI's responses writes it. */
export function writeResponse(meaning: Meaning): ResponseCreateParamsNonStreaming {
  const { system, tools, toolChoice, oneToolAtATime, limit, temperature, schema, endUser } = meaning;
  return {
    model: "m",
    ...(system === "" ? {} : { instructions: system }),
    input: meaning.turns.flatMap(responseItems),
    tools: tools.map((tool) => ({ type: "function", ...tool, strict: null })),
    ...(toolChoice === null
      ? {}
      : { tool_choice: typeof toolChoice === "string" ? toolChoice : { type: "function", ...toolChoice } }),
    ...(oneToolAtATime ? { parallel_tool_calls: false } : {}),
    max_output_tokens: limit,
    ...(temperature === null ? {} : { temperature }),
    ...(schema === null ? {} : { text: { format: { type: "json_schema", name: "answer", schema: { ...schema } } } }),
    ...(endUser === null ? {} : { user: endUser }),
  };
}

type Item = Exclude<NonNullable<ResponseCreateParamsNonStreaming["input"]>, string>[number];

function responseItems({ role, text, images, calls, answers }: Turn): Item[] {
  if (role === "tool") return [{ type: "function_call_output", call_id: answers ?? "", output: text }];
  if (role === "assistant") {
    return [
      ...(text === "" && calls.length > 0 ? [] : [{ role, content: text }]),
      ...calls.map(({ id, name, input }) => ({
        type: "function_call" as const,
        call_id: id,
        name,
        arguments: JSON.stringify(input),
      })),
    ];
  }
  return [
    {
      role,
      content: [
        { type: "input_text", text },
        ...images.map((image_url) => ({ type: "input_image" as const, image_url, detail: "auto" as const })),
      ],
    },
  ];
}

/** The meaning as a caller of Anthropic's messages writes it. */
export function writeMessage(meaning: Meaning): MessageCreateParamsNonStreaming {
  const { system, tools, toolChoice, oneToolAtATime, limit, schema, endUser } = meaning;
  const alone = oneToolAtATime ? { disable_parallel_tool_use: true } : {};
  const choice = toolChoice ?? (oneToolAtATime ? "auto" : null);
  return {
    model: "m",
    ...(system === "" ? {} : { system: system.split("\n\n").map((text) => ({ type: "text" as const, text })) }),
    messages: meaning.turns.map(messageTurn),
    tools: tools.map(({ name, description, parameters }) => ({
      name,
      description,
      input_schema: { type: "object", ...parameters },
    })),
    ...(choice === null ? {} : { tool_choice: choiceOf(choice, alone) }),
    max_tokens: limit,
    ...(meaning.temperature === null ? {} : { temperature: meaning.temperature }),
    ...(schema === null ? {} : { output_config: { format: { type: "json_schema", schema: { ...schema } } } }),
    ...(endUser === null ? {} : { metadata: { user_id: endUser } }),
  };
}

function choiceOf(
  choice: NonNullable<Meaning["toolChoice"]>,
  alone: { disable_parallel_tool_use?: boolean },
): NonNullable<MessageCreateParamsNonStreaming["tool_choice"]> {
  if (choice === "none") return { type: "none" };
  if (typeof choice === "object") return { type: "tool", name: choice.name, ...alone };
  return { type: choice === "required" ? "any" : "auto", ...alone };
}

function messageTurn({ role, text, images, calls, answers }: Turn): MessageCreateParamsNonStreaming["messages"][0] {
  if (role === "tool") {
    return { role: "user", content: [{ type: "tool_result", tool_use_id: answers ?? "", content: text }] };
  }
  if (images.length === 0 && calls.length === 0) return { role, content: text };
  return {
    role,
    content: [
      ...(text === "" ? [] : [{ type: "text" as const, text }]),
      ...images.map((image) => {
        const [, mediaType, data = ""] = base64Image.exec(image) ?? [];
        if (mediaType === undefined) return { type: "image" as const, source: { type: "url" as const, url: image } };
        const source = { type: "base64" as const, media_type: mediaType as "image/png", data };
        return { type: "image" as const, source };
      }),
      ...calls.map(({ id, name, input }) => ({ type: "tool_use" as const, id, name, input })),
    ],
  };
}
