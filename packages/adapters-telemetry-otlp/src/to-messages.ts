import type { ChatContent, ChatMessage, ContentPart, ToolCall, ToolDefinition } from "@tenantry/core";
import { limitText } from "./attributes.ts";

export interface ContentLimits {
  /** Longest JSON text of one attribute, in UTF-16 code units. */
  readonly maxLength: number;
  readonly scrub: (text: string) => string;
}

/** Messages as JSON text. */
export interface Content {
  readonly json: string;
  /** Whether anything was left out to keep within the limit. */
  readonly truncated: boolean;
}

/** https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json */
interface Message {
  readonly role: string;
  readonly parts: readonly Readonly<Record<string, unknown>>[];
  readonly finish_reason?: string;
}

interface Tool {
  readonly type: string;
  readonly name: string;
}

/**
 * `gen_ai.input.messages`, or null when there are none. Messages are read one by one until no more fit; the first that does
 * not fit whole is kept with one shortened text.
 */
export function toInputMessages(messages: readonly ChatMessage[], limits: ContentLimits): Content | null {
  return messages.length === 0 ? null : withinLimit(toldMessages(messages, limits), limits.maxLength);
}

/** `gen_ai.output.messages`: the one answer with the tools it calls, or null when it is empty. */
export function toOutputMessages(
  text: string,
  toolCalls: readonly ToolCall[],
  finishReason: string | null,
  limits: ContentLimits,
): Content | null {
  const parts = [...contentParts(text, limits), ...toolCalls.map((call) => toolCallPart(call, limits))];
  if (parts.length === 0) return null;
  return withinLimit([{ role: "assistant", parts, finish_reason: finishReason ?? "error" }], limits.maxLength);
}

/**
 * `gen_ai.tool.definitions`, or null when there are none: kinds and names, because the conventions advise against more.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/client-inference.md
 */
export function toToolDefinitions(tools: readonly ToolDefinition[], limits: ContentLimits): Content | null {
  if (tools.length === 0) return null;
  return withinLimit(
    tools.map(({ name }) => ({ type: "function", name: scrubbed(name, limits) })),
    limits.maxLength,
  );
}

/**
 * Text after the hook. Before it, what is far too long to be kept is cut, so that a hook never works on megabytes; the
 * cut is far behind what is kept, so nothing half-scrubbed is sent.
 */
export function scrubbed(text: string, { scrub, maxLength }: ContentLimits): string {
  return limitText(String(scrub(text.slice(0, 4 * maxLength))), maxLength);
}

function* toldMessages(messages: readonly ChatMessage[], limits: ContentLimits): Generator<Message> {
  for (const message of messages) yield { role: message.role, parts: partsOf(message, limits) };
}

function partsOf(message: ChatMessage, limits: ContentLimits): Message["parts"] {
  if (message.role === "tool") {
    const { toolCallId: id, content } = message;
    const response = contentParts(content, limits);
    return [
      { type: "tool_call_response", id, response: typeof content === "string" ? response[0]?.["content"] : response },
    ];
  }
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  return [...contentParts(message.content, limits), ...calls.map((call) => toolCallPart(call, limits))];
}

function toolCallPart({ id, name, argumentsJson }: ToolCall, limits: ContentLimits): Message["parts"][number] {
  return { type: "tool_call", id, name, arguments: argumentsOf(argumentsJson, limits) };
}

/** What the model wrote is JSON as a rule. Then the hook sees its texts as they read, not as JSON escapes them. */
function argumentsOf(json: string, limits: ContentLimits): unknown {
  if (json.length > limits.maxLength || !isJson(json)) return scrubbed(json, limits);
  return JSON.parse(json, (_, value: unknown) => (typeof value === "string" ? scrubbed(value, limits) : value));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function contentParts(content: ChatContent, limits: ContentLimits): Message["parts"] {
  if (typeof content !== "string") return content.map((part) => partOf(part, limits));
  return content === "" ? [] : [textPart(content, limits)];
}

function textPart(text: string, limits: ContentLimits): Readonly<Record<string, unknown>> {
  return { type: "text", content: scrubbed(text, limits) };
}

/** Images sent as bytes are named, not copied. */
function partOf(part: ContentPart, limits: ContentLimits): Readonly<Record<string, unknown>> {
  if (part.type === "text") return textPart(part.text, limits);
  if ("base64" in part) {
    const { mediaType, base64 } = part;
    return { type: "image_left_out", mime_type: mediaType, base64_length: base64.length };
  }
  if (part.url.startsWith("data:")) return { type: "image_left_out", url_length: part.url.length };
  return { type: "uri", modality: "image", uri: scrubbed(part.url, limits) };
}

/** What fits, as JSON that is whole. */
function withinLimit(messages: Iterable<Message | Tool>, maxLength: number): Content {
  const kept: string[] = [];
  // Both brackets.
  let room = maxLength - 2;
  for (const message of messages) {
    const json = JSON.stringify(message);
    if (json.length + 1 <= room) {
      kept.push(json);
      room -= json.length + 1;
      continue;
    }
    const shorter = shorten(message, room - 1);
    if (shorter !== null) kept.push(shorter);
    return { json: `[${kept.join(",")}]`, truncated: true };
  }
  return { json: `[${kept.join(",")}]`, truncated: false };
}

/** The message with its first text alone, as much of it as fits; null when that would be nothing. */
function shorten(message: Message | Tool, room: number): string | null {
  if (!("parts" in message)) return null;
  const content = message.parts.find((part) => part["type"] === "text")?.["content"];
  if (typeof content !== "string") return null;
  let length = Math.min(content.length, room);
  while (length > 0) {
    const json = JSON.stringify({ ...message, parts: [{ type: "text", content: limitText(content, length) }] });
    if (json.length <= room) return json;
    // Every code unit left out makes the text at least one shorter.
    length -= json.length - room;
  }
  return null;
}
