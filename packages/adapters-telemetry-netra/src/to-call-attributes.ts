import type { Attributes } from "@opentelemetry/api";
import type { CallEnd, CallRefusal, CallStart, Objective } from "@tenantry/core";
import { toUsageText } from "./to-usage-text.ts";

/** What every span of a call carries: the SDK's constants and placeholders, and the ids that are known. */
export function toCommonAttributes(start: CallStart): Attributes {
  return {
    "library.name": "netra",
    "library.version": "1.8.0",
    "sdk.name": "netra",
    input: "",
    output: "",
    conversation: "[]",
    "netra.tenant_id": start.tenantId,
    ...(start.sessionId === null ? {} : { "netra.session_id": start.sessionId }),
    ...(start.userId === null ? {} : { "netra.user_id": start.userId }),
  };
}

export function toCallStartAttributes(start: CallStart, operation: string): Attributes {
  return {
    "netra.span.type": "SPAN",
    "netra.span.name": operation,
    tenant_id: start.tenantId,
    tier: start.tierId,
    model: start.model.model,
    "tenantry.call_id": start.callId,
    ...(start.feature === null ? {} : { "tenantry.feature": start.feature }),
  };
}

/** `kind` is that of the last attempt (`chat`). */
export function toCallEndAttributes({ record, lines, costPico, objectives }: CallEnd, kind: string): Attributes {
  const usage = toUsageText(lines, costPico, kind);
  const counted = record.verdicts.filter(({ verdict }) => verdict !== "excluded");
  return {
    ...(usage === null ? {} : { "netra.usage": usage }),
    ...(counted.length === 0 || objectives.length === 0
      ? {}
      : { sla_met: counted.every(({ verdict }) => verdict === "good") }),
    "tenantry.outcome": record.outcome,
    "tenantry.attempts": record.attempts,
  };
}

export function toDenialAttributes(denial: CallRefusal): Attributes {
  return {
    "tenantry.denied": denial.code,
    ...(denial.limitId === null ? {} : { "tenantry.limit_id": denial.limitId }),
  };
}

/** The status and time that end a span made by hand: seconds, as text with two decimals. */
export function toStatusAttributes(failure: string | null, durationMs: number): Attributes {
  return {
    "netra.status": failure === null ? "success" : "error",
    ...(failure === null ? {} : { "netra.error_message": failure }),
    "netra.duration_ms": (durationMs / 1_000).toFixed(2),
  };
}

/** The attributes of one `sla-breach` event for each objective whose time the call was over, in whole ms. */
export function toBreaches({ record, objectives }: CallEnd): readonly Attributes[] {
  const bad = new Set(record.verdicts.filter(({ verdict }) => verdict === "bad").map(({ objectiveId }) => objectiveId));
  return objectives.flatMap((objective) => {
    const actualMs = measuredMs(objective, record);
    if (!bad.has(objective.id) || objective.thresholdMs === null || actualMs === null) return [];
    // Upwards: 2000.4 ms must not read as the 2000 ms that were promised.
    const breach = { actual_ms: Math.ceil(actualMs), sla_ms: Math.ceil(objective.thresholdMs) };
    if (actualMs <= objective.thresholdMs) return [];
    return [objective.metric === "latency" ? breach : { ...breach, metric: objective.metric }];
  });
}

function measuredMs({ metric }: Objective, { latencyMs, ttftMs }: CallEnd["record"]): number | null {
  const measured = metric === "latency" ? latencyMs : metric === "ttft" ? ttftMs : null;
  return measured !== null && Number.isFinite(measured) ? measured : null;
}
