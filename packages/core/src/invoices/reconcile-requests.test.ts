import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { reconcile } from "../metering/reconcile.ts";
import { aLine } from "../testing/builders.ts";
import { allocateInvoice } from "./allocate-invoice.ts";
import { type DatedEntry, reconcileRequests } from "./reconcile-requests.ts";

const at = Date.UTC(2026, 0, 15, 12);

const entry = (some: Partial<DatedEntry> = {}): DatedEntry => ({
  entryId: "entry-1",
  attemptId: "att-1",
  responseId: null,
  model: "example/large-1",
  amountPico: 1_000n,
  occurredAt: at,
  ...some,
});

describe("an invoice of single requests", () => {
  it("matches by day and model where every request does", () => {
    const { rows, balanced } = reconcileRequests([aLine()], [entry({ model: "example/large-1-2026" })]);
    expect(rows).toMatchObject([{ day: "2026-01-15", model: "example/large-1", state: "matched", residuals: [] }]);
    expect(balanced).toBe(true);
  });

  it("does not balance where two requests of a day cancel out", () => {
    const lines = [aLine(), aLine({ attemptId: "att-2" })];
    const entries = [entry({ amountPico: 1_005n }), entry({ entryId: "e-2", attemptId: "att-2", amountPico: 995n })];
    expect(reconcileRequests(lines, entries)).toMatchObject({ unexplained: 0n, balanced: false });
  });

  it("asks about a period by the ledger's clock, and pairs across its edges", () => {
    const line = aLine({ occurredAt: at - 1 });
    const period = { from: at, to: at + 10 };
    expect(reconcileRequests([line], [entry()], period).rows).toEqual([]);
    expect(reconcileRequests([line], [entry()], { from: at - 5, to: at }).rows).toMatchObject([{ state: "matched" }]);
    expect(reconcileRequests([], [entry()], period).rows).toMatchObject([{ state: "missing-here" }]);
    expect(reconcileRequests([], [entry({ occurredAt: at + 10 })], period).rows).toEqual([]);
  });

  it("puts a difference on the tenant whose request it is, and a stranger's on nobody", () => {
    const lines = [aLine(), aLine({ attemptId: "att-2", tenantId: "tenant-b", source: "estimated" })];
    const entries = [
      entry(),
      entry({ entryId: "e-2", attemptId: "att-2", amountPico: 1_300n }),
      entry({ entryId: "e-3", attemptId: "stranger", amountPico: 5n }),
    ];
    const split = allocateInvoice(reconcileRequests(lines, entries));
    expect(split.map(({ tenantId, total }) => [tenantId, total])).toEqual([
      ["tenant-a", 1_000n],
      ["tenant-b", 1_300n],
      [null, 5n],
    ]);
  });

  it("says what the comparison of requests says, and its shares are the invoice", () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 66n });
    const anyLine = fc.record({
      source: fc.constantFrom("measured" as const, "estimated" as const, "unknown" as const),
      costPico: amount,
      tenantId: fc.constantFrom("a", "b"),
    });
    const pair = fc.record({
      line: fc.option(anyLine),
      billed: fc.option(amount),
      day: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 10 }), (pairs) => {
        const lines: LedgerLine[] = [];
        const entries: DatedEntry[] = [];
        for (const [index, { line, billed, day }] of pairs.entries()) {
          const same = { attemptId: `att-${index}`, occurredAt: at + day * 86_400_000 };
          const cost = line?.source === "unknown" ? { costPico: null, usage: null } : {};
          if (line !== null) lines.push(aLine({ ...line, ...cost, ...same }));
          if (billed !== null) entries.push(entry({ ...same, entryId: `e-${index}`, amountPico: billed }));
        }
        const result = reconcileRequests(lines, entries);
        const single = reconcile(lines, entries);
        expect(result).toMatchObject({
          billed: single.billedPico,
          booked: single.bookedPico,
          explained: single.explainedPico,
          unexplained: single.unexplainedPico,
          balanced: single.balanced,
        });
        expect(allocateInvoice(result).reduce((sum, { total }) => sum + total, 0n)).toBe(result.billed);
      }),
      { numRuns: 300 },
    );
  });
});
