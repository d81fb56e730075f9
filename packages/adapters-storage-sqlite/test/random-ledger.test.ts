import {
  type CallRecord,
  type DenialCount,
  encodeSketch,
  foldSla,
  foldUsage,
  type LedgerLine,
  type SlaReading,
  type UsageDimension,
  type UsageQuery,
} from "@tenantry/core";
import { aCallRecord, aLine, createManualClock } from "@tenantry/core/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";

const start = Date.UTC(2026, 9, 24, 21);
const everybody = { kind: "installation" } as const;

/** Around the end of summer time in Europe, a few seconds to two days apart, often right at a bucket's bound. */
const instant = fc
  .tuple(fc.integer({ min: 0, max: 200 }), fc.constantFrom(-1, 0, 1, 1_000, 123_456))
  .map(([quarters, ms]) => start + quarters * 900_000 + ms);
const who = fc.record({
  tenantId: fc.constantFrom("a", "b"),
  userId: fc.constantFrom(null, "u", "v"),
  sessionId: fc.constantFrom(null, "s"),
  feature: fc.constantFrom(null, "f", "g"),
  featuresUsed: fc.constantFrom([], ["x"], ["x", "y"]),
});
const money = fc.option(fc.bigInt({ min: 0n, max: 2n ** 70n }));
const model = fc.constantFrom("large", "small/1").map((name) => ({ provider: "p", model: name }));
const latency = fc.option(fc.constantFrom(0, 0.5, 120, 2_000));

const someLines = fc
  .array(
    fc.record({
      who,
      model,
      at: instant,
      costPico: money,
      chargePico: money,
      atMostPico: money,
      source: fc.constantFrom("measured", "estimated", "unknown") as fc.Arbitrary<LedgerLine["source"]>,
      supersedes: fc.option(fc.integer({ min: 0, max: 30 })),
    }),
    { maxLength: 30 },
  )
  .map((all) =>
    all.map(({ who: by, model: answered, at, supersedes, ...rest }, n) =>
      aLine({
        ...by,
        ...rest,
        answered,
        lineId: `l${n}`,
        attemptId: `l${n}`,
        callId: `c${n}`,
        occurredAt: at,
        supersedes: supersedes === null ? null : `l${supersedes}`,
      }),
    ),
  );
const someCalls = fc
  .array(
    fc.record({
      who,
      model,
      at: instant,
      outcome: fc.constantFrom("ok", "failed", "aborted") as fc.Arbitrary<CallRecord["outcome"]>,
      latencyMs: latency,
      ttftMs: latency,
      verdict: fc.constantFrom("good", "bad", "excluded") as fc.Arbitrary<"good">,
    }),
    { maxLength: 20 },
  )
  .map((all) =>
    all.map(({ who: by, at, verdict, ...rest }, n) =>
      aCallRecord({ ...by, ...rest, callId: `c${n}`, admittedAt: at, verdicts: [{ objectiveId: "o", verdict }] }),
    ),
  );
const someDenials: fc.Arbitrary<DenialCount[]> = fc
  .array(fc.record({ who, at: instant, model: fc.constantFrom(null, "p/large") }), { maxLength: 10 })
  .map((all) =>
    all.map(({ who: { tenantId, userId, feature }, at, model: asked }) => ({
      tenantId,
      userId,
      feature,
      model: asked,
      code: "rate_limited" as const,
      at,
    })),
  );
const someQuery: fc.Arbitrary<UsageQuery> = fc
  .record({
    ends: fc.tuple(instant, instant),
    groupBy: fc.subarray<UsageDimension>([
      "day",
      "tenant",
      "user",
      "session",
      "feature",
      "featureUsed",
      "model",
      "month",
    ]),
    timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham"),
    only: fc.constantFrom<Partial<UsageQuery>>(
      {},
      {},
      { tenantId: "a" },
      { userId: "u" },
      { sessionId: "s" },
      { feature: "f" },
    ),
  })
  .map(({ ends: [one, two], groupBy, timeZone, only }) => ({
    period: { from: Math.min(one, two), to: Math.max(one, two) },
    groupBy,
    timeZone,
    ...only,
  }));

async function record(
  { ledger }: SqliteStorage,
  lines: readonly LedgerLine[],
  calls: readonly CallRecord[],
  denials: readonly DenialCount[],
): Promise<void> {
  const half = Math.floor(lines.length / 2);
  // Two batches, so that roll-ups are both made and added to; everything twice, because the first counts alone.
  for (const part of [lines.slice(0, half), lines.slice(half), lines]) {
    await Promise.all(part.map((line) => ledger.settle({ line, call: null })));
  }
  await Promise.all([...calls, ...calls].map((call) => ledger.settle({ line: null, call })));
  await Promise.all(denials.map((denial) => ledger.deny(denial)));
}

it("answers every question as the fold of all lines, calls and denials does, superseded ones in any order", async () => {
  await fc.assert(
    fc.asyncProperty(
      someLines,
      someCalls,
      someDenials,
      fc.array(someQuery, { minLength: 6, maxLength: 6 }),
      async (lines, calls, denials, queries) => {
        const storage = await openSqliteStorage({ path: ":memory:" }, { clock: createManualClock() });
        await record(storage, lines, calls, denials);
        for (const query of queries) {
          expect(await storage.reader.usage(everybody, query)).toEqual(foldUsage(lines, calls, denials, query));
          const slaQuery = { period: query.period };
          expect(await storage.reader.sla(everybody, slaQuery)).toEqual(foldSla(calls, slaQuery));
        }
        await storage.close();
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

/** Some calls, told by spans, go again in the middle of it all; lines of other calls may supersede theirs. */
const someRetractions = fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { maxLength: 12 });

it("answers every question as the fold without the calls that were taken back, whatever their lines superseded", async () => {
  await fc.assert(
    fc.asyncProperty(
      someLines,
      someCalls,
      someRetractions,
      fc.array(someQuery, { minLength: 4, maxLength: 4 }),
      async (lines, calls, retracted, queries) => {
        const storage = await openSqliteStorage({ path: ":memory:" }, { clock: createManualClock() });
        const told = calls.map((call): CallRecord => ({ ...call, origin: "ingest" }));
        const tenantOf = new Map(told.map(({ callId, tenantId }) => [callId, tenantId]));
        const ids = retracted.map((n) => `c${n}`).filter((callId) => tenantOf.has(callId));
        const retract = async (some: readonly string[]): Promise<void> => {
          const of = (callId: string) => ({ callId, tenantId: tenantOf.get(callId)!, sameAs: "other", recordedAt: 1 });
          await Promise.all(some.map((callId) => storage.ledger.retract(of(callId))));
        };
        const half = Math.floor(lines.length / 2);
        await record(storage, lines.slice(0, half), told, []);
        await retract(ids.slice(0, Math.ceil(ids.length / 2)));
        await record(storage, lines.slice(half), [], []);
        await retract(ids);
        const isGone = ({ callId, tenantId }: { readonly callId: string; readonly tenantId: string }): boolean =>
          ids.includes(callId) && tenantOf.get(callId) === tenantId;
        const left = lines.filter((line) => !isGone(line));
        const standing = told.filter((call) => !isGone(call));
        for (const query of queries) {
          expect(await storage.reader.usage(everybody, query)).toEqual(foldUsage(left, standing, [], query));
          const slaQuery = { period: query.period };
          const sla = await storage.reader.sla(everybody, slaQuery);
          expect(plain(sla)).toEqual(plain(foldSla(standing, slaQuery)));
        }
        await storage.close();
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

/** Where a sketch keeps its buckets is its own affair. */
function plain({ counts, latencies }: SlaReading): unknown {
  const sketches = latencies.map(({ latency, ttft, ...of }) => [of, encodeSketch(latency), encodeSketch(ttft)]);
  return { counts, sketches };
}
