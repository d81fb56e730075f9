import type {
  ContentBlockParam,
  ImageBlockParam,
  MessageParam,
  TextBlockParam,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import {
  foreignUrl,
  isForeignUrl,
  TenantryError,
  type ChatContent,
  type ChatMessage,
  type ContentPart,
  type ReasoningPart,
  type ToolCall,
} from "@tenantry/core";
import { isJsonObject, type JsonObject } from "./json-object.ts";

/**
 * The `messages` of a request; system messages have a place of their own. Results of one turn's tools go into one
 * message, as the API demands.
 *
 * @throws TenantryError `invalid_request` for arguments that are no JSON object and for a data URL that is not base64.
 */
export function toAnthropicMessages(messages: readonly ChatMessage[]): readonly MessageParam[] {
  const sent: MessageParam[] = [];
  let results: ContentBlockParam[] | null = null;
  for (const [at, message] of messages.entries()) {
    if (message.role === "tool") {
      if (results === null) sent.push({ role: "user", content: (results = []) });
      results.push(toToolResult(message, `messages[${at}].content`));
      continue;
    }
    if (message.role === "system") continue;
    results = null;
    if (message.role === "user") {
      sent.push({ role: "user", content: toContent(message.content, `messages[${at}].content`) });
      continue;
    }
    const content = toAssistantContent(message, `messages[${at}]`);
    if (content !== null) sent.push({ role: "assistant", content });
  }
  return sent;
}

function toToolResult(message: Extract<ChatMessage, { role: "tool" }>, path: string): ToolResultBlockParam {
  const content = toContent(message.content, path);
  const result: ToolResultBlockParam = { type: "tool_result", tool_use_id: message.toolCallId, content };
  return message.isError === true ? { ...result, is_error: true } : result;
}

/** An empty text block is refused by the API, so a turn of thinking or tool calls alone has none. */
function toAssistantContent(
  message: Extract<ChatMessage, { role: "assistant" }>,
  path: string,
): MessageParam["content"] | null {
  const { content: text, reasoning = [], toolCalls = [] } = message;
  if (reasoning.length === 0 && toolCalls.length === 0) return text;
  const blocks: ContentBlockParam[] = [
    ...reasoning.flatMap(toThinking),
    ...(text === "" ? [] : [{ type: "text" as const, text }]),
    ...toolCalls.map((call, n) => toToolUse(call, `${path}.toolCalls[${n}].argumentsJson`)),
  ];
  return blocks.length === 0 ? null : blocks;
}

/**
 * Thinking without a signature is another provider's and is refused here.
 *
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
function toThinking(part: ReasoningPart): ContentBlockParam[] {
  if (part.type === "redacted") return [{ type: "redacted_thinking", data: part.data }];
  return part.signature === "" ? [] : [{ type: "thinking", thinking: part.text, signature: part.signature }];
}

function toToolUse({ id, name, argumentsJson }: ToolCall, path: string): ContentBlockParam {
  return { type: "tool_use", id, name, input: parseArguments(argumentsJson, path) };
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

function toContent(content: ChatContent, path: string): string | (TextBlockParam | ImageBlockParam)[] {
  if (typeof content === "string") return content;
  return content.map((part, n) => toBlock(part, `${path}[${n}]`));
}

function toBlock(part: ContentPart, path: string): TextBlockParam | ImageBlockParam {
  if (part.type === "text") return { type: "text", text: part.text };
  if ("base64" in part) return toImage(part.base64, part.mediaType);
  if (isForeignUrl(part.url)) throw TenantryError.invalidRequest(`${path}.url`, foreignUrl);
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
