import type { ReasoningPart } from "@tenantry/core";
import type { JsonObject } from "../protocol.ts";
import { callItem, messageItem, reasoningItem, textPart, type ItemStatus, type TextKind } from "./response-items.ts";

/** Writes one event, with its number in the stream. */
export type Send = (type: string, fields: JsonObject) => string;

/** Where an item stands. */
export interface ItemPlace {
  readonly id: string;
  readonly outputIndex: number;
}

/** An item of the answer while it is being written. Every method gives the events to send. */
export interface ItemWriter {
  readonly kind: "reasoning" | "message" | "call";
  open(): string;
  close(status: ItemStatus): { readonly events: string; readonly item: JsonObject };
}

export interface MessageWriter extends ItemWriter {
  readonly kind: "message";
  piece(kind: TextKind, text: string): string;
}

/** A message; text and refusal are parts of their own. */
export function createMessageWriter({ id, outputIndex }: ItemPlace, send: Send): MessageWriter {
  const parts: { readonly kind: TextKind; text: string }[] = [];
  const place = (): JsonObject => ({ item_id: id, output_index: outputIndex, content_index: parts.length - 1 });
  const logprobs = (kind: TextKind): JsonObject => (kind === "output_text" ? { logprobs: [] } : {});

  function closePart(): string {
    const part = parts.at(-1);
    if (part === undefined) return "";
    const { kind, text } = part;
    const whole = kind === "refusal" ? { refusal: text } : { text };
    return (
      send(`response.${kind}.done`, { ...place(), ...whole, ...logprobs(kind) }) +
      send("response.content_part.done", { ...place(), part: textPart(kind, text) })
    );
  }

  return {
    kind: "message",
    open: () =>
      send("response.output_item.added", { output_index: outputIndex, item: messageItem(id, [], "in_progress") }),
    piece(kind, text) {
      let part = parts.at(-1);
      let opened = "";
      if (part?.kind !== kind) {
        opened = closePart();
        part = { kind, text: "" };
        parts.push(part);
        opened += send("response.content_part.added", { ...place(), part: textPart(kind, "") });
      }
      part.text += text;
      return opened + send(`response.${kind}.delta`, { ...place(), delta: text, ...logprobs(kind) });
    },
    close(status) {
      const content = parts.map(({ kind, text }) => textPart(kind, text));
      const item = messageItem(id, content, status);
      const events = closePart() + send("response.output_item.done", { output_index: outputIndex, item });
      return { events, item };
    },
  };
}

export interface ReasoningWriter extends ItemWriter {
  readonly kind: "reasoning";
  piece(text: string): string;
  /** What has to be given back. */
  seal(part: ReasoningPart): void;
}

/** Thinking, shown as one summary. */
export function createReasoningWriter({ id, outputIndex }: ItemPlace, send: Send): ReasoningWriter {
  let text = "";
  let sealed: ReasoningPart | null = null;
  const place: JsonObject = { item_id: id, output_index: outputIndex, summary_index: 0 };

  function closeSummary(): string {
    if (text === "") return "";
    return (
      send("response.reasoning_summary_text.done", { ...place, text }) +
      send("response.reasoning_summary_part.done", { ...place, part: { type: "summary_text", text } })
    );
  }

  return {
    kind: "reasoning",
    open: () => send("response.output_item.added", { output_index: outputIndex, item: reasoningItem(id, "", null) }),
    piece(piece) {
      if (piece === "") return "";
      const first = text === "";
      text += piece;
      const opened = first
        ? send("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } })
        : "";
      return opened + send("response.reasoning_summary_text.delta", { ...place, delta: piece });
    },
    seal(part) {
      sealed = part;
    },
    close() {
      const item = reasoningItem(id, text, sealed);
      const events = closeSummary() + send("response.output_item.done", { output_index: outputIndex, item });
      return { events, item };
    },
  };
}

export interface CallWriter extends ItemWriter {
  readonly kind: "call";
  /** Its number among the calls of the answer. */
  readonly number: number;
  piece(argumentsJson: string): string;
}

export function createCallWriter(
  { id, outputIndex }: ItemPlace,
  call: { readonly number: number; readonly id: string; readonly name: string },
  send: Send,
): CallWriter {
  const { number, id: callId, name } = call;
  let argumentsJson = "";
  const place: JsonObject = { item_id: id, output_index: outputIndex };
  const item = (status: ItemStatus): JsonObject => callItem(id, { id: callId, name, argumentsJson }, status);
  return {
    kind: "call",
    number,
    open: () => send("response.output_item.added", { output_index: outputIndex, item: item("in_progress") }),
    piece(piece) {
      argumentsJson += piece;
      return piece === "" ? "" : send("response.function_call_arguments.delta", { ...place, delta: piece });
    },
    close(status) {
      const done = item(status);
      const events =
        send("response.function_call_arguments.done", { ...place, arguments: argumentsJson }) +
        send("response.output_item.done", { output_index: outputIndex, item: done });
      return { events, item: done };
    },
  };
}
