import type { LedgerLine, SpanStore, StoredSpan } from "@tenantry/core";

/** What spans were booked as. */
export interface BookedLines {
  /** The line that stands under this span; of a call that several spans tell of, one of them has it. */
  of(span: StoredSpan): LedgerLine | null;
  /** The call this span tells of, also where another span or the gateway brought it to the ledger. */
  callOf(span: StoredSpan): string | null;
}

/** Reads, in one question, the lines in force that these spans tell of. */
export async function readBookedLines(
  store: Pick<SpanStore, "lines">,
  spans: readonly StoredSpan[],
): Promise<BookedLines> {
  const telling = spans.filter(({ report }) => report !== null);
  const shared = (idOf: (span: StoredSpan) => string | null | undefined): { tenantId: string; id: string }[] =>
    telling.flatMap((span) => {
      const id = idOf(span);
      return id === null || id === undefined ? [] : [{ tenantId: span.tenantId, id }];
    });
  const lines =
    telling.length === 0
      ? []
      : await store.lines({
          calls: shared(({ bookedAs }) => bookedAs),
          responses: shared(({ report }) => report?.responseId),
          attempts: shared(({ report }) => report?.attemptId),
        });
  const ingested = new Map(lines.filter(({ origin }) => origin === "ingest").map((line) => [line.callId, line]));
  const own = lines.filter(({ origin }) => origin === "call");
  const ofSpan = ({ bookedAs, tenantId }: StoredSpan): LedgerLine | null => {
    const line = bookedAs === null ? undefined : ingested.get(bookedAs);
    return line?.tenantId === tenantId ? line : null;
  };
  return {
    of(span) {
      const line = ofSpan(span);
      // The call's id has the span in it that it was booked under.
      return line?.callId.includes(`${span.traceId}-${span.spanId}`) === true ? line : null;
    },
    callOf(span) {
      const { report, tenantId } = span;
      const winner = own.find(
        (line) =>
          line.tenantId === tenantId &&
          report !== null &&
          (line.attemptId === report.attemptId || (line.responseId !== null && line.responseId === report.responseId)),
      );
      return (winner ?? ofSpan(span))?.callId ?? null;
    },
  };
}
