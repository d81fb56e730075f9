import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIngest, type Ingest, mostSpansOfTrace, type UnknownTenantPolicy } from "../src/ingest/ingest.ts";
import type { ProviderReport, ReportedSpan, SpanClaims, SpanScope } from "../src/ingest/reported-span.ts";
import { holdsFor } from "../src/limits/claims.ts";
import type { LedgerLine } from "../src/metering/ledger-line.ts";
import type { UsageDimension } from "../src/metering/usage-query.ts";
import { usd } from "../src/money/decimal.ts";
import { noTokens, usageOf } from "../src/pricing/usage.ts";
import { resolvePolicy } from "../src/tenancy/resolve-policy.ts";
import { createTenants } from "../src/tenancy/tenants.ts";
import { unattributedTenantId } from "../src/tenancy/unattributed.ts";
import {
  aCallRecord,
  aLine,
  aPrice,
  aPriceBook,
  aReport,
  aStoredSpan,
  aTenant,
  aTier,
} from "../src/testing/builders.ts";
import { createManualClock } from "../src/testing/manual-clock.ts";
import { createMemoryLimitStore } from "../src/testing/memory-limit-store.ts";
import { createMemorySpanStore } from "../src/testing/memory-span-store.ts";
import { createMemoryState, type MemoryState } from "../src/testing/memory-state.ts";
import { createMemoryTenantDirectory } from "../src/testing/memory-tenant-directory.ts";
import { createMemoryUsageStore } from "../src/testing/memory-usage-store.ts";

const now = Date.UTC(2026, 0, 15, 12, 30);
const began = Date.UTC(2026, 0, 15, 12);
const day = 86_400_000;
const all: SpanScope = { kind: "installation" };
const ever = { from: 0, to: now * 2 };

/** An installation in memory with tenants `tenant-a` and `tenant-b`. */
function openBooks(
  unknownTenant: UnknownTenantPolicy = { kind: "quarantine" },
  state: MemoryState = createMemoryState(),
  clockNow: number = now,
) {
  const clock = createManualClock({ now: clockNow });
  const tier = aTier({
    budgets: [
      {
        id: "month",
        scope: "tenant",
        limitPico: usd("1000"),
        span: { kind: "calendar", unit: "month" },
        breach: "block",
      },
    ],
    objectives: [{ id: "p95", metric: "latency", quantile: 0.95, thresholdMs: 500, minCalls: 1 }],
  });
  const tenants = createMemoryTenantDirectory([aTenant({ id: "tenant-a" }), aTenant({ id: "tenant-b" })]);
  const tiers = new Map([[tier.id, tier]]);
  const book = aPriceBook([aPrice({ rates: { input: 10n, output: 20n } })]);
  const ledger = createMemoryUsageStore({ state });
  const limits = createMemoryLimitStore({ state, clock });
  const spans = createMemorySpanStore({ state });
  const newTenants = createTenants({ directory: tenants, catalogue: { tiers, tenants: [] } as never });
  const ingest: Ingest = createIngest(
    { tenants, tiers, prices: { current: () => book }, ledger, limits, clock, spans, newTenants },
    { unknownTenant, acceptPastMs: 32 * day },
  );
  return {
    ingest,
    ledger,
    spans,
    tenants,
    usage: async (...groupBy: UsageDimension[]) => await ledger.usage(all, { period: ever, groupBy, timeZone: "UTC" }),
    total: async () => {
      const [row] = await ledger.usage(all, { period: ever, groupBy: [], timeZone: "UTC" });
      return { calls: row?.calls ?? 0, attempts: row?.attempts ?? 0, costPico: row?.costPico ?? 0n };
    },
    sla: async () => await ledger.sla(all, { period: ever }),
    spent: async (tenantId: string) => {
      const policy = resolvePolicy(tier, aTenant({ id: tenantId }));
      const holds = holdsFor(policy, aLine({ tenantId }), { now: began, timeZone: "UTC" }, 0n);
      const { budgets } = await limits.peek({ windows: [], leases: [], holds });
      return budgets[0]?.spentPico ?? 0n;
    },
  };
}

const traceId = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

function spanId(place: number): string {
  return (place + 1).toString(16).padStart(16, "0");
}

function claims(some: Partial<SpanClaims> = {}): SpanClaims {
  return { tenantId: "tenant-a", userId: null, sessionId: null, feature: null, ...some };
}

function span(
  place: number,
  some: Partial<ReportedSpan> & { readonly tells?: Partial<ProviderReport>; readonly under?: number } = {},
): ReportedSpan {
  const { tells, under, ...rest } = some;
  const { scope: _scope, tenantId: _tenant, keyId: _key, bookedAs: _call, ...plain } = aStoredSpan();
  return {
    ...plain,
    traceId,
    spanId: spanId(place),
    parentSpanId: under === undefined ? null : spanId(under),
    startedAt: began + place,
    endedAt: began + place + 100,
    report: tells === undefined ? null : aReport(tells),
    ...rest,
  };
}

/** What one call of `aReport` costs. */
const once = 8n * 10n + 2n * 20n;

describe("what spans tell of", () => {
  it("a reported call is priced by us, counted in calls, service levels and budgets, and keeps what it was told to cost", async () => {
    const books = openBooks();
    const told = span(0, { tells: { toldCostPico: 5n, responseId: "r1" }, claims: claims({ userId: "ann" }) });
    expect(await books.ingest.record(all, "key-1", [told])).toMatchObject({ accepted: 1, known: 0, refused: [] });
    const [row] = await books.usage("tenant", "user", "model");
    expect(row).toMatchObject({
      tenantId: "tenant-a",
      userId: "ann",
      model: "example/large-1",
      calls: 1,
      costPico: once,
      chargePico: once,
    });
    expect((await books.sla()).counts).toEqual([
      { tenantId: "tenant-a", objectiveId: "p95", good: 1, bad: 0, excluded: 0 },
    ]);
    expect(await books.spent("tenant-a")).toBe(once);
    const { lines } = await books.ledger.lines(all, { period: ever, limit: 10 });
    expect(lines[0]).toMatchObject({ origin: "ingest", keyId: "key-1", toldCostPico: 5n, responseId: "r1" });
  });

  it("the same batch again changes nothing", async () => {
    const books = openBooks();
    const batch = [span(0), span(1, { under: 0, tells: {} }), span(2, { under: 0, tells: { responseId: "r" } })];
    await books.ingest.record(all, null, batch);
    const before = [await books.usage("tenant", "day"), await books.sla(), await books.spent("tenant-a")];
    expect(await books.ingest.record(all, null, batch)).toMatchObject({ accepted: 0, known: 3 });
    expect([await books.usage("tenant", "day"), await books.sla(), await books.spent("tenant-a")]).toEqual(before);
  });

  it("a wrapper and the call inside it are one; the figures are the inner one's", async () => {
    const books = openBooks();
    await books.ingest.record(all, null, [span(0, { tells: { usage: usageOf({ input: 99 }) } })]);
    await books.ingest.record(all, null, [span(2, { under: 1, tells: {} })]);
    expect(await books.total()).toMatchObject({ calls: 2 });
    await books.ingest.record(all, null, [span(1, { under: 0 })]);
    expect(await books.total()).toEqual({ calls: 1, attempts: 1, costPico: once });
    expect(await books.spent("tenant-a")).toBe(once);
  });

  it("a wrapper of several calls is none itself, and one without counts gets those of its wrapper", async () => {
    const books = openBooks();
    const wrapper = span(0, { tells: { usage: usageOf({ input: 16, output: 4 }), responseId: "r2" } });
    await books.ingest.record(all, null, [
      wrapper,
      span(1, { under: 0, tells: { responseId: "r1" } }),
      span(2, { under: 0, tells: { responseId: "r2" } }),
    ]);
    expect(await books.total()).toEqual({ calls: 2, attempts: 2, costPico: 2n * once });
    await books.ingest.record(all, null, [
      span(10, { tells: {}, traceId: "b".repeat(32) }),
      span(11, { under: 10, tells: { usage: null }, traceId: "b".repeat(32) }),
    ]);
    expect(await books.total()).toEqual({ calls: 3, attempts: 3, costPico: 3n * once });
  });

  it("a call that has its own answer is no wrapper of another answer below it", async () => {
    const books = openBooks();
    await books.ingest.record(all, null, [
      span(0, { tells: { responseId: "outer" } }),
      span(1, { under: 0, tells: { responseId: "inner" } }),
    ]);
    expect(await books.total()).toMatchObject({ calls: 2, costPico: 2n * once });
  });

  it("two instrumentations of one answer are one call, in one trace or in two, and not across tenants", async () => {
    const books = openBooks();
    const other = { traceId: "c".repeat(32) };
    await books.ingest.record(all, null, [span(0, { tells: { responseId: "r" } })]);
    await books.ingest.record(all, null, [span(1, { tells: { responseId: "r" }, ...other })]);
    expect(await books.total()).toMatchObject({ calls: 1 });
    await books.ingest.record(all, null, [
      span(2, { tells: { responseId: "r" }, claims: claims({ tenantId: "tenant-b" }) }),
    ]);
    expect(await books.total()).toMatchObject({ calls: 2 });
  });

  it("a tenant's own key cannot make cheaper what the operator's key has told", async () => {
    const books = openBooks();
    await books.ingest.record(all, null, [span(5, { tells: { responseId: "r" } })]);
    const own = span(0, { tells: { responseId: "r", usage: usageOf({}) }, traceId: "0".repeat(31) + "1" });
    await books.ingest.record({ kind: "tenant", tenantId: "tenant-a" }, "key", [own]);
    expect(await books.total()).toEqual({ calls: 1, attempts: 1, costPico: once });
  });

  it("a call of ours wins, also when it is settled after its span came", async () => {
    for (const first of ["span", "call"]) {
      const books = openBooks();
      const settle = async (): Promise<unknown> =>
        await books.ledger.settle({ line: aLine({ responseId: "r", costPico: 77n }), call: aCallRecord() });
      const report = async (): Promise<unknown> =>
        await books.ingest.record(all, null, [span(0, { tells: { responseId: "r" } })]);
      await (first === "span" ? report() : settle());
      await (first === "span" ? settle() : report());
      await books.ingest.settlePending();
      expect(await books.total()).toEqual({ calls: 1, attempts: 1, costPico: 77n });
      expect(await books.spent("tenant-a")).toBe(0n);
      expect(await books.ingest.settlePending()).toBe(0);
    }
  });

  it("a refusal costs nothing, and what nobody counted is unknown and not 0", async () => {
    const books = openBooks();
    await books.ingest.record(all, null, [
      span(0, { tells: { outcome: "failed", status: 400, usage: null } }),
      span(1, { tells: { outcome: "failed", status: 500, usage: null } }),
      span(2, { tells: { usage: null } }),
    ]);
    const { lines } = await books.ledger.lines(all, { period: ever, limit: 10 });
    expect(lines.map(({ outcome, costPico, source }) => [outcome, costPico, source])).toEqual([
      ["refused", 0n, "measured"],
      ["failed", null, "unknown"],
      ["ok", null, "unknown"],
    ]);
    expect((await books.sla()).counts[0]).toMatchObject({ good: 1, bad: 1, excluded: 1 });
  });
});

describe("whom spans count for", () => {
  it("the nearest ancestor that names a tenant decides, whenever it comes", async () => {
    const books = openBooks();
    await books.ingest.record(all, null, [span(2, { under: 1, tells: {}, claims: claims({ tenantId: null }) })]);
    expect(await books.usage("tenant")).toMatchObject([{ tenantId: unattributedTenantId, calls: 1, chargePico: 0n }]);
    await books.ingest.record(all, null, [span(1, { under: 0, claims: claims({ tenantId: null, userId: "ann" }) })]);
    await books.ingest.record(all, null, [span(0, { claims: claims({ tenantId: "tenant-b", sessionId: "s1" }) })]);
    expect(await books.usage("tenant", "session")).toMatchObject([
      { tenantId: "tenant-b", sessionId: "s1", calls: 1, attempts: 1, costPico: once },
    ]);
    expect(await books.spent("tenant-b")).toBe(once);
    expect(await books.spent("tenant-a")).toBe(0n);
  });

  it("a tenant's key writes for its tenant alone", async () => {
    const books = openBooks();
    const scope: SpanScope = { kind: "tenant", tenantId: "tenant-b" };
    const foreign = await books.ingest.record(scope, "key", [span(0, { tells: {} })]);
    expect(foreign).toMatchObject({
      accepted: 0,
      refused: [{ reason: "names another tenant than its key is for", spans: 1 }],
    });
    await books.ingest.record(scope, "key", [span(0, { tells: {}, claims: claims({ tenantId: null }) })]);
    expect(await books.usage("tenant")).toMatchObject([{ tenantId: "tenant-b", calls: 1 }]);
    // The same ids brought by two keys' scopes are two spans: neither can keep the other's out.
    await books.ingest.record(all, null, [span(0, { tells: {} })]);
    expect(await books.usage("tenant")).toMatchObject([{ tenantId: "tenant-a" }, { tenantId: "tenant-b" }]);
  });

  it("an unknown tenant's spans are refused, kept for nobody, or make the tenant, as the installation says", async () => {
    const ghost = span(0, { tells: {}, claims: claims({ tenantId: "ghost" }) });
    const rejecting = openBooks({ kind: "reject" });
    expect((await rejecting.ingest.record(all, null, [ghost])).refused).toEqual([
      { reason: "names a tenant that does not exist", spans: 1 },
    ]);
    expect(await rejecting.total()).toMatchObject({ calls: 0 });
    const keeping = openBooks();
    await keeping.ingest.record(all, null, [ghost]);
    expect(await keeping.usage("tenant")).toMatchObject([{ tenantId: unattributedTenantId, costPico: once }]);
    const making = openBooks({ kind: "create", tierId: "tier-a" });
    await making.ingest.record(all, null, [ghost]);
    expect(await making.usage("tenant")).toMatchObject([{ tenantId: "ghost", chargePico: once }]);
    expect(await making.tenants.find("ghost")).toMatchObject({ tier: "tier-a" });
  });
});

describe("what cannot be", () => {
  it("clocks that are days ahead are set right with a remark, and what is too old is refused", async () => {
    const books = openBooks();
    const ahead = span(0, { tells: {}, startedAt: now + 3 * day, endedAt: now + 3 * day + 700 });
    const old = span(1, { tells: {}, startedAt: now - 40 * day, endedAt: now - 40 * day + 1 });
    expect(await books.ingest.record(all, null, [ahead, old])).toEqual({
      accepted: 1,
      known: 0,
      refused: [{ reason: "began more than 32 days ago", spans: 1 }],
      remarks: [{ reason: "is from a clock ahead of ours: moved to when it came", spans: 1 }],
    });
    const { lines } = await books.ledger.lines(all, { period: ever, limit: 10 });
    expect(lines[0]).toMatchObject({ occurredAt: now - 700, latencyMs: 700 });
  });

  it("a call has the same id whatever the clock says that sets its span right, so that two who book it at once book it once", async () => {
    const ahead = span(0, { tells: {}, startedAt: now + 3 * day, endedAt: now + 3 * day + 700 });
    const ids = await Promise.all(
      [now, now + 1].map(async (clockNow) => {
        const books = openBooks({ kind: "quarantine" }, createMemoryState(), clockNow);
        await books.ingest.record(all, null, [ahead]);
        const { lines } = await books.ledger.lines(all, { period: ever, limit: 10 });
        expect(lines[0]?.occurredAt).toBe(clockNow - 700);
        return lines[0]?.callId;
      }),
    );
    expect(ids[0]).toContain(`${traceId}-${spanId(0)}`);
    expect(ids[1]).toBe(ids[0]);
  });

  it("spans that are each other's parents end", async () => {
    const books = openBooks();
    await books.ingest.record(all, null, [
      span(0, { under: 1, tells: {} }),
      span(1, { under: 0, tells: {} }),
      span(2, { under: 2, tells: {}, traceId: "d".repeat(32) }),
    ]);
    expect((await books.total()).calls).toBeLessThanOrEqual(3);
  });

  it("a trace without end is refused beyond its bound", async () => {
    const books = openBooks();
    const many = Array.from({ length: mostSpansOfTrace + 5 }, (_, place) => span(place));
    expect(await books.ingest.record(all, null, many)).toMatchObject({
      accepted: mostSpansOfTrace,
      refused: [{ reason: `is beyond ${mostSpansOfTrace} spans of its trace`, spans: 5 }],
    });
  });

  it("two processes that write at once book a call once", async () => {
    const state = createMemoryState();
    const [one, other] = [openBooks(undefined, state), openBooks(undefined, state)];
    await Promise.all([
      one.ingest.record(all, null, [span(0, { tells: { responseId: "r" } })]),
      other.ingest.record(all, null, [span(1, { tells: { responseId: "r" }, traceId: "e".repeat(32) })]),
    ]);
    expect(await one.total()).toEqual({ calls: 1, attempts: 1, costPico: once });
    expect(await one.spent("tenant-a")).toBe(once);
  });
});

describe("any order", () => {
  const anId = fc.constantFrom(null, null, "r1", "r2", "r3");
  const aSpan = fc.record({
    trace: fc.constantFrom("1".repeat(32), "2".repeat(32)),
    under: fc.option(fc.nat(9), { nil: undefined, freq: 3 }),
    reports: fc.boolean(),
    responseId: anId,
    attemptId: fc.constantFrom(null, null, null, "att-1", "att-2"),
    usage: fc.constantFrom(null, usageOf({ input: 3 }), usageOf({ output: 5 }), { ...usageOf({}), tokens: noTokens }),
    tenantId: fc.constantFrom(null, "tenant-a", "tenant-a", "tenant-b", "ghost"),
    sessionId: fc.constantFrom(null, "s1", "s2"),
    fails: fc.boolean(),
  });
  const aCall = fc.record({
    attemptId: fc.constantFrom("att-1", "att-2", "att-3"),
    responseId: anId,
    tenantId: fc.constantFrom("tenant-a", "tenant-b"),
  });
  type Step = readonly ReportedSpan[] | LedgerLine;

  it("the books are a function of what was told, not of when", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aSpan, { minLength: 1, maxLength: 10 }),
        fc.uniqueArray(aCall, { maxLength: 2, selector: ({ attemptId }) => attemptId }),
        fc.infiniteStream(fc.nat()),
        async (drafts, calls, random) => {
          const spans = drafts.map(({ trace, under, reports, responseId, attemptId, usage, fails, ...who }, place) =>
            span(place, {
              traceId: trace,
              ...(under === undefined ? {} : { under }),
              ...(reports ? { tells: { responseId, attemptId, usage, outcome: fails ? "failed" : "ok" } } : {}),
              claims: claims(who),
            }),
          );
          const lines = calls.map((call, place) =>
            aLine({ ...call, callId: `call-${place}`, lineId: call.attemptId, costPico: 1_000_000n }),
          );
          const roll = (below: number): number => (random.next().value as number) % below;
          const shuffled = <Item>(items: readonly Item[]): Item[] => {
            const left = [...items];
            return items.map(() => left.splice(roll(left.length), 1)[0] as Item);
          };
          const outcomes: unknown[] = [];
          for (let order = 0; order < 2; order += 1) {
            const books = openBooks();
            const steps: Step[] = [...lines];
            for (const one of spans) {
              const last = steps.at(-1);
              if (Array.isArray(last) && roll(2) === 0) last.push(one);
              else steps.push([one]);
            }
            // Each batch is also sent once more, somewhere.
            for (const step of shuffled([...steps, ...steps])) {
              // eslint-disable-next-line no-await-in-loop
              if (Array.isArray(step)) await books.ingest.record(all, "key", shuffled(step));
              else {
                const line = step as LedgerLine;
                const { callId, tenantId } = line;
                // eslint-disable-next-line no-await-in-loop
                await books.ledger.settle({ line, call: aCallRecord({ callId, tenantId }) });
              }
            }
            // eslint-disable-next-line no-await-in-loop
            await books.ingest.settlePending();
            outcomes.push([
              // eslint-disable-next-line no-await-in-loop
              await books.usage("tenant", "user", "session", "model", "day"),
              // eslint-disable-next-line no-await-in-loop
              (await books.sla()).counts,
              // eslint-disable-next-line no-await-in-loop
              [await books.spent("tenant-a"), await books.spent("tenant-b")],
            ]);
            // eslint-disable-next-line no-await-in-loop
            const rows = await books.usage("tenant");
            for (const { tenantId = "", costPico } of rows) {
              if (tenantId === unattributedTenantId) continue;
              const own = BigInt(lines.filter((line) => line.tenantId === tenantId).length) * 1_000_000n;
              // eslint-disable-next-line no-await-in-loop
              expect(await books.spent(tenantId)).toBe(costPico - own);
            }
          }
          expect(outcomes[1]).toEqual(outcomes[0]);
        },
      ),
      { numRuns: 400 },
    );
  });
});
