import type { ChatContent, ChatMessage, ContentPart, ToolCall, ToolDefinition } from "@tenantry/core";
import { limitMessages, limitText, type TracedMessage } from "./limit-text.ts";

export interface ContentLimits {
  readonly maxLength: number;
  readonly scrub: (text: string) => string;
}

/** The most messages that could fit in a span's 128 attributes, at two each. */
const maxMessages = 64;

/** Content of one span: as a whole, and part by part in the order in which it is to be written: the cap on the number of attributes cuts the end. */
export interface ContentAttributes {
  readonly whole: string;
  readonly parts: readonly (readonly [key: string, value: string])[];
}

/** `input`, and each message. Messages past the cap are written empty, so that the span counts what it drops. */
export function toPromptAttributes(messages: readonly ChatMessage[], limits: ContentLimits): ContentAttributes {
  const traced = tracedMessages(messages, limits);
  const whole = limitMessages(traced, limits.maxLength);
  const parts: (readonly [string, string])[] = [];
  let index = 0;
  for (const { role, content } of tracedMessages(messages.slice(0, maxMessages), limits)) {
    parts.push([`gen_ai.prompt.${index}.role`, role]);
    parts.push([`gen_ai.prompt.${index}.content`, limitText(content, limits.maxLength)]);
    index++;
  }
  for (let past = maxMessages; past < messages.length; past++) parts.push([`gen_ai.prompt.${past}.content`, ""]);
  return { whole, parts };
}

/**
 * `output`, and each part of the answer: its text, then the tools that were called, under the names the SDK has for
 * each. Nothing when it is empty, as the SDK.
 */
export function toCompletionAttributes(
  text: string,
  limits: ContentLimits,
  toolCalls: readonly ToolCall[] = [],
  provider: string = "",
): ContentAttributes {
  const answer = text === "" ? [] : [{ role: "assistant", content: scrubbed(text, limits) }];
  const calls = toolCalls.slice(0, maxMessages).map((call) => ({
    role: "tool",
    content: scrubbed(toolCallText(call, provider), limits),
  }));
  const said = [...answer, ...calls];
  if (said.length === 0) return { whole: "", parts: [] };
  const parts = said.flatMap(({ role, content }, index): ContentAttributes["parts"] => {
    const key = role === "tool" ? `gen_ai.response.completion.${index}` : `gen_ai.completion.${index}`;
    return [
      [`${key}.role`, role],
      [`${key}.content`, limitText(content, limits.maxLength)],
    ];
  });
  return { whole: limitMessages(said, limits.maxLength), parts };
}

/** A call as its provider writes it: OpenAI's arguments are a text, Anthropic's a value. */
function toolCallText({ id, name, argumentsJson }: ToolCall, provider: string): string {
  if (provider !== "anthropic") return JSON.stringify({ name, arguments: argumentsJson });
  try {
    return JSON.stringify({ name, id, input: JSON.parse(argumentsJson || "{}") as unknown });
  } catch {
    return JSON.stringify({ name, id, input: argumentsJson });
  }
}

/** `tools`, in the provider's own form; nothing when there are none. */
export function toToolsAttribute(
  tools: readonly ToolDefinition[],
  provider: string,
  limits: ContentLimits,
): readonly (readonly [key: string, value: string])[] {
  if (tools.length === 0) return [];
  const written = tools.map(({ parameters, ...tool }) =>
    provider === "anthropic"
      ? { ...tool, input_schema: parameters }
      : { type: "function", function: { ...tool, parameters } },
  );
  return [["tools", limitText(scrubbed(JSON.stringify(written), limits), limits.maxLength)]];
}

/**
 * Text after the hook. Before it, what is far too long to be kept is cut, so that a hook never works on megabytes; the
 * cut is far behind what is kept, so nothing half-scrubbed is sent.
 */
export function scrubbed(text: string, { scrub, maxLength }: ContentLimits): string {
  return String(scrub(text.slice(0, 4 * maxLength))).toWellFormed();
}

/** Made one by one: reading stops where the limit is reached. Messages without content are left out, as the SDK does. */
function* tracedMessages(messages: readonly ChatMessage[], limits: ContentLimits): Generator<TracedMessage> {
  for (const { role, content } of messages) {
    const text = contentText(content, limits);
    if (text !== "") yield { role, content: text };
  }
}

function contentText(content: ChatContent, limits: ContentLimits): string {
  if (typeof content === "string") return scrubbed(content, limits);
  return JSON.stringify(content.map((part) => partOf(part, limits)));
}

/** Images sent as bytes are named, not copied: the SDK sends them whole, up to the cut. */
function partOf(part: ContentPart, limits: ContentLimits): object {
  if (part.type === "text") return { type: "text", text: scrubbed(part.text, limits) };
  if ("base64" in part) return { type: "image", mediaType: part.mediaType, base64Length: part.base64.length };
  return { type: "image", url: part.url.startsWith("data:") ? "data:" : part.url };
}
