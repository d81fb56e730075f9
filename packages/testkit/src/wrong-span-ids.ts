import type { PlannedRequest } from "./request-patterns.ts";
import { type OtlpSpan, otlpAttribute, type ReceivedSpan } from "./wire/otlp-collector.ts";

const idNames = [
  ["netra.tenant_id", "tenantId"],
  ["netra.user_id", "userId"],
  ["netra.session_id", "sessionId"],
] as const;

/**
 * What is wrong with the ids of spans on Netra's wire: a call without its span, or without an attempt below it, a span
 * of no call, an id that is missing or is another's, and a trace or parent that is another call's. `callIds` are those
 * of the calls that each request made.
 */
export function wrongSpanIds(
  spans: readonly ReceivedSpan[],
  planned: readonly PlannedRequest[],
  callIds: readonly (readonly string[])[],
): readonly string[] {
  const owners = new Map(planned.flatMap((one, index) => (callIds[index] ?? []).map((id) => [id, one] as const)));
  const ownIds = new Map(planned.flatMap((one) => [one.userId, one.sessionId].map((id) => [id, one] as const)));
  const wrong: string[] = [];
  const calls = new Map<string, OtlpSpan>();
  const attempts = new Map<string, OtlpSpan[]>();
  for (const { span, scope } of spans) {
    const callId = String(otlpAttribute(span.attributes, "tenantry.call_id"));
    const owner = owners.get(callId);
    if (owner === undefined) {
      wrong.push(`${span.name} belongs to no call: ${callId}`);
      continue;
    }
    for (const [key, name] of idNames) {
      const found = otlpAttribute(span.attributes, key) ?? null;
      if (found !== owner[name])
        wrong.push(`${span.name} of ${callId}: ${key} is ${String(found)}, not ${owner[name]}`);
    }
    for (const [id, other] of ownIds) {
      if (id !== null && other !== owner && JSON.stringify(span).includes(id)) wrong.push(`${callId} carries ${id}`);
    }
    if (scope.name === "netra") calls.set(callId, span);
    else attempts.set(callId, [...(attempts.get(callId) ?? []), span]);
  }
  for (const callId of owners.keys()) {
    const call = calls.get(callId);
    const own = attempts.get(callId) ?? [];
    if (call === undefined || own.length === 0) wrong.push(`${callId} has no span, or no attempt`);
    for (const { parentSpanId, traceId } of own) {
      if (parentSpanId !== call?.spanId || traceId !== call?.traceId)
        wrong.push(`${callId}: an attempt is not below it`);
    }
  }
  const traces = new Set([...calls.values()].map(({ traceId }) => traceId));
  if (traces.size !== calls.size) wrong.push(`${calls.size} calls share ${traces.size} traces`);
  return wrong;
}
