import assert from "node:assert/strict";
import {
  type AllowanceTerms,
  type CallRecord,
  encodeSketch,
  foldSla,
  foldUsage,
  type LedgerLine,
  type Retraction,
  type SlaReading,
  type UsageLedger,
} from "@tenantry/core";
import { aCallRecord, aLine } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import { createSeededRandom } from "../seeded-random.ts";
import { allPages, always, callQuery, installation, noon, tenant, totalOf, usageQuery } from "./queries.ts";
import { type RandomUsage, writeRandomUsage } from "./random-usage.ts";
import type { UsageClient, UsageStoreSubject } from "./subject.ts";

const dayMs = 86_400_000;

function retraction(callId: string, overrides: Partial<Retraction> = {}): Retraction {
  return { tenantId: "tenant-a", callId, sameAs: "call-ours", recordedAt: noon + 60_000, ...overrides };
}

/** The line and the record of a call that a span told of. */
function told(callId: string, overrides: Partial<LedgerLine> = {}, record: Partial<CallRecord> = {}) {
  const of = { callId, origin: "ingest", tenantId: overrides.tenantId ?? "tenant-a" } as const;
  return {
    line: aLine({ attemptId: `att-${callId}`, ...overrides, ...of }),
    call: aCallRecord({ ...of, verdicts: [{ objectiveId: "errors", verdict: "good" }], ...record }),
  };
}

/** Everything a reader can say of what counts, as plain values. */
async function countsOf({ reader }: Pick<UsageClient, "reader">): Promise<unknown> {
  const period = { from: noon - 60_000, to: noon + 1_800_000 };
  return {
    usage: await Promise.all(
      [usageQuery(), usageQuery({ period }), usageQuery({ groupBy: ["tenant", "user", "model", "day"] })].map(
        async (query) => await reader.usage(installation, query),
      ),
    ),
    sla: [await reader.sla(installation, { period: always }), await reader.sla(installation, { period })].map(plain),
    calls: await allPages(reader, installation, callQuery()),
    lines: (await reader.lines(installation, { period: always, limit: 1_000 })).lines,
  };
}

/** Sketches as what they mean: equal values give equal bytes. */
function plain({ counts, latencies }: SlaReading): unknown {
  const sketches = latencies.map(({ tenantId, calls, latency, ttft }) => ({
    ...{ tenantId, calls },
    latency: [...encodeSketch(latency)],
    ttft: [...encodeSketch(ttft)],
  }));
  return { counts, sketches };
}

/** A call of spans that turns out to be another. */
export const retractionRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "U40",
    sentence: "a retracted call is in no sum, count, service level, sketch or list: all is as if it had never been",
    reason: "what was told twice is billed once (R1)",
    async check(subject) {
      const { ledger, reader } = subject;
      await ledger.settle({ line: aLine(), call: aCallRecord({ latencyMs: 700 }) });
      const before = await countsOf(subject);
      // Slowest and fastest in turn, failed, with features, a user and a chain of corrections; and one alone in its hour.
      const facts: readonly [Partial<LedgerLine>, Partial<CallRecord>][] = [
        [{ costPico: 2n ** 65n }, { latencyMs: 9_000, ttftMs: 3 }],
        [
          { userId: "u", featuresUsed: ["x", "y"] },
          { userId: "u", featuresUsed: ["x"], latencyMs: 1, ttftMs: null },
        ],
        [
          { costPico: null, source: "unknown", atMostPico: 9n },
          { outcome: "failed", latencyMs: null, ttftMs: null },
        ],
        [{ tenantId: "tenant-b", occurredAt: noon + 3_600_000 }, { admittedAt: noon + 3_600_000 }],
      ];
      for (const [n, [line, call]] of facts.entries()) await ledger.settle(told(`c${n}`, line, call));
      const late = { lineId: "late", supersedes: "att-c0", costPico: 5n, recordedAt: noon + 9 };
      await ledger.settle({ ...told("c0", { ...late }), call: null });
      const other = await subject.another();
      assert.notDeepEqual(await countsOf(other), before);
      for (const n of [1, 0, 2]) await ledger.retract(retraction(`c${n}`));
      await other.ledger.retract(retraction("c3", { tenantId: "tenant-b" }));
      for (const client of [subject, other]) assert.deepEqual(await countsOf(client), before);
      assert.deepEqual(await reader.sla(tenant("tenant-b"), { period: always }), { counts: [], latencies: [] });
    },
  },
  {
    id: "U41",
    sentence:
      "a retracted call is still read with its record, its lines and the call it is the same as, by its own tenant",
    reason: "history does not change, and whoever looks for it is told where it went (R4, R7)",
    async check(subject) {
      const { ledger } = subject;
      const one = told("c1");
      await ledger.settle(one);
      const late = aLine({ ...one.line, lineId: "late", supersedes: one.line.lineId, recordedAt: noon + 9 });
      await ledger.settle({ line: late, call: null });
      assert.deepEqual(await subject.reader.call(installation, "c1"), { call: one.call, lines: [one.line, late] });
      await ledger.retract(retraction("c1"));
      const other = await subject.another();
      for (const { reader } of [subject, other]) {
        const expected = { call: one.call, lines: [one.line, late], sameAs: "call-ours" };
        assert.deepEqual(await reader.call(tenant("tenant-a"), "c1"), expected);
        assert.equal(await reader.call(tenant("tenant-b"), "c1"), null);
      }
    },
  },
  {
    id: "U42",
    sentence: "the first retraction wins, by whichever process; an unknown call, another tenant's and one of ours stay",
    reason: "what is taken out twice makes a sum that is too small, and only what was told may be taken back (R4)",
    async check(subject) {
      const { ledger, reader } = subject;
      const other = await subject.another();
      await ledger.settle(told("c1"));
      await ledger.settle(told("c2"));
      await ledger.settle({ line: aLine(), call: aCallRecord() });
      const before = await countsOf(subject);
      await ledger.retract(retraction("unknown"));
      await ledger.retract(retraction("c1", { tenantId: "tenant-b" }));
      await ledger.retract(retraction("call-1"));
      assert.deepEqual(await countsOf(other), before);
      assert.equal((await reader.call(installation, "call-1"))?.sameAs, undefined);
      await Promise.all([
        ...[1, 2, 3].map(async (n) => await ledger.retract(retraction("c1", { sameAs: n === 1 ? "first" : "later" }))),
        ...[4, 5].map(async () => await other.ledger.retract(retraction("c2"))),
      ]);
      await other.ledger.retract(retraction("c1", { sameAs: "later" }));
      assert.equal((await totalOf(reader)).calls, 1);
      assert.equal((await totalOf(other.reader)).costPico, 1_000n);
      assert.equal((await reader.call(installation, "c1"))?.sameAs, "first");
    },
  },
  {
    id: "U43",
    sentence: "what its lines in force drew on an allowance is there again, once, for the next line",
    reason: "a customer paid for what was included (R1)",
    async check(subject) {
      const terms = (chargePico: bigint): AllowanceTerms => ({
        id: "usd-month",
        unit: "usd",
        limit: 10n,
        period: { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) },
        exact: { numerator: chargePico, denominator: 1n },
      });
      const charged = async (callId: string, pico: bigint, of: Partial<LedgerLine> = {}): Promise<unknown> => {
        const { line, call } = told(callId, { chargePico: pico, ...of });
        return (await subject.ledger.settle({ line, terms: terms(pico), call }))?.chargePico;
      };
      assert.equal(await charged("a", 4n), 0n);
      // Draws 3 in place of 4.
      assert.equal(await charged("a", 3n, { lineId: "late", supersedes: "att-a", recordedAt: noon + 9 }), 0n);
      assert.equal(await charged("b", 9n), 2n);
      await subject.ledger.retract(retraction("a"));
      await subject.ledger.retract(retraction("a"));
      const again = await subject.crash();
      const stored = await again.ledger.settle({ ...told("c", { chargePico: 5n }), terms: terms(5n) });
      assert.deepEqual([stored?.chargePico, stored?.allowance?.before], [2n, 7n]);
      await again.ledger.retract(retraction("b"));
      await again.ledger.retract(retraction("c"));
      const last = await again.ledger.settle({ ...told("d", { chargePico: 12n }), terms: terms(12n) });
      assert.deepEqual([last?.chargePico, last?.allowance?.before], [2n, 0n]);
    },
  },
  {
    id: "U44",
    sentence:
      "what is settled for a retracted call afterwards changes nothing; another tenant's line of that id counts",
    reason: "a late fact about a call that is none would bring it back (R4)",
    async check(subject) {
      const { ledger, reader } = subject;
      const one = told("c1");
      await ledger.settle(one);
      await ledger.retract(retraction("c1"));
      const other = await subject.another();
      const before = await countsOf(subject);
      const detail = await reader.call(installation, "c1");
      for (const client of [subject, other]) {
        await client.ledger.settle(one);
        await client.ledger.settle(told("c1", { lineId: "late", supersedes: one.line.lineId, costPico: 7n }));
        await client.ledger.settle(told("c1", { attemptId: "second", ordinal: 2 }, { outcome: "failed" }));
        assert.deepEqual(await countsOf(client), before);
        assert.deepEqual(await client.reader.call(installation, "c1"), detail);
      }
      await ledger.settle({ line: aLine({ attemptId: "b", callId: "c1", tenantId: "tenant-b" }), call: null });
      assert.equal((await totalOf(reader)).attempts, 1);
    },
  },
  {
    id: "U45",
    sentence: "a retraction that is rejected left no trace and can be repeated; a resolved one survives its process",
    reason: "what replaces the call is committed with it, or neither is (R2)",
    async check(subject) {
      const { ledger } = subject;
      const before = await countsOf(subject);
      await ledger.settle(told("c1"));
      const there = await countsOf(subject);
      await subject.breakWrites();
      await rejectsWith("unavailable", async () => await ledger.retract(retraction("c1")));
      await subject.mendWrites();
      assert.deepEqual(await countsOf(subject), there);
      await ledger.retract(retraction("c1"));
      const again = await subject.crash();
      assert.deepEqual(await countsOf(again), before);
      await again.ledger.retract(retraction("c1"));
      assert.deepEqual(await countsOf(again), before);
    },
  },
  {
    id: "U46",
    sentence:
      "over random traffic and retractions by two processes, every sum and service level equals the fold without them",
    reason: "a roll-up that drifts from its lines is a second, wrong ledger",
    async check(subject) {
      const other = await subject.another();
      const { written, left } = await writeAndRetract([subject, other], 21, 120);
      assert.ok(left.calls.length > 40 && left.calls.length < written.calls.length - 20);
      const at = Date.UTC(2026, 0, 31);
      const periods = [always, { from: at, to: at + dayMs }, { from: at + 12_345, to: at + 2 * dayMs + 54_321 }];
      for (const { reader } of [subject, other]) {
        for (const period of periods) {
          for (const groupBy of [[], ["tenant", "model"], ["featureUsed"], ["user", "session", "day"]] as const) {
            const query = usageQuery({ period, groupBy });
            const expected = foldUsage(left.lines, left.calls, left.denials, query);
            assert.deepEqual(await reader.usage(installation, query), expected, JSON.stringify(query));
          }
          const sla = await reader.sla(installation, { period });
          assert.deepEqual(plain(sla), plain(foldSla(left.calls, { period })));
        }
      }
      const calls = await allPages(subject.reader, installation, callQuery());
      assert.deepEqual(calls.map(({ callId }) => callId).toSorted(), left.calls.map(({ callId }) => callId).toSorted());
    },
  },
];

/** Random traffic of spans, by either client in turn, of which some calls are retracted on the way, some of them twice. */
async function writeAndRetract(
  clients: readonly [UsageClient, UsageClient],
  seed: number,
  calls: number,
): Promise<{ readonly written: RandomUsage; readonly left: RandomUsage }> {
  const random = createSeededRandom(seed);
  const retracted = new Set<string>();
  const settled: CallRecord[] = [];
  const ledger = (): UsageLedger => random.pick(clients).ledger;
  const asTold: UsageLedger = {
    open: async (intent) => await ledger().open(intent),
    retract: async (of) => await ledger().retract(of),
    deny: async (denial) => await ledger().deny(denial),
    orphans: async () => await ledger().orphans(),
    async settle({ line, call }) {
      const stored = await ledger().settle({
        line: line === null ? null : { ...line, origin: "ingest" },
        call: call === null ? null : { ...call, origin: "ingest" },
      });
      if (call === null) return stored;
      settled.push(call);
      const gone = random.chance(0.5) ? settled[random.int(0, settled.length - 1)] : undefined;
      if (gone === undefined) return stored;
      const { callId, tenantId } = gone;
      await ledger().retract(retraction(callId, { tenantId }));
      if (random.chance(0.2)) await ledger().retract(retraction(callId, { tenantId, sameAs: "another" }));
      retracted.add(callId);
      return stored;
    },
  };
  const written = await writeRandomUsage(asTold, seed, calls);
  const isLeft = ({ callId }: { readonly callId: string }): boolean => !retracted.has(callId);
  return { written, left: { ...written, lines: written.lines.filter(isLeft), calls: written.calls.filter(isLeft) } };
}
