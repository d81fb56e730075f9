import type { CallPorts } from "../calls/call-context.ts";
import { termsOf, type TenantTerms } from "../calls/supersede-line.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import { spendingFor } from "../limits/spending-correction.ts";
import { allowanceTermsOf } from "../metering/charge-line.ts";
import { spentOf } from "../metering/line-in-force.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import type { SharedId, SpanStore, SpanWrite, TraceRef } from "../ports/span-store.port.ts";
import type { Instant } from "../time/instant.ts";
import type { Tenants } from "../tenancy/tenants.ts";
import { tenantIdProblem, unattributedTenantId } from "../tenancy/unattributed.ts";
import { checkSpan, type SpanRemark } from "./check-spans.ts";
import { type Gathered, gatherSpans } from "./gather-spans.ts";
import { spanKey } from "./place-spans.ts";
import { type BookingPlan, planBooking, type ToldTimes } from "./plan-booking.ts";
import type { ReportedSpan, SpanScope, StoredSpan } from "./reported-span.ts";
import { resolveSpans, type ToldCall } from "./resolve-spans.ts";
import { toldLine, toldRecord } from "./told-line.ts";

/** What becomes of spans that name a tenant nobody knows. */
export type UnknownTenantPolicy =
  /** They are refused. */
  | { readonly kind: "reject" }
  /** They are kept and costed under `(unattributed)`. */
  | { readonly kind: "quarantine" }
  /** The tenant is made, with this tier. */
  | { readonly kind: "create"; readonly tierId: string };

export interface IngestOptions {
  readonly unknownTenant: UnknownTenantPolicy;
  /** Older spans are refused, ms ≥ 0: their periods are closed. */
  readonly acceptPastMs: number;
}

export type IngestPorts = Pick<CallPorts, "tenants" | "tiers" | "prices" | "ledger" | "limits" | "clock"> & {
  readonly spans: SpanStore;
  readonly newTenants: Pick<Tenants, "create">;
};

/** What became of a batch. */
export interface IngestResult {
  /** Kept now. */
  readonly accepted: number;
  /** Known before: nothing changed. */
  readonly known: number;
  /** Not kept, and why. */
  readonly refused: readonly SpanRemark[];
  /** Kept otherwise than they came, and how. */
  readonly remarks: readonly SpanRemark[];
}

/** Books provider calls that others' tracing reports. */
export interface Ingest {
  /**
   * Keeps the spans and makes the ledger say what all spans that are known say: one line for each provider call, in
   * whatever order they come, and none for calls that came through us. Durable when it resolves; again changes nothing.
   * Batches of one process wait for each other.
   *
   * Errors: `unavailable` when nothing was written; the batch may be sent again.
   *
   * @param scope whom the key may write for (R4)
   */
  record(scope: SpanScope, keyId: string | null, spans: readonly ReportedSpan[]): Promise<IngestResult>;
  /** Looks again at traces about which the ledger has learnt something; resolves with how many those were. */
  settlePending(): Promise<number>;
}

/** Spans of one trace; what comes beyond is refused. */
export const mostSpansOfTrace = 10_000;

const mostTries = 20;
const mostPending = 200;

export function createIngest(ports: IngestPorts, options: IngestOptions): Ingest {
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: the second sees what the first has written. */
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return await turn;
  };
  return {
    record: async (scope, keyId, spans) =>
      await inTurn(async () => await record(ports, options, { scope, keyId, spans })),
    settlePending: async () =>
      await inTurn(async () => {
        const traces = await ports.spans.pending(mostPending);
        if (traces.length > 0) await settleTraces(ports, { ...nothingNew, traces, settled: traces });
        return traces.length;
      }),
  };
}

async function record(
  ports: IngestPorts,
  options: IngestOptions,
  { scope, keyId, spans }: { scope: SpanScope; keyId: string | null; spans: readonly ReportedSpan[] },
): Promise<IngestResult> {
  const refused = new Map<string, number>();
  const remarks = new Map<string, number>();
  const count = (of: Map<string, number>, reason: string): void => void of.set(reason, (of.get(reason) ?? 0) + 1);
  const now = ports.clock.now();
  const fresh: StoredSpan[] = [];
  const toldAt = new Map<StoredSpan, Instant>();
  for (const given of spans) {
    const checked = checkSpan(given, { scope, now, acceptPastMs: options.acceptPastMs });
    if (checked.kind === "refused") {
      count(refused, checked.reason);
      continue;
    }
    if (checked.remark !== null) count(remarks, checked.remark);
    const span = { ...checked.span, scope, keyId, tenantId: unattributedTenantId, bookedAs: null };
    fresh.push(span);
    if (span.startedAt !== given.startedAt) toldAt.set(span, given.startedAt);
  }
  const tenants = await tenantsNamed(ports, options.unknownTenant, scope, fresh);
  const isKnown = ({ claims }: StoredSpan): boolean =>
    scope.kind === "tenant" || claims.tenantId === null || tenants.has(claims.tenantId);
  const taken = options.unknownTenant.kind === "reject" ? fresh.filter(isKnown) : fresh;
  for (let left = fresh.length - taken.length; left > 0; left -= 1)
    count(refused, "names a tenant that does not exist");
  const { added, tooMany } =
    taken.length === 0
      ? { added: 0, tooMany: 0 }
      : await settleTraces(ports, { ...nothingNew, fresh: taken, toldAt, tenants });
  for (let left = tooMany; left > 0; left -= 1) count(refused, `is beyond ${mostSpansOfTrace} spans of its trace`);
  const listed = (of: ReadonlyMap<string, number>): SpanRemark[] =>
    [...of].map(([reason, counted]) => ({ reason, spans: counted }));
  return {
    accepted: added,
    known: taken.length - added - tooMany,
    refused: listed(refused),
    remarks: listed(remarks),
  };
}

/** By claimed id, the tenant it stands for. */
async function tenantsNamed(
  ports: Pick<IngestPorts, "tenants" | "newTenants">,
  policy: UnknownTenantPolicy,
  scope: SpanScope,
  spans: readonly StoredSpan[],
): Promise<Map<string, string>> {
  if (scope.kind === "tenant") return new Map([[scope.tenantId, scope.tenantId]]);
  const named = new Map<string, string>();
  for (const id of new Set(spans.flatMap(({ claims }) => claims.tenantId ?? []))) {
    if (tenantIdProblem(id) !== null) continue;
    // The directory answers from memory; tenants that are made are made one after the other.
    // eslint-disable-next-line no-await-in-loop
    if ((await ports.tenants.find(id)) !== null || (await isMade(ports, policy, id))) named.set(id, id);
  }
  return named;
}

async function isMade(
  { newTenants }: Pick<IngestPorts, "newTenants">,
  policy: UnknownTenantPolicy,
  id: string,
): Promise<boolean> {
  if (policy.kind !== "create") return false;
  try {
    await newTenants.create({ id, tier: policy.tierId });
  } catch (error) {
    // Somebody else made it first.
    if (!(error instanceof TenantryError) || error.code !== "conflict") throw error;
  }
  return true;
}

interface Unsettled {
  readonly traces: readonly TraceRef[];
  readonly fresh: readonly StoredSpan[];
  readonly toldAt: ToldTimes;
  readonly tenants: ReadonlyMap<string, string>;
  /** Traces that are pending no more when this is written. */
  readonly settled: readonly TraceRef[];
}

const nothingNew: Unsettled = { traces: [], fresh: [], toldAt: new Map(), tenants: new Map(), settled: [] };

/** Decides on what is there, and once more when somebody else wrote in between. */
async function settleTraces(
  ports: IngestPorts,
  { traces, fresh, toldAt, tenants: given, settled }: Unsettled,
): Promise<{ readonly added: number; readonly tooMany: number }> {
  let added = 0;
  let tooMany = 0;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const tenants = new Map(given);
    const first = await gatherSpans(ports.spans, { traces, fresh, tenants });
    const gathered = await withTenants(ports, first, { traces, fresh, tenants });
    const { kept, dropped } = withinBounds(gathered);
    if (tries === 0) [added, tooMany] = [kept.fresh.length, dropped];
    const told = resolveSpans(kept.spans, kept.places);
    const lines = await linesOf(ports.spans, kept, told);
    const isAlone = await write(ports, kept, planBooking(told, kept.spans, lines, toldAt), settled);
    if (isAlone) return { added, tooMany };
  }
  throw new TenantryError("unavailable", "other processes keep writing the same spans; send the batch again", {
    retryable: true,
  });
}

/** Spans that were kept before may name tenants that this batch does not. */
async function withTenants(
  ports: IngestPorts,
  gathered: Gathered,
  of: Pick<Unsettled, "traces" | "fresh"> & { readonly tenants: Map<string, string> },
): Promise<Gathered> {
  const named = gathered.spans.filter(
    ({ scope, claims }) =>
      scope.kind === "installation" && claims.tenantId !== null && !of.tenants.has(claims.tenantId),
  );
  const found = await tenantsNamed(ports, { kind: "quarantine" }, { kind: "installation" }, named);
  if (found.size === 0) return gathered;
  for (const [id, tenantId] of found) of.tenants.set(id, tenantId);
  return await gatherSpans(ports.spans, of);
}

/** A trace that never ends cannot make each of its batches dearer than the one before. */
function withinBounds(gathered: Gathered): { readonly kept: Gathered; readonly dropped: number } {
  const counts = new Map<string, number>();
  const isFresh = new Set(gathered.fresh);
  const traceOf = ({ scope, traceId }: StoredSpan): string => spanKey(scope, traceId, "");
  for (const span of gathered.spans) {
    if (!isFresh.has(span)) counts.set(traceOf(span), (counts.get(traceOf(span)) ?? 0) + 1);
  }
  const fresh = gathered.fresh.filter((span) => {
    const count = (counts.get(traceOf(span)) ?? 0) + 1;
    counts.set(traceOf(span), count);
    return count <= mostSpansOfTrace;
  });
  if (fresh.length === gathered.fresh.length) return { kept: gathered, dropped: 0 };
  const keptFresh = new Set(fresh);
  const spans = gathered.spans.filter((span) => !isFresh.has(span) || keptFresh.has(span));
  return { kept: { ...gathered, spans, fresh }, dropped: gathered.fresh.length - fresh.length };
}

async function linesOf(
  store: Pick<SpanStore, "lines">,
  { spans }: Gathered,
  told: readonly ToldCall[],
): Promise<readonly LedgerLine[]> {
  const calls: SharedId[] = [];
  for (const { tenantId, bookedAs } of spans) if (bookedAs !== null) calls.push({ tenantId, id: bookedAs });
  const idsOf = (of: "responseId" | "attemptId"): SharedId[] =>
    told.flatMap(({ spans: tellers, place: { tenantId } }) =>
      tellers.flatMap(({ report }) => {
        const id = report?.[of] ?? null;
        return id === null ? [] : [{ tenantId, id }];
      }),
    );
  const question = { calls, responses: idsOf("responseId"), attempts: idsOf("attemptId") };
  const isEmpty = calls.length + question.responses.length + question.attempts.length === 0;
  return isEmpty ? [] : await store.lines(question);
}

/** Everything in one turn, so that stores which share a transaction commit all of it or nothing. */
async function write(
  ports: IngestPorts,
  { spans, fresh, places, seen }: Gathered,
  plan: BookingPlan,
  settled: readonly TraceRef[],
): Promise<boolean> {
  const now = ports.clock.now();
  const book = ports.prices.current();
  const terms = await termsFor(ports, plan);
  const bookedAs = new Map(plan.book.map(({ told, callId }) => [told.spans[0], callId]));
  const placed = (span: StoredSpan): Pick<StoredSpan, "tenantId" | "bookedAs"> => ({
    tenantId: places.get(span)?.tenantId ?? span.tenantId,
    bookedAs: bookedAs.get(span) ?? span.bookedAs,
  });
  const isFresh = new Set(fresh);
  const changed: SpanWrite["changed"][number][] = [];
  for (const span of spans) {
    if (isFresh.has(span)) continue;
    const now_ = placed(span);
    if (now_.tenantId === span.tenantId && now_.bookedAs === span.bookedAs) continue;
    changed.push({ scope: span.scope, traceId: span.traceId, spanId: span.spanId, ...now_ });
  }
  // Before the lines: a store that looks for lines written since then need not look at these.
  const written = ports.spans.write({
    added: fresh.map((span) => ({ ...span, ...placed(span) })),
    changed,
    settled,
    seen,
    receivedAt: now,
  });
  const writes: Promise<unknown>[] = [];
  for (const { line, sameAs } of plan.retract) {
    const { tenantId, callId } = line;
    writes.push(ports.ledger.retract({ tenantId, callId, sameAs, recordedAt: now }));
    writes.push(...spend(ports, line, terms, { spendingId: `${line.lineId}~retracted`, amountPico: -spentOf(line) }));
  }
  for (const { told, callId } of plan.book) {
    const by = { callId, book, terms: terms.get(told.place.tenantId) ?? null, recordedAt: now };
    const line = toldLine(told, by);
    const drawn = by.terms === null ? null : allowanceTermsOf(by.terms.policy.charge, line, by.terms.timeZone);
    writes.push(ports.ledger.settle({ line, terms: drawn, call: toldRecord(told, line, by) }));
    writes.push(...spend(ports, line, terms, { spendingId: line.lineId, amountPico: spentOf(line) }));
  }
  const [{ isAlone }] = await Promise.all([written, ...writes]);
  return isAlone;
}

async function termsFor(ports: IngestPorts, plan: BookingPlan): Promise<ReadonlyMap<string, TenantTerms | null>> {
  const ids = new Set([
    ...plan.book.map(({ told }) => told.place.tenantId),
    ...plan.retract.map(({ line }) => line.tenantId),
  ]);
  return new Map(
    await Promise.all(
      [...ids].map(async (id) => [id, id === unattributedTenantId ? null : await termsOf(ports, id)] as const),
    ),
  );
}

function spend(
  ports: Pick<IngestPorts, "limits">,
  line: LedgerLine,
  terms: ReadonlyMap<string, TenantTerms | null>,
  fact: { readonly spendingId: string; readonly amountPico: bigint },
): Promise<void>[] {
  const by = terms.get(line.tenantId) ?? null;
  const spending = by === null || fact.amountPico === 0n ? null : spendingFor(line, by, fact);
  return spending === null ? [] : [ports.limits.spend(spending)];
}
