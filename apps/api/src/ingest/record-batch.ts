import { setImmediate as turn } from "node:timers/promises";
import type { Ingest, IngestResult, ReportedSpan, SpanScope } from "@tenantry/core";

/** Whose spans these are. */
export interface Sender {
  readonly scope: SpanScope;
  readonly keyId: string;
}

/** Spans that are recorded without a turn for others in between. */
const mostAtOnce = 128;

/**
 * Records a batch in parts, and lets others have their turn between two of them. Durable when it resolves. Where a part
 * is not taken what came before it stays: sent again, it is known.
 *
 * @param mayGoOn asked before each part; throws when the server can wait no longer
 */
export async function recordBatch(
  ingest: Pick<Ingest, "record">,
  { scope, keyId }: Sender,
  spans: readonly ReportedSpan[],
  mayGoOn: () => void,
): Promise<IngestResult> {
  const results: IngestResult[] = [];
  for (const part of partsOf(spans)) {
    mayGoOn();
    results.push(await ingest.record(scope, keyId, part));
    await turn();
  }
  return {
    accepted: results.reduce((sum, { accepted }) => sum + accepted, 0),
    known: results.reduce((sum, { known }) => sum + known, 0),
    refused: results.flatMap(({ refused }) => refused),
    remarks: results.flatMap(({ remarks }) => remarks),
  };
}

/** Spans of a trace stay together as far as they fit, so that what they tell of is seldom decided twice. */
function* partsOf(spans: readonly ReportedSpan[]): Generator<readonly ReportedSpan[]> {
  let part: ReportedSpan[] = [];
  for (const trace of Map.groupBy(spans, ({ traceId }) => traceId).values()) {
    if (part.length > 0 && part.length + trace.length > mostAtOnce) {
      yield part;
      part = [];
    }
    for (const span of trace) {
      part.push(span);
      if (part.length === mostAtOnce) {
        yield part;
        part = [];
      }
    }
  }
  if (part.length > 0) yield part;
}
