import {
  budgetEventFields,
  type CallEnd,
  type CallRefusal,
  type CallStart,
  formatUsd,
  type Objective,
  type Verdict,
} from "@tenantry/core";
import { attributesOf, type AttributeList } from "./attributes.ts";
import type { SpanEvent } from "./to-span.ts";

/** Whose span it is. Every span of a call says it. */
export function writeTenant(span: AttributeList, start: CallStart): void {
  span.set("tenantry.tenant_id", start.tenantId);
  span.set("tenantry.tier", start.tierId);
  span.set("tenantry.call_id", start.callId);
  span.set("tenantry.user_id", start.userId);
  span.set("tenantry.session_id", start.sessionId);
  span.set("tenantry.feature", start.feature);
}

/** How a call ended. The cost stands here and nowhere else, so that no sum counts it twice. */
export function writeCallEnd(span: AttributeList, { record, costPico }: CallEnd): void {
  if (costPico !== null) span.set("tenantry.cost_usd", formatUsd(costPico));
  span.set("tenantry.outcome", record.outcome);
  span.set("tenantry.attempts", record.attempts);
  span.set("tenantry.model", `${record.model.provider}/${record.model.model}`);
  span.set("tenantry.latency_ms", record.latencyMs);
  span.set("tenantry.ttft_ms", record.ttftMs);
  writeVerdicts(span, record.verdicts);
  if (record.outcome !== "ok") span.set("error.type", record.failure ?? record.outcome);
}

/** `tenantry.sla_met` where a promise counts this call, and what each promise says. */
function writeVerdicts(span: AttributeList, verdicts: readonly Verdict[]): void {
  const idsOf = (wanted: Verdict["verdict"]): readonly string[] =>
    verdicts.filter(({ verdict }) => verdict === wanted).map(({ objectiveId }) => objectiveId);
  const [good, bad] = [idsOf("good"), idsOf("bad")];
  if (good.length + bad.length > 0) span.set("tenantry.sla_met", bad.length === 0);
  span.set("tenantry.sla_good", good);
  span.set("tenantry.sla_bad", bad);
  span.set("tenantry.sla_excluded", idsOf("excluded"));
}

export function writeDenial(span: AttributeList, denial: CallRefusal): void {
  span.set("tenantry.denied", denial.code);
  span.set("tenantry.limit_id", denial.limitId);
  span.set("error.type", denial.code);
}

/** One event for each broken promise and for each share of a budget that was reached. */
export function toEvents(end: CallEnd): readonly SpanEvent[] {
  return [...toBreaches(end), ...toBudgetEvents(end)];
}

function toBreaches({ record, objectives }: CallEnd): readonly SpanEvent[] {
  const bad = new Set(record.verdicts.filter(({ verdict }) => verdict === "bad").map(({ objectiveId }) => objectiveId));
  return objectives
    .filter(({ id }) => bad.has(id))
    .map((objective) => ({
      name: "tenantry.sla_breach",
      attributes: attributesOf({
        "tenantry.objective": objective.id,
        "tenantry.metric": objective.metric,
        "tenantry.actual_ms": measuredMs(objective, record),
        "tenantry.threshold_ms": objective.thresholdMs,
      }),
    }));
}

function toBudgetEvents({ budgetEvents }: CallEnd): readonly SpanEvent[] {
  return budgetEvents.map((event) => {
    const { budgetId, scopeId, percent, limitUsd, spentUsd, resetAt } = budgetEventFields(event);
    return {
      name: "tenantry.budget_reached",
      attributes: attributesOf({
        "tenantry.budget": budgetId,
        "tenantry.scope_id": scopeId,
        "tenantry.percent": percent,
        "tenantry.limit_usd": limitUsd,
        "tenantry.spent_usd": spentUsd,
        "tenantry.reset_at": resetAt,
      }),
    };
  });
}

function measuredMs({ metric }: Objective, { latencyMs, ttftMs }: CallEnd["record"]): number | null {
  return metric === "latency" ? latencyMs : metric === "ttft" ? ttftMs : null;
}
