import type { SpanRemark } from "@tenantry/core";
import { createCounter, createHistogram, type MetricFamily } from "./metric-family.ts";

/** What became of one export. */
export interface CountedBatch {
  /** After decompression. */
  readonly bytes: number;
  readonly accepted: number;
  readonly known: number;
  readonly refused: readonly SpanRemark[];
  readonly remarks: readonly SpanRemark[];
}

/** What comes in from others' tracing, counted. No label names a tenant. */
export interface IngestMetrics {
  /** An export was answered, with whatever status. */
  batch(route: string, status: number, seconds: number, counted: CountedBatch): void;
  readonly families: readonly MetricFamily[];
}

const secondBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createIngestMetrics(): IngestMetrics {
  const batches = createCounter("tenantry_ingest_batches_total", "Exports of spans by route and status.");
  const durations = createHistogram(
    "tenantry_ingest_batch_seconds",
    "From the first byte of an export to its answer.",
    secondBounds,
  );
  const bytes = createCounter("tenantry_ingest_bytes_total", "Bytes of exports after decompression.");
  const spans = createCounter("tenantry_ingest_spans_total", "Spans that came in: accepted, known before, or refused.");
  const refusals = createCounter("tenantry_ingest_refused_spans_total", "Spans that were not taken, by reason.");
  const changes = createCounter("tenantry_ingest_changed_spans_total", "Spans taken otherwise than they came, by how.");
  return {
    families: [batches, durations, bytes, spans, refusals, changes],
    batch(route, status, seconds, counted) {
      batches.add({ route, status: String(status) }, 1);
      durations.observe({ route }, seconds);
      bytes.add({}, counted.bytes);
      spans.add({ result: "accepted" }, counted.accepted);
      spans.add({ result: "known" }, counted.known);
      spans.add(
        { result: "refused" },
        counted.refused.reduce((sum, one) => sum + one.spans, 0),
      );
      for (const one of counted.refused) refusals.add({ reason: one.reason }, one.spans);
      for (const one of counted.remarks) changes.add({ how: one.reason }, one.spans);
    },
  };
}
