import type { ContentBlockParam, ImageBlockParam, MessageParam, Tool } from "@anthropic-ai/sdk/resources/messages";
import {
  TenantryError,
  type ChatContent,
  type ChatMessage,
  type ChatRequest,
  type ContentPart,
  type ToolCall,
  type ToolChoice,
  type ToolDefinition,
} from "@tenantry/core";
import { isJsonObject, type JsonObject } from "./json-object.ts";

/** Sent when the request names no limit, because the API demands one. */
export const defaultMaxOutputTokens = 4096;

/**
 * The body of `POST /v1/messages`, without `stream`. System messages, wherever they stand, become the top-level
 * `system`, joined by an empty line. The name of a JSON schema has no place in this API and is left out. Of `extra`, all
 * that the request does not set itself is sent.
 *
 * https://platform.claude.com/docs/en/api/messages/create
 *
 * @throws TenantryError `invalid_request` for what this API cannot express: JSON output without a schema, arguments of
 * a tool call that are no JSON object, a data URL that is not base64.
 */
export function toAnthropicRequest(request: ChatRequest, model: string): JsonObject {
  const system = request.messages.filter((message) => message.role === "system").map((message) => message.content);
  const body: Record<string, unknown> = {
    model,
    max_tokens: request.maxOutputTokens ?? defaultMaxOutputTokens,
    messages: toMessages(request.messages),
  };
  if (system.length > 0) body["system"] = system.join("\n\n");
  if (request.tools !== undefined && request.tools.length > 0) body["tools"] = request.tools.map(toTool);
  if (request.toolChoice !== undefined) body["tool_choice"] = toToolChoice(request.toolChoice);
  if (request.temperature !== undefined) body["temperature"] = request.temperature;
  if (request.topP !== undefined) body["top_p"] = request.topP;
  if (request.stop !== undefined && request.stop.length > 0) body["stop_sequences"] = request.stop;
  const outputConfig = toOutputConfig(request);
  if (outputConfig !== null) body["output_config"] = outputConfig;
  return addExtra(body, request.extra ?? {});
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
function toOutputConfig({ responseFormat }: ChatRequest): JsonObject | null {
  if (responseFormat === undefined || responseFormat.type === "text") return null;
  if (responseFormat.type === "json-schema") {
    return { format: { type: "json_schema", schema: responseFormat.schema } };
  }
  throw TenantryError.invalidRequest("responseFormat", "this provider has no JSON mode; send a JSON schema");
}

/** What the request sets itself stands: limits and prices rest on it (R3). Settings of the output are joined. */
function addExtra(body: JsonObject, { stream: _ours, ...extra }: JsonObject): JsonObject {
  const all = { ...extra, ...body };
  const [theirs, own] = [extra["output_config"], body["output_config"]];
  return isJsonObject(theirs) && isJsonObject(own) ? { ...all, output_config: { ...theirs, ...own } } : all;
}

function toMessages(messages: readonly ChatMessage[]): readonly MessageParam[] {
  const sent: MessageParam[] = [];
  let results: ContentBlockParam[] | null = null;
  for (const [at, message] of messages.entries()) {
    if (message.role === "tool") {
      if (results === null) sent.push({ role: "user", content: (results = []) });
      results.push({ type: "tool_result", tool_use_id: message.toolCallId, content: message.content });
      continue;
    }
    if (message.role === "system") continue;
    results = null;
    if (message.role === "user") sent.push({ role: "user", content: toContent(message.content, at) });
    else sent.push({ role: "assistant", content: toAssistantContent(message.content, message.toolCalls ?? [], at) });
  }
  return sent;
}

/** An empty text block is refused by the API, so a turn of tool calls alone has none. */
function toAssistantContent(text: string, toolCalls: readonly ToolCall[], at: number): MessageParam["content"] {
  if (toolCalls.length === 0) return text;
  const said: ContentBlockParam[] = text === "" ? [] : [{ type: "text", text }];
  const calls = toolCalls.map(({ id, name, argumentsJson }, n): ContentBlockParam => {
    const input = parseArguments(argumentsJson, `messages[${at}].toolCalls[${n}].argumentsJson`);
    return { type: "tool_use", id, name, input };
  });
  return [...said, ...calls];
}

function parseArguments(argumentsJson: string, path: string): JsonObject {
  if (argumentsJson.trim() === "") return {};
  let input: unknown;
  try {
    input = JSON.parse(argumentsJson);
  } catch {
    throw TenantryError.invalidRequest(path, "is not JSON");
  }
  if (!isJsonObject(input)) throw TenantryError.invalidRequest(path, "is not a JSON object");
  return input;
}

function toContent(content: ChatContent, at: number): MessageParam["content"] {
  if (typeof content === "string") return content;
  return content.map((part, n) => toBlock(part, `messages[${at}].content[${n}]`));
}

function toBlock(part: ContentPart, path: string): ContentBlockParam {
  if (part.type === "text") return { type: "text", text: part.text };
  if ("base64" in part) return toImage(part.base64, part.mediaType);
  if (!/^data:/i.test(part.url)) return { type: "image", source: { type: "url", url: part.url } };
  const comma = part.url.indexOf(",");
  const [mediaType = "", ...parameters] = part.url.slice("data:".length, Math.max(comma, 0)).split(";");
  if (mediaType === "" || parameters.at(-1)?.toLowerCase() !== "base64") {
    throw TenantryError.invalidRequest(`${path}.url`, "a data URL must name its media type and be base64");
  }
  return toImage(part.url.slice(comma + 1), mediaType);
}

/** Which media types are read is for the API to say. */
function toImage(data: string, mediaType: string): ImageBlockParam {
  return { type: "image", source: { type: "base64", media_type: mediaType as "image/png", data } };
}

function toTool({ name, description, parameters }: ToolDefinition): Tool {
  const tool: Tool = { name, input_schema: parameters as Tool["input_schema"] };
  return description === undefined ? tool : { ...tool, description };
}

function toToolChoice(choice: ToolChoice): JsonObject {
  if (choice === "required") return { type: "any" };
  return typeof choice === "string" ? { type: choice } : { type: "tool", name: choice.name };
}
