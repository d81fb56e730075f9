import type { ChatResult } from "@tenantry/core";
import type { AnswerFacts, JsonObject } from "../protocol.ts";
import { callItem, itemId, messageItem, reasoningItem, textPart, type ItemStatus } from "./response-items.ts";
import { finishedResponse, incompleteReason } from "./response-shell.ts";

/** A whole response: thinking, the message, calls, each an item. */
export function writeResponseResult(result: ChatResult, facts: AnswerFacts): JsonObject {
  const incomplete = incompleteReason(result.finishReason, result.refusal !== null);
  const status: ItemStatus = incomplete === null ? "completed" : "incomplete";
  const output: JsonObject[] = [];
  const next = (kind: Parameters<typeof itemId>[0]): string => itemId(kind, facts.id, output.length);
  for (const part of result.reasoningParts ?? []) {
    output.push(reasoningItem(next("rs"), part.type === "thinking" ? part.text : "", part));
  }
  if (output.length === 0 && result.reasoning !== "") output.push(reasoningItem(next("rs"), result.reasoning, null));
  const content = [
    ...(result.text === "" ? [] : [textPart("output_text", result.text)]),
    ...(result.refusal === null ? [] : [textPart("refusal", result.refusal)]),
  ];
  const last = result.toolCalls.length - 1;
  if (content.length > 0) output.push(messageItem(next("msg"), content, last < 0 ? status : "completed"));
  for (const [n, call] of result.toolCalls.entries()) {
    output.push(callItem(next("fc"), call, n === last ? status : "completed"));
  }
  return finishedResponse(facts, { output, usage: result.usage, incomplete });
}
