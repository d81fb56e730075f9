import { budgetEventFields, type CallEnd, type CallRefusal, type CallStart, type Objective } from "@tenantry/core";
import { type AttributeLimits, type AttributeSink, AttributeText } from "./attribute-text.ts";
import type { SpanEvent } from "./span-text.ts";
import { toUsageText } from "./to-usage-text.ts";

const constants: readonly (readonly [key: string, value: string])[] = [
  ["library.name", "netra"],
  ["library.version", "1.8.0"],
  ["sdk.name", "netra"],
  ["conversation", "[]"],
];

/** What every span says, whatever it is about: the SDK's constants. */
export function constantAttributes(limits: AttributeLimits): AttributeText {
  const span = new AttributeText(limits);
  for (const [key, value] of constants) span.set(key, value);
  return span;
}

/** What every span of a call carries: the ids that are known, and the content, or the SDK's placeholders for it. */
export function writeCommon(span: AttributeSink, start: CallStart, input = "", output = ""): void {
  span.set("input", input);
  span.set("output", output);
  span.set("netra.tenant_id", start.tenantId);
  span.set("netra.session_id", start.sessionId);
  span.set("netra.user_id", start.userId);
}

/** `model` is what was asked for last. */
export function writeCallStart(span: AttributeSink, start: CallStart, operation: string, model: string): void {
  span.set("netra.span.type", "SPAN");
  span.set("netra.span.name", operation);
  span.set("tenant_id", start.tenantId);
  span.set("tier", start.tierId);
  span.set("model", model);
  span.set("tenantry.call_id", start.callId);
  span.set("tenantry.feature", start.feature);
}

/** `kind` is that of the last attempt (`chat`). */
export function writeCallEnd(
  span: AttributeSink,
  { record, lines, costPico, objectives }: CallEnd,
  kind: string,
): void {
  span.set("netra.usage", toUsageText(lines, costPico, kind));
  const counted = record.verdicts.filter(({ verdict }) => verdict !== "excluded");
  if (counted.length > 0 && objectives.length > 0) {
    span.set(
      "sla_met",
      counted.every(({ verdict }) => verdict === "good"),
    );
  }
  span.set("tenantry.outcome", record.outcome);
  span.set("tenantry.attempts", record.attempts);
}

export function writeDenial(span: AttributeSink, denial: CallRefusal): void {
  span.set("tenantry.denied", denial.code);
  span.set("tenantry.limit_id", denial.limitId);
}

/** The status and time that end a span made by hand: seconds, as text with two decimals. */
export function writeStatus(span: AttributeSink, failure: string | null, durationMs: number): void {
  span.set("netra.status", failure === null ? "success" : "error");
  span.set("netra.error_message", failure);
  span.set("netra.duration_ms", (durationMs / 1_000).toFixed(2));
}

/** One `sla-breach` event for each objective whose time the call was over, in whole ms. */
export function toBreaches({ record, objectives }: CallEnd): readonly SpanEvent[] {
  const bad = new Set(record.verdicts.filter(({ verdict }) => verdict === "bad").map(({ objectiveId }) => objectiveId));
  return objectives.flatMap((objective) => {
    const actualMs = measuredMs(objective, record);
    if (!bad.has(objective.id) || objective.thresholdMs === null || actualMs === null) return [];
    // Upwards: 2000.4 ms must not read as the 2000 ms that were promised.
    const breach = { actual_ms: Math.ceil(actualMs), sla_ms: Math.ceil(objective.thresholdMs) };
    if (actualMs <= objective.thresholdMs) return [];
    const attributes = objective.metric === "latency" ? breach : { ...breach, metric: objective.metric };
    return [{ name: "sla-breach", attributes }];
  });
}

/** One `budget-reached` event for each share of a budget that the call's spending reached. */
export function toBudgetEvents({ budgetEvents }: CallEnd): readonly SpanEvent[] {
  return budgetEvents.map((event) => {
    const { tenantId: _tenant, scopeId, resetAt, ...fields } = budgetEventFields(event);
    const { budgetId, percent, limitUsd, spentUsd } = fields;
    const attributes = {
      budget: String(budgetId),
      percent: Number(percent),
      limit_usd: String(limitUsd),
      spent_usd: String(spentUsd),
      ...(scopeId === null ? {} : { scope_id: String(scopeId) }),
      ...(resetAt === null ? {} : { reset_at: String(resetAt) }),
    };
    return { name: "budget-reached", attributes };
  });
}

function measuredMs({ metric }: Objective, { latencyMs, ttftMs }: CallEnd["record"]): number | null {
  const measured = metric === "latency" ? latencyMs : metric === "ttft" ? ttftMs : null;
  return measured !== null && Number.isFinite(measured) ? measured : null;
}
