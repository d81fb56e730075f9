import type { ReportedSpan, SpanKind } from "@tenantry/core";
import type { DecodedSpan } from "./decoded-span.ts";
import { refusals } from "./refusals.ts";
import { toClaims } from "./to-claims.ts";
import { toReport } from "./to-report.ts";
import type { ResourceFacts } from "./to-resource-facts.ts";
import { toShownAttributes } from "./to-shown-attributes.ts";

const kinds: readonly SpanKind[] = ["internal", "internal", "server", "client", "producer", "consumer"];
const statuses = ["unset", "ok", "error"] as const;
const maxNameLength = 200;
const noId = /^0+$/;

/**
 * The span in our words, or the reason why it cannot be one. A span without an end, or that ends before it starts,
 * took no time; one without a start began when it ended: what it cost counts all the same.
 */
export function toReportedSpan(
  decoded: DecodedSpan,
  scope: string | null,
  resource: ResourceFacts,
): ReportedSpan | string {
  const { traceId, spanId, parentSpanId, attributes } = decoded;
  if (traceId === "" || noId.test(traceId)) return refusals.traceId;
  if (spanId === "" || noId.test(spanId)) return refusals.spanId;
  if (parentSpanId === "") return refusals.parentSpanId;
  const startedAt = decoded.startedAt === 0 ? decoded.endedAt : decoded.startedAt;
  if (startedAt === 0) return refusals.times;
  const instrumentation = scope === null ? null : nameOf(scope);
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId === null || noId.test(parentSpanId) ? null : parentSpanId,
    name: nameOf(decoded.name),
    kind: kinds[decoded.kind] ?? "internal",
    startedAt,
    endedAt: Math.max(startedAt, decoded.endedAt),
    status: statuses[decoded.status] ?? "unset",
    service: resource.service,
    environment: resource.environment,
    instrumentation,
    claims: toClaims(attributes, resource.claims),
    report: toReport(decoded, instrumentation, startedAt),
    attributes: toShownAttributes(attributes),
  };
}

function nameOf(text: string): string {
  const name = text.length > maxNameLength ? text.slice(0, maxNameLength) : text;
  return name === "" ? "(unnamed)" : name.toWellFormed();
}
