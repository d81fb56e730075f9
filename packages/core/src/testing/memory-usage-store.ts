import { TenantryError } from "../errors/tenantry-error.ts";
import type { CallRecord } from "../metering/call-record.ts";
import { settleCharge } from "../metering/charge-line.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { type AllowanceShare, type AllowanceTerms, inheritedTerms } from "../pricing/allowance.ts";
import {
  checkCallQuery,
  checkGroups,
  checkLineQuery,
  checkSlaQuery,
  checkUsageQuery,
} from "../metering/check-query.ts";
import { foldUsage, isWithin, linesInForce } from "../metering/roll-up.ts";
import { foldSla } from "../metering/sla-roll-up.ts";
import type { CallQuery, LineQuery, QueryScope } from "../metering/usage-query.ts";
import type { OrphanCall, UsageLedger } from "../ports/usage-ledger.port.ts";
import type { CallDetail, CallPage, LinePage, UsageReader } from "../ports/usage-reader.port.ts";
import { markTrace } from "./memory-span-store.ts";
import { isRetracted, type MemoryOwnerOptions, type MemoryState, ownerOf, refuseReadOnly } from "./memory-state.ts";

export type MemoryUsageStoreOptions = MemoryOwnerOptions;

/**
 * Ledger and reader over the same memory: exact, without durability. It keeps every line and folds them for each
 * question, so it suits tests and short runs.
 */
export function createMemoryUsageStore(options: MemoryUsageStoreOptions = {}): UsageLedger & UsageReader {
  const { state, owner, isAlive } = ownerOf(options);
  return {
    async open(intent) {
      refuseReadOnly(state);
      const intents = state.intents.get(intent.callId) ?? new Map();
      if (intents.has(intent.attemptId) || state.lines.has(intent.attemptId)) {
        throw new TenantryError("conflict", `attempt ${intent.attemptId} is already in the ledger`);
      }
      state.intents.set(intent.callId, intents.set(intent.attemptId, { owner, intent }));
    },
    async settle({ line, terms, call }) {
      refuseReadOnly(state);
      const before = state.lines.size;
      const stored = line === null ? null : appendLine(state, line, terms);
      if (stored !== null && state.lines.size > before) markPending(state, stored);
      if (call === null) return stored;
      if (!state.calls.has(call.callId)) state.calls.set(call.callId, call);
      state.intents.delete(call.callId);
      return stored;
    },
    async retract(retraction) {
      refuseReadOnly(state);
      const call = state.calls.get(retraction.callId);
      if (call?.origin !== "ingest" || call.tenantId !== retraction.tenantId) return;
      if (!state.retractions.has(call.callId)) state.retractions.set(call.callId, retraction);
    },
    async deny(denial) {
      refuseReadOnly(state);
      state.denials.push(denial);
    },
    orphans: async () => orphansOf(state, isAlive),
    async usage(scope, query) {
      checkUsageQuery(query);
      const seen = within(scope);
      const rows = foldUsage(
        standing(state, state.lines).filter(seen),
        standing(state, state.calls).filter(seen),
        state.denials.filter(seen),
        query,
      );
      checkGroups(rows.length, query);
      return rows;
    },
    async sla(scope, query) {
      checkSlaQuery(query);
      return foldSla(standing(state, state.calls).filter(within(scope)), query);
    },
    async calls(scope, query) {
      checkCallQuery(query);
      return pageOf(state, standing(state, state.calls).filter(within(scope)), query);
    },
    call: async (scope, callId) => detailOf(state, scope, callId),
    async lines(scope, query) {
      checkLineQuery(query);
      return linePageOf(linesInForce(standing(state, state.lines)).filter(within(scope)), query);
    },
  };
}

/** What no retraction took out of the sums. */
function standing<Of extends { readonly callId: string; readonly tenantId: string }>(
  state: MemoryState,
  all: ReadonlyMap<string, Of>,
): Of[] {
  return [...all.values()].filter((of) => !isRetracted(state, of));
}

/** A line of a call of ours says something new about spans that tell of the same answer. */
function markPending({ spans, pendingTraces, lines }: MemoryState, line: LedgerLine): void {
  if (line.origin !== "call") return;
  for (const { tenantId, report, scope, traceId } of spans.values()) {
    if (report === null || tenantId !== line.tenantId) continue;
    const isSame =
      (report.responseId !== null && report.responseId === line.responseId) || report.attemptId === line.attemptId;
    if (isSame) markTrace(pendingTraces, { scope, traceId }, lines.size);
  }
}

/** The line as it is stored: the first of its id. */
function appendLine(state: MemoryState, line: LedgerLine, given: AllowanceTerms | null | undefined): LedgerLine {
  const known = state.lines.get(line.lineId);
  if (known !== undefined) return known;
  if (isRetracted(state, line)) return line;
  const others = standing(state, state.lines).filter(({ tenantId }) => tenantId === line.tenantId);
  const replaced = linesInForce(others).find(({ lineId }) => lineId === line.supersedes);
  const terms = given === undefined ? inheritedTerms(replaced?.allowance, line.chargePico) : given;
  const stored = terms === null ? withoutShare(line) : drawn(line, terms, others);
  state.lines.set(line.lineId, stored);
  return stored;
}

function drawn(line: LedgerLine, terms: AllowanceTerms, others: readonly LedgerLine[]): LedgerLine {
  if (line.supersedes === line.lineId || others.some(({ supersedes }) => supersedes === line.lineId)) {
    return withoutShare(line);
  }
  const inForce = linesInForce([...others, line]).filter((other) => other !== line);
  const shares = inForce.flatMap(({ allowance }) => (allowance === undefined ? [] : [allowance]));
  const isSame = ({ id, period }: AllowanceShare): boolean => id === terms.id && period.from === terms.period.from;
  return settleCharge(
    line,
    terms,
    shares.filter(isSame).reduce((sum, { covered }) => sum + covered, 0n),
  );
}

/** A share is for the ledger to decide: one that was copied from another line is nobody's. */
function withoutShare({ allowance: _share, ...line }: LedgerLine): LedgerLine {
  return line;
}

/** What a scope may see (R4). */
function within(scope: QueryScope): (of: { readonly tenantId: string }) => boolean {
  return scope.kind === "installation" ? () => true : ({ tenantId }) => tenantId === scope.tenantId;
}

function orphansOf(state: MemoryState, isAlive: (owner: string) => boolean): OrphanCall[] {
  const orphans: OrphanCall[] = [];
  for (const [callId, intents] of state.intents) {
    const all = [...intents.values()];
    if (all.some(({ owner }) => isAlive(owner))) continue;
    orphans.push({
      callId,
      intents: all
        .map(({ intent }) => ({ intent, settled: state.lines.has(intent.attemptId) }))
        .sort((a, b) => a.intent.ordinal - b.intent.ordinal),
    });
  }
  return orphans;
}

function linePageOf(lines: readonly LedgerLine[], query: LineQuery): LinePage {
  const after = query.cursor === undefined ? null : positionOf(query.cursor);
  const place = ({ occurredAt, lineId }: LedgerLine): Position => [occurredAt, lineId];
  const found = lines
    .filter((line) => isWithin(query.period, line.occurredAt))
    .filter((line) => query.tenantId === undefined || line.tenantId === query.tenantId)
    .filter((line) => after === null || newestFirst(after, place(line)) > 0)
    .sort((a, b) => newestFirst(place(b), place(a)));
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  const isMore = found.length > page.length && last !== undefined;
  return { lines: page, nextCursor: isMore ? JSON.stringify(place(last)) : null };
}

type Position = readonly [at: number, id: string];

function pageOf(state: MemoryState, calls: readonly CallRecord[], query: CallQuery): CallPage {
  const after = query.cursor === undefined ? null : positionOf(query.cursor);
  const found = calls
    .filter((call) => isWithin(query.period, call.admittedAt))
    .filter((call) => query.tenantId === undefined || call.tenantId === query.tenantId)
    .filter((call) => query.sessionId === undefined || call.sessionId === query.sessionId)
    .filter((call) => after === null || newestFirst([call.admittedAt, call.callId], after) > 0)
    .sort((a, b) => newestFirst([a.admittedAt, a.callId], [b.admittedAt, b.callId]));
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  const isMore = found.length > page.length && last !== undefined;
  const lines = page.map(({ callId, tenantId }) => linesOf(state, callId).filter((line) => line.tenantId === tenantId));
  return { calls: page, lines, nextCursor: isMore ? JSON.stringify([last.admittedAt, last.callId]) : null };
}

function newestFirst(a: Position, b: Position): number {
  if (a[0] !== b[0]) return b[0] - a[0];
  return a[1] === b[1] ? 0 : a[1] < b[1] ? 1 : -1;
}

function positionOf(cursor: string): Position {
  try {
    const value: unknown = JSON.parse(cursor);
    if (Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "string")
      return [value[0], value[1]];
  } catch {
    // Not JSON: refused below like every other text that is no cursor of ours.
  }
  throw TenantryError.invalidRequest("cursor", "must be the nextCursor of the page before");
}

function detailOf(state: MemoryState, scope: QueryScope, callId: string): CallDetail | null {
  const sees = within(scope);
  const call = state.calls.get(callId) ?? null;
  const lines = linesOf(state, callId);
  const intents = [...(state.intents.get(callId)?.values() ?? [])].map(({ intent }) => intent);
  const known = [...(call === null ? [] : [call]), ...lines, ...intents];
  if (known.length === 0 || !known.every(sees)) return null;
  const sameAs = call === null ? undefined : state.retractions.get(callId)?.sameAs;
  return { call, lines, ...(sameAs === undefined ? {} : { sameAs }) };
}

function linesOf(state: MemoryState, callId: string): LedgerLine[] {
  return [...state.lines.values()]
    .filter((line) => line.callId === callId)
    .sort((a, b) => a.ordinal - b.ordinal || a.recordedAt - b.recordedAt);
}
