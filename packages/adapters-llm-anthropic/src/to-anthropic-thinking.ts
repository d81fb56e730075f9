import { TenantryError, type ChatRequest, type ReasoningEffort } from "@tenantry/core";
import type { JsonObject } from "./json-object.ts";

/** `thinking` and `output_config.effort` of a request; null is left out. */
export interface AnthropicThinking {
  readonly thinking: JsonObject | null;
  readonly effort: string | null;
}

/** The API's least budget, and below which it cannot think at all. */
const leastBudgetTokens = 1_024;

const budgets: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 0,
  low: 1_024,
  medium: 4_096,
  high: 16_384,
  xhigh: 32_768,
  max: 65_536,
};

const efforts: Readonly<Record<ReasoningEffort, string>> = {
  none: "low",
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
  max: "max",
};

/**
 * A wish for thinking in the API's words. Models from 4.6 on think as much as they find right, steered by an effort;
 * those before take a budget in tokens, which has to be below the output limit.
 *
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 * https://platform.claude.com/docs/en/build-with-claude/effort
 *
 * @throws TenantryError `invalid_request` when the output limit leaves no room for the least budget.
 */
export function toAnthropicThinking(request: ChatRequest, model: string): AnthropicThinking {
  const wish = request.reasoning;
  if (wish === undefined) return { thinking: null, effort: null };
  const { effort, budgetTokens, shown } = wish;
  if (effort === "none") return { thinking: { type: "disabled" }, effort: null };
  const display = shown === undefined ? {} : { display: shown ? "summarized" : "omitted" };
  if (budgetTokens === undefined && !isMeasuredInTokens(model)) {
    return { thinking: { type: "adaptive", ...display }, effort: effort === undefined ? null : efforts[effort] };
  }
  const wanted = budgetTokens ?? (effort === undefined ? 0 : budgets[effort]);
  if (wanted === 0 || continuesWithoutThinking(request)) return { thinking: null, effort: null };
  return { thinking: { type: "enabled", budget_tokens: fitted(wanted, request), ...display }, effort: null };
}

/** `claude-3-…`, and of the fourth generation all below 4.6, with or without a date behind. */
function isMeasuredInTokens(model: string): boolean {
  if (model.startsWith("claude-3-")) return true;
  const fourth = /^claude-(?:opus|sonnet|haiku)-4(?:-(\d{1,2}))?(?!\d)/.exec(model);
  return fourth !== null && Number(fourth[1] ?? 0) < 6;
}

function fitted(wanted: number, { maxOutputTokens }: ChatRequest): number {
  const budget = maxOutputTokens === undefined ? wanted : Math.min(wanted, maxOutputTokens - 1);
  if (budget >= leastBudgetTokens) return budget;
  throw TenantryError.invalidRequest(
    "reasoning",
    `this model thinks with at least ${leastBudgetTokens} tokens, and the output limit must be above its budget`,
  );
}

/**
 * A turn that goes on after tool results must begin with the thinking of its first part, where the model's thinking is
 * switched on. A caller whose protocol has no place for it cannot give it back, so this turn is finished without.
 */
function continuesWithoutThinking({ messages }: ChatRequest): boolean {
  if (messages.at(-1)?.role !== "tool") return false;
  const turn = messages.findLast((message) => message.role === "assistant");
  return turn?.role === "assistant" && (turn.toolCalls ?? []).length > 0 && (turn.reasoning ?? []).length === 0;
}
