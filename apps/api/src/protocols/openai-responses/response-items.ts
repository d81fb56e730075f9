import type { ReasoningPart, ToolCall } from "@tenantry/core";
import type { JsonObject } from "../protocol.ts";
import { sealReasoning } from "./sealed-reasoning.ts";

export type ItemStatus = "in_progress" | "completed" | "incomplete";
export type TextKind = "output_text" | "refusal";

/** Ids of items are the response's own with the item's kind before and its number behind. */
export function itemId(kind: "rs" | "msg" | "fc", responseId: string, index: number): string {
  return `${kind}_${responseId.replace(/^resp_/, "")}_${index}`;
}

export function textPart(kind: TextKind, text: string): JsonObject {
  return kind === "refusal"
    ? { type: "refusal", refusal: text }
    : { type: "output_text", annotations: [], logprobs: [], text };
}

export function messageItem(id: string, content: readonly JsonObject[], status: ItemStatus): JsonObject {
  return { id, type: "message", status, role: "assistant", content };
}

/** `part` is what has to be given back, when there is something. */
export function reasoningItem(id: string, text: string, part: ReasoningPart | null): JsonObject {
  return {
    id,
    type: "reasoning",
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    ...(part === null ? {} : { encrypted_content: sealReasoning(part) }),
  };
}

export function callItem(id: string, { id: callId, name, argumentsJson }: ToolCall, status: ItemStatus): JsonObject {
  return { id, type: "function_call", status, arguments: argumentsJson, call_id: callId, name };
}
