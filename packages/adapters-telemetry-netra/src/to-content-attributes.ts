import type { ChatContent, ChatMessage, ContentPart } from "@tenantry/core";
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

/** `output`, and the one answer. Nothing when it is empty, as the SDK. */
export function toCompletionAttributes(text: string, limits: ContentLimits): ContentAttributes {
  if (text === "") return { whole: "", parts: [] };
  const content = scrubbed(text, limits);
  return {
    whole: limitMessages([{ role: "assistant", content }], limits.maxLength),
    parts: [
      ["gen_ai.completion.0.role", "assistant"],
      ["gen_ai.completion.0.content", limitText(content, limits.maxLength)],
    ],
  };
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
