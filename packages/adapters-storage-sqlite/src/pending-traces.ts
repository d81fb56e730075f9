import type { LedgerLine, SharedId } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { RowPresence } from "./row-presence.ts";

/**
 * Traces that a line of a call of ours says something new about. All methods run inside the caller's transaction.
 *
 * Lines are numbered as they are written, so that what was decided knows which lines it knew.
 */
export interface PendingTraces {
  /** A line was written. */
  lineAdded(line: LedgerLine, lineNumber: number): void;
  /** The number of the last line. */
  lastLine(): number;
  /** Which lines of calls were written after that one; null when they are too many to tell. */
  linesAfter(lineNumber: number): readonly NewLine[] | null;
  mark(trace: number, lineNumber: number): void;
  /** Takes a trace off, unless a line came after that one. */
  settle(trace: number, lineNumber: number): void;
}

export interface NewLine {
  readonly lineNumber: number;
  readonly tenantId: string;
  readonly responseId: string | null;
  readonly attemptId: string;
}

const MAX_LINES = 5_000;
/** Most spans of one id whose traces are looked at again. */
const MAX_SPANS = 1_000;

export function createPendingTraces(db: DatabaseSync, spans: RowPresence): PendingTraces {
  const put = "ON CONFLICT (trace) DO UPDATE SET line = max(line, excluded.line)";
  const markAllOf = (column: "response_id" | "attempt_id") =>
    db.prepare(`INSERT INTO pending_traces (trace, line)
      SELECT trace, ?3 FROM spans WHERE ${column} = ?1 AND tenant_id = ?2 LIMIT ${MAX_SPANS} ${put}`);
  // Most lines tell of no span: one question, for reading alone, costs less than two writes that write nothing.
  const isKnown = db.prepare(`SELECT EXISTS (SELECT 1 FROM spans WHERE response_id = ?1 AND tenant_id = ?3)
    OR EXISTS (SELECT 1 FROM spans WHERE attempt_id = ?2 AND tenant_id = ?3) AS has`);
  const byResponse = markAllOf("response_id");
  const byAttempt = markAllOf("attempt_id");
  const mark = db.prepare(`INSERT INTO pending_traces (trace, line) VALUES (?, ?) ${put}`);
  const settle = db.prepare("DELETE FROM pending_traces WHERE trace = ? AND line <= ?");
  const last = db.prepare("SELECT coalesce(max(rowid), 0) AS number FROM lines");
  const after = db.prepare(`SELECT l.rowid AS number, g.tenant_id, l.response_id, l.attempt_id
    FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.rowid > ? AND l.rest ->> '$.origin' = 'call' ORDER BY l.rowid LIMIT ${MAX_LINES}`);

  return {
    lineAdded({ origin, tenantId, responseId, attemptId }, lineNumber) {
      if (origin !== "call" || !spans.has()) return;
      if ((isKnown.get(responseId, attemptId, tenantId) as { readonly has: 0 | 1 }).has === 0) return;
      if (responseId !== null) byResponse.run(responseId, tenantId, lineNumber);
      byAttempt.run(attemptId, tenantId, lineNumber);
    },
    lastLine: () => (last.get() as { readonly number: number }).number,
    linesAfter(lineNumber) {
      const rows = after.all(lineNumber);
      if (rows.length === MAX_LINES) return null;
      return rows.map(({ number, tenant_id, response_id, attempt_id }) => ({
        lineNumber: number as number,
        tenantId: tenant_id as string,
        responseId: response_id as string | null,
        attemptId: attempt_id as string,
      }));
    },
    mark: (trace, lineNumber) => {
      mark.run(trace, lineNumber);
    },
    settle: (trace, lineNumber) => {
      settle.run(trace, lineNumber);
    },
  };
}

/** One text for an id within its tenant. */
export function nameOfSharedId({ tenantId, id }: SharedId): string {
  return JSON.stringify([tenantId, id]);
}
