import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import type { Ingest, IngestResult, ReportedSpan, SpanScope } from "@tenantry/core";
import type { CallsBeside } from "./calls-beside.ts";

/** Whose spans these are. */
export interface Sender {
  readonly scope: SpanScope;
  readonly keyId: string;
}

/**
 * Records batches in parts, one part at a time whatever the number of batches, and lets others have their turn between
 * two of them.
 */
export interface Recorder {
  /**
   * Durable when it resolves. Where a part is not taken what came before it stays: sent again, it is known.
   *
   * @param mayGoOn asked before each part; throws when the server can wait no longer
   */
  record(sender: Sender, spans: readonly ReportedSpan[], mayGoOn: () => void): Promise<IngestResult>;
}

/** Spans of a part where calls come, and where none do: larger parts cost less a span, and hold others up for longer. */
const spansBesideCalls = 32;
const spansAlone = 512;

export function createRecorder(ingest: Pick<Ingest, "record">, callsBeside: () => CallsBeside): Recorder {
  let last: Promise<unknown> = Promise.resolve();

  /** Parts of several batches wait for each other, so that the turn between two of them is everybody's. */
  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = last;
    const done = Promise.withResolvers<void>();
    last = done.promise;
    await before;
    const startedMs = performance.now();
    try {
      return await work();
    } finally {
      // Calls under way get as long as the part took: somebody waits for them, and exporters can.
      if (callsBeside() === "under-way") await pause(performance.now() - startedMs);
      else await turn();
      done.resolve();
    }
  }

  return {
    async record({ scope, keyId }, spans, mayGoOn) {
      const results: IngestResult[] = [];
      const ordered = byTrace(spans);
      for (let from = 0; from < ordered.length;) {
        const result = await inTurn(async () => {
          mayGoOn();
          const size = callsBeside() === "none" ? spansAlone : spansBesideCalls;
          const part = ordered.slice(from, endOfPart(ordered, from, size));
          from += part.length;
          return await ingest.record(scope, keyId, part);
        });
        results.push(result);
      }
      return {
        accepted: results.reduce((sum, { accepted }) => sum + accepted, 0),
        known: results.reduce((sum, { known }) => sum + known, 0),
        refused: results.flatMap(({ refused }) => refused),
        remarks: results.flatMap(({ remarks }) => remarks),
      };
    },
  };
}

/** Spans of a trace stay together, so that what they tell of is seldom decided twice. */
function byTrace(spans: readonly ReportedSpan[]): readonly ReportedSpan[] {
  return [...Map.groupBy(spans, ({ traceId }) => traceId).values()].flat();
}

/** Behind the last span of the last trace that fits; of a trace that does not, as much as fits. */
function endOfPart(spans: readonly ReportedSpan[], from: number, size: number): number {
  const most = Math.min(from + size, spans.length);
  if (most === spans.length) return most;
  let end = most;
  while (end > from && spans[end - 1]?.traceId === spans[most]?.traceId) end -= 1;
  return end > from ? end : most;
}
