import type { Clock, SpanStore, SpanWrite, StoredSpan } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import type { GroupCommit } from "./group-commit.ts";
import { nameOfSharedId, type PendingTraces } from "./pending-traces.ts";
import type { RowPresence } from "./row-presence.ts";
import { type Seen, seenOf } from "./seen.ts";
import type { SpanLookups } from "./span-lookups.ts";
import { toSpanRow } from "./span-row.ts";
import { createSpanRows, type NumberedTrace, traceNameOf } from "./span-rows.ts";

export interface SpanStorePorts {
  readonly db: DatabaseSync;
  readonly group: GroupCommit;
  readonly clock: Clock;
  readonly lookups: SpanLookups;
  readonly reader: Pick<SpanStore, "traces" | "spans">;
  /** Runs what reads, so that it sees every commit. */
  readonly reads: <Result>(read: () => Result) => Promise<Result>;
  readonly pending: PendingTraces;
  /** Whether there are spans. */
  readonly presence: RowPresence;
  /** Told how many spans are written. */
  readonly spansWritten: (count: number) => void;
  readonly keepSpansMs: number;
}

export interface SqliteSpanStore extends SpanStore {
  /** Forgets some of the spans that are older than they are kept. Runs inside the caller's transaction. */
  purge(): void;
}

/** More than a write adds, so that the tables hold no more than what is kept. */
const PURGED_BY_WRITE = 64;
const PURGED_AT_ONCE = 1_000;

const changeKinds: readonly ColumnKind[] = ["text", "text", "text", "text?", "text"];

const sharedIds = ["responseId", "attemptId"] as const;

/** A span that came in or was changed, as far as lines may tell of it. */
interface Sighting {
  readonly trace: number;
  readonly tenantId: string;
  readonly responseId: string | null;
  readonly attemptId: string | null;
}

/** `SpanStore` on the store's transaction: spans and what they are booked as are committed together. */
export function createSpanStore(ports: SpanStorePorts): SqliteSpanStore {
  const { db, group, clock, lookups, reader, reads, pending, presence, spansWritten, keepSpansMs } = ports;
  const rows = createSpanRows(db);
  const findRevision = db.prepare("SELECT revision FROM span_revision");
  const moveRevision = db.prepare("UPDATE span_revision SET revision = revision + 1");
  const tenantOf = db.prepare("SELECT tenant_id FROM spans WHERE trace = ? AND span_id = ?");
  const change = db.prepare(`UPDATE spans SET tenant_id = ?3, booked_as = ?4
    WHERE trace = ?1 AND span_id = ?2 RETURNING response_id, attempt_id`);

  function add(write: SpanWrite, values: readonly ReturnType<typeof toSpanRow>[]): Sighting[] {
    const { added, receivedAt } = write;
    const byTrace = new Map<string, { readonly of: NumberedTrace; readonly spans: StoredSpan[] }>();
    const seen: Sighting[] = [];
    for (const [index, span] of added.entries()) {
      const name = traceNameOf(span);
      const key = `${name.traceId}/${name.scope}`;
      let named = byTrace.get(key);
      if (named === undefined) byTrace.set(key, (named = { of: rows.numbered(name), spans: [] }));
      const { trace } = named.of;
      if (!rows.add(trace, values[index]!, receivedAt)) continue;
      named.spans.push(span);
      const { report, tenantId } = span;
      if (report === null) continue;
      seen.push({ trace, tenantId, responseId: report.responseId, attemptId: report.attemptId });
    }
    let isNew = false;
    for (const { of, spans } of byTrace.values()) {
      if (spans.length === 0) continue;
      rows.arrived(of, spans, receivedAt);
      isNew = true;
    }
    if (isNew) {
      presence.added();
      moveRevision.run();
    }
    return seen;
  }

  function changeAll(changed: SpanWrite["changed"]): Sighting[] {
    const moved = new Set<number>();
    const seen: Sighting[] = [];
    for (const { tenantId, bookedAs, ...ref } of changed) {
      const trace = rows.find(traceNameOf(ref));
      const before =
        trace === null ? undefined : (tenantOf.get(trace, ref.spanId) as { tenant_id: string } | undefined);
      if (trace === null || before === undefined) continue;
      const ids = change.get(trace, ref.spanId, tenantId, bookedAs) as {
        readonly response_id: string | null;
        readonly attempt_id: string | null;
      };
      if (before.tenant_id !== tenantId) moved.add(trace);
      seen.push({ trace, tenantId, responseId: ids.response_id, attemptId: ids.attempt_id });
    }
    for (const trace of moved) rows.recount(trace);
    if (seen.length > 0) moveRevision.run();
    return seen;
  }

  /** Lines that came after what was decided by say something new about its spans. False when they are too many to tell. */
  function lookAgain(sightings: readonly Sighting[], seen: Seen): boolean {
    if (pending.lastLine() === seen.line || sightings.every(isAnonymous)) return true;
    const lines = pending.linesAfter(seen.line);
    if (lines === null) return false;
    const numbers = { responseId: new Map<string, number>(), attemptId: new Map<string, number>() };
    for (const line of lines) {
      for (const kind of sharedIds) {
        const id = line[kind];
        if (id !== null) numbers[kind].set(nameOfSharedId({ tenantId: line.tenantId, id }), line.lineNumber);
      }
    }
    for (const { trace, tenantId, ...ids } of sightings) {
      for (const kind of sharedIds) {
        const id = ids[kind];
        const number = id === null ? undefined : numbers[kind].get(nameOfSharedId({ tenantId, id }));
        if (number !== undefined) pending.mark(trace, number);
      }
    }
    return true;
  }

  function writing(write: SpanWrite): () => { readonly isAlone: boolean } {
    const values = write.added.map(toSpanRow);
    for (const { traceId, spanId, tenantId, bookedAs, scope } of write.changed) {
      assertRow([traceId, spanId, tenantId, bookedAs, traceNameOf({ traceId, scope }).scope], changeKinds);
    }
    const seen = seenOf(write.seen);
    return () => {
      const { revision } = findRevision.get() as { readonly revision: number };
      if (seen !== null) {
        for (const ref of write.settled) {
          const trace = rows.find(traceNameOf(ref));
          if (trace !== null) pending.settle(trace, seen.line);
        }
      }
      const sightings = [...add(write, values), ...changeAll(write.changed)];
      const isTold = seen !== null && lookAgain(sightings, seen);
      spansWritten(write.added.length);
      rows.forget(write.receivedAt - keepSpansMs, PURGED_BY_WRITE + 2 * write.added.length);
      return { isAlone: isTold && seen.revision === revision };
    };
  }

  return {
    find: (question) => reads(() => lookups.find(question)),
    lines: (question) => reads(() => lookups.lines(question)),
    write: (write) => group.write({ check: () => writing(write) }),
    pending: (limit) => reads(() => lookups.pending(limit)),
    traces: reader.traces,
    spans: reader.spans,
    purge: () => rows.forget(clock.now() - keepSpansMs, PURGED_AT_ONCE),
  };
}

function isAnonymous({ responseId, attemptId }: Sighting): boolean {
  return responseId === null && attemptId === null;
}
