import type { FinishReason, Usage } from "@tenantry/core";
import type { WordTable } from "../field-rules.ts";
import { toResponseUsage, toServiceTier } from "../openai/openai-usage.ts";
import type { AnswerFacts, JsonObject } from "../protocol.ts";

/** `status`, and why a response is incomplete. A refusal with words is complete; its words are a part of its own. */
export const responseStatuses: WordTable & Readonly<Record<FinishReason, string>> = {
  stop: "completed",
  length: "incomplete: max_output_tokens",
  "tool-calls": "completed",
  refusal: "completed",
  filtered: "incomplete: content_filter",
  other: "completed",
};

/** Why the answer is not complete, or null when it is. */
export function incompleteReason(reason: FinishReason, hasRefusalWords: boolean): string | null {
  if (reason === "refusal" && !hasRefusalWords) return "content_filter";
  const [, why] = responseStatuses[reason].split(": ");
  return why ?? null;
}

/**
 * A response that has just begun, with what it repeats of its request.
 *
 * https://developers.openai.com/api/reference/resources/responses/methods/create
 */
export function openedResponse(facts: AnswerFacts): JsonObject {
  return {
    id: facts.id,
    object: "response",
    created_at: Math.floor(facts.createdAt / 1000),
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    model: facts.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: "default",
    store: false,
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    usage: null,
    user: null,
    ...facts.echo,
  };
}

export interface ResponseEnd {
  readonly output: readonly JsonObject[];
  readonly usage: Usage | null;
  /** Null when it is complete. */
  readonly incomplete: string | null;
}

/** The same response, finished. */
export function finishedResponse(facts: AnswerFacts, { output, usage, incomplete }: ResponseEnd): JsonObject {
  return {
    ...openedResponse(facts),
    status: incomplete === null ? "completed" : "incomplete",
    incomplete_details: incomplete === null ? null : { reason: incomplete },
    output,
    service_tier: toServiceTier(usage),
    usage: usage === null ? null : toResponseUsage(usage),
  };
}
