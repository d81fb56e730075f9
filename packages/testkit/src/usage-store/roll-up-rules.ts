import assert from "node:assert/strict";
import { foldSla, foldUsage, type SlaReading, type UsageQuery } from "@tenantry/core";
import { aCallRecord, aLine } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { aDenial, always, installation, noon, rowsBy, tenant, usageQuery } from "./queries.ts";
import { type RandomUsage, writeRandomUsage } from "./random-usage.ts";
import type { UsageStoreSubject } from "./subject.ts";

const seed = 7;
const calls = 150;
const dayMs = 86_400_000;

const groupings: readonly UsageQuery["groupBy"][] = [
  [],
  ["tenant"],
  ["user"],
  ["session"],
  ["feature"],
  ["featureUsed"],
  ["model"],
  ["day"],
  ["month"],
  ["tenant", "model"],
  ["model", "tenant"],
  ["tenant", "user", "feature", "model", "day"],
  ["month", "featureUsed", "session"],
  ["day", "tenant", "session", "featureUsed", "model", "user", "feature", "month"],
];

export const rollUpRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "Q1",
    sentence: "usage equals the fold of all lines, calls and denials, for every grouping",
    reason: "a roll-up that drifts from its lines is a second, wrong ledger",
    async check(subject) {
      const written = await writeAll(subject);
      for (const groupBy of groupings) await assertFolds(subject, written, { groupBy });
    },
  },
  {
    id: "Q2",
    sentence: "periods are half-open and may begin and end at any millisecond",
    reason: "two months side by side must hold every line once (R8)",
    async check(subject) {
      const written = await writeAll(subject);
      const at = Date.UTC(2026, 0, 31);
      const periods = [
        { from: at, to: at + dayMs },
        { from: at + 1, to: at + dayMs + 1 },
        { from: at - 1, to: at },
        { from: at - 7_654_321, to: at + 3 * dayMs + 1_234_567 },
        { from: at + 1_000, to: at + 61_000 },
        { from: at, to: at },
      ];
      for (const period of periods) {
        for (const groupBy of [["tenant", "model"], ["featureUsed"], ["session", "day"]] as const) {
          await assertFolds(subject, written, { period, groupBy });
        }
      }
      const { ledger, reader } = subject;
      await ledger.settle({ line: aLine({ tenantId: "edge" }), call: aCallRecord({ tenantId: "edge" }) });
      const edge = async (from: number, to: number): Promise<readonly number[]> =>
        (await reader.usage(tenant("edge"), usageQuery({ period: { from, to } }))).map(
          (row) => row.calls + row.attempts,
        );
      assert.deepEqual(await edge(noon, noon + 1), [2]);
      assert.deepEqual(await edge(noon - 1, noon), []);
    },
  },
  {
    id: "Q3",
    sentence: "days and months begin at the asked zone's midnight",
    reason: "a customer's bill follows the customer's calendar, also where offsets are not whole hours (R8)",
    async check(subject) {
      const written = await writeAll(subject);
      for (const timeZone of ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Australia/Lord_Howe"]) {
        await assertFolds(subject, written, { timeZone, groupBy: ["day", "tenant"] });
        await assertFolds(subject, written, { timeZone, groupBy: ["month"] });
      }
    },
  },
  {
    id: "Q4",
    sentence: "filters by tenant, user, session and feature narrow every sum, denials included",
    reason: "a filtered report that leaves something out, or in, is believed all the same",
    async check(subject) {
      const written = await writeAll(subject);
      const filters: Partial<UsageQuery>[] = [
        { tenantId: "tenant:c%" },
        { userId: "user-1" },
        { sessionId: "session-2" },
        { feature: "search" },
        { tenantId: "tenant-a", userId: "User-1", feature: "meeting-summary" },
        { tenantId: "nobody" },
      ];
      for (const filter of filters) {
        for (const groupBy of [[], ["model", "day"]] as const)
          await assertFolds(subject, written, { ...filter, groupBy });
      }
    },
  },
  {
    id: "Q5",
    sentence: "rows ascend by their dimensions in code units, nulls last, and groups without anything are absent",
    reason: "reports are compared line by line; a row of zeros says that something was there",
    async check({ ledger, reader, flush }) {
      const users = ["b", "a", "\uffee", "\u{1f600}", "B", "é", null];
      for (const [index, userId] of users.entries()) {
        await ledger.settle({ line: aLine({ userId, attemptId: `att-${index}` }), call: null });
      }
      await ledger.settle({ line: aLine({ userId: "moved", attemptId: "att-m" }), call: null });
      const correction = { attemptId: "att-m", lineId: "line-m", userId: "b", supersedes: "att-m" };
      await ledger.settle({ line: aLine(correction), call: null });
      await ledger.deny(aDenial({ userId: "denied" }));
      await flush();
      assert.deepEqual(
        (await rowsBy(reader, ["user"])).map(({ userId }) => userId),
        ["B", "a", "b", "denied", "é", "\u{1f600}", "\uffee", null],
      );
      assert.deepEqual(await rowsBy(reader, ["user"], { period: { from: noon + dayMs, to: always.to } }), []);
      assert.deepEqual(await rowsBy(reader, ["featureUsed"]), []);
    },
  },
  {
    id: "Q6",
    sentence: "the SLA reading equals the fold of the calls, bucket by bucket, for any period and tenant",
    reason: "compliance is decided by these counts, and latencies of failed calls would flatter or ruin them",
    async check(subject) {
      const written = await writeAll(subject);
      const at = Date.UTC(2026, 0, 31);
      const periods = [
        always,
        { from: at, to: at + dayMs },
        { from: at + 12_345, to: at + dayMs + 54_321 },
        { from: at, to: at },
      ];
      for (const period of periods) {
        for (const tenantId of [undefined, "tenant-b", "nobody"]) {
          const query = tenantId === undefined ? { period } : { period, tenantId };
          const expected = foldSla(written.calls, query);
          assert.deepEqual(plain(await subject.reader.sla(installation, query)), plain(expected));
        }
      }
    },
  },
];

async function writeAll({ ledger, flush }: UsageStoreSubject): Promise<RandomUsage> {
  const written = await writeRandomUsage(ledger, seed, calls);
  await flush();
  return written;
}

async function assertFolds(
  { reader }: UsageStoreSubject,
  written: RandomUsage,
  overrides: Partial<UsageQuery>,
): Promise<void> {
  const query = usageQuery(overrides);
  const expected = foldUsage(written.lines, written.calls, written.denials, query);
  assert.deepEqual(await reader.usage(installation, query), expected, JSON.stringify(overrides));
}

/** Sketches as what they mean: where their buckets are kept is their own affair. */
function plain(reading: SlaReading): unknown {
  const sketch = ({ counts, firstBucket, ...rest }: SlaReading["latencies"][number]["latency"]): unknown => ({
    ...rest,
    buckets: [...counts].flatMap((count, slot) => (count === 0 ? [] : [[firstBucket + slot, count]])),
  });
  return {
    counts: reading.counts,
    latencies: reading.latencies.map((of) => ({ ...of, latency: sketch(of.latency), ttft: sketch(of.ttft) })),
  };
}
