import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aLine } from "../testing/builders.ts";
import type { LedgerLine } from "./ledger-line.ts";
import { type InvoiceEntry, reconcile, type Reconciliation } from "./reconcile.ts";

const entry = (some: Partial<InvoiceEntry> = {}): InvoiceEntry => ({
  entryId: "entry-1",
  attemptId: "att-1",
  responseId: null,
  model: "large-1",
  amountPico: 1_000n,
  ...some,
});

const unknown = { source: "unknown", usage: null, costPico: null, chargePico: null, outcome: "timeout" } as const;
const unpriced = { costPico: null, chargePico: null, unpricedReason: "no price" } as const;

/** Residuals of the differences with `booked/billed`. */
const residuals = ({ differences }: Reconciliation): string[] =>
  differences.map(({ residual, bookedPico, billedPico }) => `${residual} ${bookedPico ?? "-"}/${billedPico ?? "-"}`);

describe("ledger and invoice", () => {
  it("match where an attempt has the same amount on both sides", () => {
    expect(reconcile([aLine()], [entry()])).toEqual({
      matched: 1,
      freeOfCharge: 0,
      differences: [],
      bookedPico: 1_000n,
      billedPico: 1_000n,
      explainedPico: 0n,
      unexplainedPico: 0n,
      balanced: true,
    });
  });

  it("are balanced when there is nothing on either side", () => {
    expect(reconcile([], [])).toMatchObject({ matched: 0, bookedPico: 0n, billedPico: 0n, balanced: true });
  });

  // A line, its entry on the invoice, the difference, what is explained and what is not.
  it.each<[string, Partial<LedgerLine>, Partial<InvoiceEntry> | null, string[], bigint, bigint]>([
    ["the same amount", {}, {}, [], 0n, 0n],
    ["nothing used and nothing billed", { costPico: 0n }, null, [], 0n, 0n],
    ["nothing used and a bill of nothing", { costPico: 0n }, { amountPico: 0n }, [], 0n, 0n],
    ["an estimate that happens to be right", { source: "estimated" }, {}, [], 0n, 0n],
    [
      "an estimate that was too low",
      { source: "estimated" },
      { amountPico: 1_250n },
      ["estimated 1000/1250"],
      250n,
      0n,
    ],
    ["an estimate that was too high", { source: "estimated" }, { amountPico: 1n }, ["estimated 1000/1"], -999n, 0n],
    ["an estimate nobody billed", { source: "estimated" }, null, ["estimated 1000/-"], -1_000n, 0n],
    ["an unknown that was billed", unknown, { amountPico: 77n }, ["unknown -/77"], 77n, 0n],
    ["an unknown that was not billed", unknown, null, ["unknown -/-"], 0n, 0n],
    ["an unknown that was billed nothing", unknown, { amountPico: 0n }, ["unknown -/0"], 0n, 0n],
    ["an unpriced one that was billed", unpriced, { amountPico: 77n }, ["unpriced -/77"], 77n, 0n],
    ["a measured one that is not billed", {}, null, ["missing-there 1000/-"], 0n, -1_000n],
    ["a measured one that is billed otherwise", {}, { amountPico: 1_001n }, ["differing 1000/1001"], 0n, 1n],
    ["a measured nothing that is billed", { costPico: 0n }, { amountPico: 5n }, ["differing 0/5"], 0n, 5n],
  ])("differ by their marks: %s", (_name, line, billed, differences, explainedPico, unexplainedPico) => {
    const result = reconcile([aLine(line)], billed === null ? [] : [entry(billed)]);
    expect(residuals(result)).toEqual(differences);
    expect(result).toMatchObject({ explainedPico, unexplainedPico });
    const isExplained = !differences.some((text) => /^(?:missing|differing)/.test(text));
    expect(result.balanced).toBe(isExplained);
  });

  it("differ where the invoice has a request the ledger never heard of", () => {
    const result = reconcile(
      [aLine()],
      [entry(), entry({ entryId: "entry-2", attemptId: "stranger", amountPico: 9n })],
    );
    expect(residuals(result)).toEqual(["missing-here -/9"]);
    expect(result).toMatchObject({ matched: 1, explainedPico: 0n, unexplainedPico: 9n, balanced: false });
    expect(result.differences[0]).toMatchObject({ line: null, entry: { entryId: "entry-2" } });
  });

  it("differ where the provider billed one attempt twice", () => {
    const result = reconcile([aLine()], [entry(), entry({ entryId: "entry-2" })]);
    expect(result.matched).toBe(1);
    expect(residuals(result)).toEqual(["missing-here -/1000"]);
    expect(result.unexplainedPico).toBe(1_000n);
  });

  it("differ where the ledger has one billed request twice", () => {
    const result = reconcile([aLine(), aLine({ lineId: "again" })], [entry()]);
    expect(result.matched).toBe(1);
    expect(residuals(result)).toEqual(["missing-there 1000/-"]);
  });

  it("are not balanced where two unexplained differences cancel out", () => {
    const lines = [aLine(), aLine({ attemptId: "att-2" })];
    const result = reconcile(lines, [entry({ amountPico: 1_005n }), entry({ attemptId: "att-2", amountPico: 995n })]);
    expect(result).toMatchObject({ unexplainedPico: 0n, balanced: false });
  });

  it("are matched by our attempt id, or else by the provider's response id", () => {
    const line = aLine({ responseId: "resp-1" });
    expect(reconcile([line], [entry({ attemptId: null, responseId: "resp-1" })]).matched).toBe(1);
    expect(reconcile([line], [entry({ attemptId: null, responseId: "resp-2" })]).matched).toBe(0);
    expect(reconcile([aLine()], [entry({ attemptId: null, responseId: null })]).matched).toBe(0);
    const both = [entry({ attemptId: null, responseId: "resp-1", amountPico: 1n }), entry()];
    expect(residuals(reconcile([line], both))).toEqual(["missing-here -/1"]);
  });

  it("count what was free apart from what matched", () => {
    const lines = [aLine(), aLine({ attemptId: "att-2", costPico: 0n, outcome: "refused" })];
    expect(reconcile(lines, [entry()])).toMatchObject({ matched: 1, freeOfCharge: 1, balanced: true });
  });

  it("add up: what is billed is what is booked, explained and unexplained, and each difference is in one of them", () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 70n });
    const anyLine = fc.oneof(
      fc.record({ source: fc.constantFrom("measured" as const, "estimated" as const), costPico: amount }),
      fc.constant(unknown),
      fc.constant(unpriced),
    );
    const pair = fc.record({
      line: fc.option(anyLine),
      billed: fc.option(fc.oneof(amount, fc.constant("same" as const))),
    });
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), (pairs) => {
        const lines: LedgerLine[] = [];
        const entries: InvoiceEntry[] = [];
        for (const [index, { line, billed }] of pairs.entries()) {
          const attemptId = `att-${index}`;
          if (line !== null) lines.push(aLine({ attemptId, ...line }));
          if (billed === null) continue;
          const same = line !== null && line.costPico !== null ? line.costPico : 0n;
          entries.push(entry({ entryId: `entry-${index}`, attemptId, amountPico: billed === "same" ? same : billed }));
        }
        const result = reconcile(lines, entries);
        const gapOf = (residualNames: readonly string[]): bigint =>
          result.differences
            .filter(({ residual }) => residualNames.includes(residual))
            .reduce((sum, { bookedPico, billedPico }) => sum + (billedPico ?? 0n) - (bookedPico ?? 0n), 0n);
        expect(result.explainedPico).toBe(gapOf(["estimated", "unknown", "unpriced"]));
        expect(result.unexplainedPico).toBe(gapOf(["differing", "missing-here", "missing-there"]));
        expect(result.billedPico - result.bookedPico).toBe(result.explainedPico + result.unexplainedPico);
        expect(result.bookedPico).toBe(lines.reduce((sum, { costPico }) => sum + (costPico ?? 0n), 0n));
        expect(result.billedPico).toBe(entries.reduce((sum, { amountPico }) => sum + amountPico, 0n));
        if (result.balanced) expect(result.unexplainedPico).toBe(0n);
        const counted = result.matched + result.freeOfCharge + result.differences.length;
        expect(counted).toBe(pairs.filter(({ line, billed }) => line !== null || billed !== null).length);
      }),
      { numRuns: 500 },
    );
  });
});
