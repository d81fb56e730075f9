import type { LedgerLine } from "../metering/ledger-line.ts";
import type { Instant } from "../time/instant.ts";
import { spanKey } from "./place-spans.ts";
import type { StoredSpan } from "./reported-span.ts";
import type { ToldCall } from "./resolve-spans.ts";
import { tellsTheSame } from "./told-line.ts";

/** What makes the ledger say what the spans say. */
export interface BookingPlan {
  readonly book: readonly { readonly told: ToldCall; readonly callId: string }[];
  readonly retract: readonly { readonly line: LedgerLine; readonly sameAs: string }[];
}

/** When spans said they began, where that is not when they are taken to have begun. */
export type ToldTimes = ReadonlyMap<StoredSpan, Instant>;

/**
 * Lays the calls that spans tell of beside what the ledger has of them.
 *
 * - A call of our own with the same attempt or answer wins; what was booked from spans is the same as it.
 * - One line stands for a told call. It stays as long as it says what the spans say, and when somebody has told better
 *   since (a line that supersedes); else it is retracted and the call booked anew, so that times, attribution and sums
 *   are those of the whole set of spans, in whatever order it came.
 *
 * @param spans all that are known, with what they were booked as
 * @param lines in force, of calls not retracted
 * @param toldAt of new spans
 */
export function planBooking(
  told: readonly ToldCall[],
  spans: readonly StoredSpan[],
  lines: readonly LedgerLine[],
  toldAt: ToldTimes,
): BookingPlan {
  const booked = new Map(lines.filter(({ origin }) => origin === "ingest").map((line) => [line.callId, line]));
  const own = ownLines(lines.filter(({ origin }) => origin === "call"));
  const book: { told: ToldCall; callId: string }[] = [];
  const retract: { line: LedgerLine; sameAs: string }[] = [];
  const heirs = new Map<string, string>();
  const linesOf = (members: readonly StoredSpan[]): LedgerLine[] => [
    ...new Set(members.flatMap(({ bookedAs }) => (bookedAs === null ? [] : (booked.get(bookedAs) ?? [])))),
  ];
  const spoken = new Set<StoredSpan>();
  for (const call of told) {
    for (const span of call.spans) spoken.add(span);
    const of = linesOf(call.spans);
    const winner = own(call);
    const kept = winner === null ? of.find((line) => isToldBetter(line, call) || tellsTheSame(line, call)) : undefined;
    const callId = winner?.callId ?? kept?.callId ?? nextCallId(call.spans[0], toldAt);
    if (winner === null && kept === undefined) book.push({ told: call, callId });
    for (const line of of) if (line !== kept) retract.push({ line, sameAs: callId });
    for (const span of call.spans) heirs.set(traceOf(span), callId);
  }
  // What summed up several calls was booked while they were not known.
  for (const span of spans) {
    if (spoken.has(span)) continue;
    for (const line of linesOf([span])) retract.push({ line, sameAs: heirs.get(traceOf(span)) ?? line.callId });
  }
  return { book, retract: [...new Map(retract.map((one) => [one.line.callId, one])).values()] };
}

/** Somebody corrected the line since: an invoice, new prices. */
function isToldBetter(line: LedgerLine, { place }: ToldCall): boolean {
  return line.supersedes !== null && line.tenantId === place.tenantId;
}

function traceOf({ scope, traceId }: StoredSpan): string {
  return spanKey(scope, traceId, "");
}

/** Finds the line of our own that a told call is the same as. */
function ownLines(lines: readonly LedgerLine[]): (told: ToldCall) => LedgerLine | null {
  const byAttempt = new Map(lines.map((line) => [`${line.tenantId}\n${line.attemptId}`, line]));
  const byResponse = new Map<string, LedgerLine>();
  for (const line of lines) if (line.responseId !== null) byResponse.set(`${line.tenantId}\n${line.responseId}`, line);
  return ({ spans, place: { tenantId } }) => {
    for (const { report } of spans) {
      const { attemptId = null, responseId = null } = report ?? {};
      const byId =
        (attemptId === null ? undefined : byAttempt.get(`${tenantId}\n${attemptId}`)) ??
        (responseId === null ? undefined : byResponse.get(`${tenantId}\n${responseId}`));
      if (byId !== undefined) return byId;
    }
    return null;
  };
}

/**
 * `<time>-<trace>-<span>`, with the tenant behind it where a tenant's key brought the span, so that nobody can take the
 * id of another's; booked again, `.2`, `.3`.
 *
 * The time is in front because ids that come in order cost an index a fraction of what random ones do. It is the one
 * that was told: whoever is told of the span at the same moment makes the same id, whatever clocks say.
 */
function nextCallId(span: StoredSpan, toldAt: ToldTimes): string {
  const { scope, traceId, spanId, bookedAs, startedAt } = span;
  const suffix = scope.kind === "tenant" ? `@${scope.tenantId}` : "";
  const name = `${traceId}-${spanId}`;
  if (bookedAs === null) return `${(toldAt.get(span) ?? startedAt).toString(36)}-${name}${suffix}`;
  const end = bookedAs.indexOf(name) + name.length;
  const times = Number(/^\.(\d+)/.exec(bookedAs.slice(end))?.[1] ?? 1);
  return `${bookedAs.slice(0, end)}.${times + 1}${suffix}`;
}
