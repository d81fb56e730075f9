import type { RequestSize } from "../ports/request-size.ts";
import type { ChatMessage, ChatRequest, ToolCall } from "./chat-request.ts";

/** Tokens a chat template adds: per message, tool and tool call, and once. Vendors document 3 to 4 and 3; the rest is margin. */
export const perMessageTokens = 16;
export const onceTokens = 64;
/** Providers put a hidden instruction before tools and schemas; up to 530 tokens are documented. */
export const hiddenPromptTokens = 1024;

/** The size of a chat request. */
export function chatRequestSize(request: ChatRequest): RequestSize {
  const tools = request.tools === undefined || request.tools.length === 0 ? "" : JSON.stringify(request.tools);
  const format = request.responseFormat;
  const schema =
    format?.type === "json-schema" ? JSON.stringify([format.name, format.description ?? "", format.schema]) : "";
  const toolCalls = request.messages.reduce((count, message) => count + toolCallsOf(message).length, 0);
  const overheadTokens =
    onceTokens +
    perMessageTokens * (request.messages.length + toolCalls + (request.tools?.length ?? 0)) +
    (tools === "" ? 0 : hiddenPromptTokens) +
    (schema === "" ? 0 : hiddenPromptTokens);
  let bytes = utf8Length(tools) + utf8Length(schema);
  for (const message of request.messages) for (const text of textsOf(message)) bytes += utf8Length(text);
  return {
    inputTokens: bytes + overheadTokens,
    overheadTokens,
    text: () => [...request.messages.flatMap(textsOf), tools, schema].join("\n"),
    inputClasses: ["input", "cacheRead"],
    maxOutputTokens: request.maxOutputTokens ?? null,
    choices: 1,
    unbounded: unboundedReason(request),
  };
}

function unboundedReason(request: ChatRequest): string | null {
  const hasImage = request.messages.some(
    (message) => typeof message.content !== "string" && message.content.some((part) => part.type === "image"),
  );
  if (hasImage) return "images are billed by their dimensions, which are not known before the call";
  const extra = Object.keys(request.extra ?? {});
  return extra.length > 0 ? `the fields ${extra.join(", ")} may change what the provider bills` : null;
}

function textsOf(message: ChatMessage): string[] {
  const texts =
    typeof message.content === "string"
      ? [message.content]
      : message.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  if (message.role === "assistant") {
    for (const part of message.reasoning ?? []) {
      if (part.type === "redacted") texts.push(part.data);
      else texts.push(part.text, part.signature);
    }
  }
  for (const call of toolCallsOf(message)) texts.push(call.id, call.name, call.argumentsJson);
  if (message.role === "tool") texts.push(message.toolCallId);
  return texts;
}

function toolCallsOf(message: ChatMessage): readonly ToolCall[] {
  return message.role === "assistant" ? (message.toolCalls ?? []) : [];
}

/** Bytes of the text in UTF-8. A lone surrogate is sent as the 3 bytes of U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes: two more than its units, one per unit beyond.
    const paired = unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    if (paired) {
      bytes += 2;
      index += 1;
    } else bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}
