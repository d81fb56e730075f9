import type {
  ChatMessage,
  ChatRequest,
  ContentPart,
  ResponseFormat,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from "@tenantry/core";
import type { JsonObject } from "./json-object.ts";
import type { ResolvedOpenAIOptions } from "./options.ts";

/** How a request is to be written. */
export interface OpenAIRequestShape {
  readonly model: string;
  readonly stream: boolean;
  readonly maxTokensField: ResolvedOpenAIOptions["maxTokensField"];
}

/**
 * The body of `POST /chat/completions`. Fields of ours win over `extra`, so that what is sent is what was admitted (R3);
 * a stream always asks for usage.
 *
 * https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create
 */
export function toOpenAIRequest(request: ChatRequest, shape: OpenAIRequestShape): JsonObject {
  const { messages, tools, toolChoice, responseFormat, temperature, topP, stop, maxOutputTokens } = request;
  const extra: Record<string, unknown> = { ...request.extra };
  if (maxOutputTokens !== undefined) {
    // Either name would be obeyed by some server.
    delete extra["max_tokens"];
    delete extra["max_completion_tokens"];
  }
  const streamOptions = { ...(extra["stream_options"] as object | undefined), include_usage: true };
  return {
    ...extra,
    model: shape.model,
    messages: messages.map(toMessage),
    ...(tools === undefined ? {} : { tools: tools.map(toTool) }),
    ...(toolChoice === undefined ? {} : { tool_choice: toToolChoice(toolChoice) }),
    ...(responseFormat === undefined ? {} : { response_format: toResponseFormat(responseFormat) }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stop === undefined ? {} : { stop: [...stop] }),
    ...(maxOutputTokens === undefined ? {} : { [shape.maxTokensField]: maxOutputTokens }),
    stream: shape.stream,
    ...(shape.stream ? { stream_options: streamOptions } : {}),
  };
}

function toMessage(message: ChatMessage): JsonObject {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user":
      return {
        role: "user",
        content: typeof message.content === "string" ? message.content : message.content.map(toPart),
      };
    case "assistant":
      return toAssistantMessage(message.content, message.toolCalls ?? []);
    case "tool":
      return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  }
}

function toAssistantMessage(content: string, toolCalls: readonly ToolCall[]): JsonObject {
  if (toolCalls.length === 0) return { role: "assistant", content };
  const calls = toolCalls.map(({ id, name, argumentsJson }) => ({
    id,
    type: "function",
    function: { name, arguments: argumentsJson },
  }));
  // Text is optional beside calls, and an empty one is refused by some servers.
  return { role: "assistant", content: content === "" ? null : content, tool_calls: calls };
}

function toPart(part: ContentPart): JsonObject {
  if (part.type === "text") return { type: "text", text: part.text };
  const url = "url" in part ? part.url : `data:${part.mediaType};base64,${part.base64}`;
  return { type: "image_url", image_url: { url } };
}

function toTool({ name, description, parameters }: ToolDefinition): JsonObject {
  const described = description === undefined ? {} : { description };
  return { type: "function", function: { name, ...described, parameters } };
}

function toToolChoice(choice: ToolChoice): unknown {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}

/** A schema is asked for strictly: without it the model may answer in another shape. */
function toResponseFormat(format: ResponseFormat): JsonObject {
  switch (format.type) {
    case "text":
      return { type: "text" };
    case "json":
      return { type: "json_object" };
    case "json-schema":
      return { type: "json_schema", json_schema: { name: format.name, schema: format.schema, strict: true } };
  }
}
