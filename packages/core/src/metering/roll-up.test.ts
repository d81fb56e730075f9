import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DenialCount } from "../ports/usage-ledger.port.ts";
import { tokensOf, usageOf } from "../pricing/usage.ts";
import { aCallRecord, aLine } from "../testing/builders.ts";
import { foldUsage } from "./roll-up.ts";
import type { UsageQuery } from "./usage-query.ts";

const noon = Date.UTC(2026, 0, 15, 12);
const large = { provider: "example", model: "large-1" };
const small = { provider: "example", model: "small-1" };
const query = (overrides: Partial<UsageQuery> = {}): UsageQuery => ({
  period: { from: noon - 86_400_000, to: noon + 86_400_000 },
  groupBy: [],
  timeZone: "UTC",
  ...overrides,
});
const denial = (overrides: Partial<DenialCount> = {}): DenialCount => ({
  tenantId: "tenant-a",
  userId: null,
  feature: null,
  model: null,
  code: "rate_limited",
  at: noon,
  ...overrides,
});

describe("foldUsage", () => {
  it("counts a call under its last attempt's model and every attempt under its own", () => {
    const lines = [
      aLine({ attemptId: "a1", requested: large, outcome: "failed", usage: null, costPico: 0n, chargePico: 0n }),
      aLine({ attemptId: "a2", requested: small, ordinal: 2, costPico: 7n, chargePico: 9n }),
    ];
    const rows = foldUsage(lines, [aCallRecord({ model: small, attempts: 2 })], [], query({ groupBy: ["model"] }));
    expect(rows).toMatchObject([
      { model: "example/large-1", calls: 0, attempts: 1, costPico: 0n, tokens: tokensOf({}) },
      { model: "example/small-1", calls: 1, attempts: 1, costPico: 7n, chargePico: 9n, failed: 0 },
    ]);
  });

  it("counts every outcome but ok as failed", () => {
    const calls = (["ok", "failed", "aborted", "lost"] as const).map((outcome) =>
      aCallRecord({ callId: outcome, outcome }),
    );
    expect(foldUsage([], calls, [], query())).toMatchObject([{ calls: 4, failed: 3 }]);
  });

  it("sums margins only where cost and charge are known, and counts the rest", () => {
    const lines = [
      aLine({ attemptId: "loss", costPico: 9n, chargePico: 2n }),
      aLine({ attemptId: "gain", costPico: 3n, chargePico: 5n }),
      aLine({ attemptId: "uncharged", costPico: 100n, chargePico: null }),
      aLine({ attemptId: "unpriced", costPico: null, chargePico: 50n }),
      aLine({ attemptId: "unknown", source: "unknown", usage: null, costPico: null, chargePico: null }),
    ];
    const sums = { costPico: 112n, chargePico: 57n, marginPico: -5n, marginUnknown: 3 };
    expect(foldUsage(lines, [], [], query())).toMatchObject([sums]);
  });

  it("keeps unknown, unpriced, estimated and free apart", () => {
    const unknown = { source: "unknown", usage: null, costPico: null, chargePico: null, atMostPico: 50n } as const;
    const lines = [
      aLine({ attemptId: "unknown", ...unknown }),
      aLine({ attemptId: "unpriced", costPico: null, chargePico: null }),
      aLine({ attemptId: "estimated", source: "estimated", costPico: 3n, chargePico: 3n }),
      aLine({ attemptId: "free", costPico: 0n, chargePico: 0n }),
    ];
    const sums = { attempts: 4, unknown: 1, unpriced: 1, estimated: 1, costPico: 3n, chargePico: 3n, atMostPico: 50n };
    expect(foldUsage(lines, [], [], query())).toMatchObject([sums]);
  });

  it("leaves superseded lines out, and groups that only they were in", () => {
    const lines = [
      aLine({ lineId: "l3", userId: "b", costPico: 30n, supersedes: "l2" }),
      aLine({ lineId: "l1", userId: "a", costPico: 10n }),
      aLine({ lineId: "l2", userId: "a", costPico: 20n, supersedes: "l1" }),
    ];
    expect(foldUsage(lines, [], [], query({ groupBy: ["user"] }))).toMatchObject([
      { userId: "b", attempts: 1, costPico: 30n },
    ]);
  });

  it("lets no tenant supersede another's line", () => {
    const lines = [
      aLine({ costPico: 10n }),
      aLine({ tenantId: "tenant-b", lineId: "x", supersedes: "att-1", costPico: 1n }),
    ];
    expect(foldUsage(lines, [], [], query())).toMatchObject([{ attempts: 2, costPico: 11n }]);
  });

  it("counts a call under each feature it used, and one that used none under none", () => {
    const calls = [aCallRecord({ featuresUsed: ["a", "b"] }), aCallRecord({ callId: "call-2" })];
    const rows = foldUsage([], calls, [denial()], query({ groupBy: ["featureUsed"] }));
    expect(rows).toMatchObject([
      { featureUsed: "a", calls: 1, denied: 0 },
      { featureUsed: "b", calls: 1, denied: 0 },
    ]);
  });

  it("gives denials null where they have no model or session, and sorts nulls last", () => {
    const denials = [denial(), denial({ model: "example/large-1" }), denial({ model: "example/large-1" })];
    expect(foldUsage([], [], denials, query({ groupBy: ["model", "session"] }))).toMatchObject([
      { model: "example/large-1", sessionId: null, denied: 2 },
      { model: null, sessionId: null, denied: 1 },
    ]);
  });

  it("cuts days and months at the zone's midnight", () => {
    const at = Date.UTC(2026, 1, 1, 2);
    const calls = [aCallRecord({ admittedAt: at }), aCallRecord({ callId: "call-2", admittedAt: at + 3 * 3_600_000 })];
    const inZone = query({ period: { from: 0, to: 2e12 }, timeZone: "America/New_York", groupBy: ["day", "month"] });
    expect(foldUsage([], calls, [], inZone)).toMatchObject([
      { day: "2026-01-31", month: "2026-01", calls: 1 },
      { day: "2026-02-01", month: "2026-02", calls: 1 },
    ]);
  });

  it("has the first instant of a period and not the last", () => {
    const calls = [aCallRecord({ admittedAt: noon }), aCallRecord({ callId: "call-2", admittedAt: noon + 10 })];
    expect(foldUsage([], calls, [], query({ period: { from: noon, to: noon + 10 } }))).toMatchObject([{ calls: 1 }]);
    expect(foldUsage([], calls, [], query({ period: { from: noon + 1, to: noon + 10 } }))).toEqual([]);
  });

  it("answers the same for any order of lines, and its rows add up to the whole", () => {
    const line = fc
      .record({
        tenantId: fc.constantFrom("a", "b"),
        costPico: fc.bigInt({ min: 0n, max: 2n ** 64n }),
        input: fc.nat({ max: 99 }),
      })
      .map(({ input, ...rest }) => ({ ...rest, usage: usageOf({ input }) }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (parts) => {
        const lines = parts.map((part, index) =>
          aLine({ ...part, lineId: `l${index}`, supersedes: index % 3 === 2 ? `l${index - 1}` : null }),
        );
        const rows = foldUsage(lines, [], [], query({ groupBy: ["tenant"] }));
        expect(foldUsage(lines.toReversed(), [], [], query({ groupBy: ["tenant"] }))).toEqual(rows);
        const [whole] = foldUsage(lines, [], [], query());
        expect(rows.reduce((sum, row) => sum + row.costPico, 0n)).toBe(whole?.costPico ?? 0n);
        expect(rows.reduce((sum, row) => sum + row.tokens.input, 0)).toBe(whole?.tokens.input ?? 0);
      }),
      { numRuns: 100 },
    );
  });
});
