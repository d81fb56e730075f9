import assert from "node:assert/strict";
import { usageOf } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { awkwardIds } from "../awkward-ids.ts";
import type { Rule } from "../contract.ts";
import { aDenial, installation, lineIdsOf, noon, rowsBy, totalOf } from "./queries.ts";
import type { UsageStoreSubject } from "./subject.ts";

export const ledgerRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "U1",
    sentence: "what is settled reads back equal in every field, and another client sees it at once",
    reason: "an explanation of a bill is only as good as the line it is read from",
    async check({ ledger, reader, another }) {
      const other = await another();
      await ledger.open(anIntent());
      await ledger.settle({ line: fullLine, call: fullCall });
      for (const seen of [reader, other.reader]) {
        assert.deepEqual(await seen.call(installation, "call-1"), { call: fullCall, lines: [fullLine] });
      }
    },
  },
  {
    id: "U2",
    sentence: "zero, empty and missing stay three things",
    reason: "a price of 0 is a price and an unknown cost is not nothing (R6)",
    async check({ ledger, reader }) {
      const free = aLine({
        attemptId: "att-free",
        usage: usageOf({}),
        costPico: 0n,
        chargePico: 0n,
        latencyMs: 0,
        responseId: "",
      });
      const unpriced = aLine({
        attemptId: "att-unpriced",
        costPico: null,
        chargePico: null,
        unpricedReason: "no price",
        priceId: null,
      });
      const lost = aLine({
        attemptId: "att-lost",
        outcome: "lost",
        source: "unknown",
        usage: null,
        costPico: null,
        chargePico: null,
        unpricedReason: "process ended",
        atMostPico: 7_000n,
        latencyMs: null,
        status: null,
      });
      for (const line of [free, unpriced, lost]) await ledger.settle({ line, call: null });
      const detail = await reader.call(installation, "call-1");
      assert.equal(detail?.call, null);
      const byId = new Map(detail?.lines.map((line) => [line.lineId, line]));
      for (const line of [free, unpriced, lost]) assert.deepEqual(byId.get(line.lineId), line);
      const { costPico, chargePico, atMostPico, unpriced: count, estimated, unknown } = await totalOf(reader);
      assert.deepEqual(
        { costPico, chargePico, atMostPico, count, estimated, unknown },
        {
          costPico: 0n,
          chargePico: 0n,
          atMostPico: 7_000n,
          count: 1,
          estimated: 0,
          unknown: 1,
        },
      );
    },
  },
  {
    id: "U3",
    sentence: "the same line or call again changes nothing: the first wins, and what is new beside it is kept",
    reason: "settlement is retried and ingested twice; a bill must not be (R1)",
    async check({ ledger, reader, another }) {
      const other = await another();
      await ledger.settle({ line: aLine(), call: null });
      await other.ledger.settle({ line: aLine({ costPico: 9n }), call: aCallRecord() });
      await ledger.settle({
        line: aLine({ attemptId: "att-2", ordinal: 2 }),
        call: aCallRecord({ outcome: "failed" }),
      });
      await ledger.settle({ line: null, call: aCallRecord({ outcome: "aborted" }) });
      assert.deepEqual(await lineIdsOf(reader, "call-1"), ["att-1", "att-2"]);
      assert.deepEqual((await reader.call(installation, "call-1"))?.call, aCallRecord());
      const { calls, attempts, failed, costPico } = await totalOf(reader);
      assert.deepEqual([calls, attempts, failed, costPico], [1, 2, 0, 2_000n]);
    },
  },
  {
    id: "U6",
    sentence: "everything settled at once, by several clients, is counted once each",
    reason: "a lost update is a call that nobody pays for (R1)",
    async check({ ledger, reader, another }) {
      const other = await another();
      const ids = Array.from({ length: 40 }, (_, index) => index);
      await Promise.all(
        ids.map(async (id) => {
          const from = id % 2 === 0 ? ledger : other.ledger;
          const line = aLine({ attemptId: `att-${id}`, callId: `call-${id}`, costPico: BigInt(id) });
          await from.open(anIntent({ attemptId: `att-${id}`, callId: `call-${id}` }));
          await Promise.all([
            from.settle({ line, call: aCallRecord({ callId: `call-${id}` }) }),
            other.ledger.settle({ line, call: null }),
          ]);
        }),
      );
      const { calls, attempts, costPico } = await totalOf(reader);
      assert.deepEqual([calls, attempts, costPico], [40, 40, 780n]);
    },
  },
  {
    id: "U7",
    sentence: "denials are counted by tenant, user, feature, model and time, each as often as it happened",
    reason: "a limit that is never seen to refuse cannot be sold higher",
    async check({ ledger, reader, flush }) {
      const other = aDenial({
        tenantId: "tenant-b",
        userId: "u",
        feature: "f",
        model: "example/large-1",
        at: noon + 86_400_000,
      });
      await Promise.all([
        ...Array.from({ length: 3 }, () => ledger.deny(aDenial())),
        ledger.deny(aDenial({ code: "budget_exceeded" })),
        ...Array.from({ length: 2 }, () => ledger.deny(other)),
      ]);
      await flush();
      const rows = await rowsBy(reader, ["tenant", "user", "feature", "model", "day"]);
      assert.deepEqual(
        rows.map(({ tenantId, userId, feature, model, day, denied }) => [
          tenantId,
          userId,
          feature,
          model,
          day,
          denied,
        ]),
        [
          ["tenant-a", null, null, null, "2026-01-15", 4],
          ["tenant-b", "u", "f", "example/large-1", "2026-01-16", 2],
        ],
      );
      const { denied, calls, failed, attempts } = await totalOf(reader);
      assert.deepEqual([denied, calls, failed, attempts], [6, 0, 0, 0]);
    },
  },
  {
    id: "U8",
    sentence: "money is exact above 2^53 in a line and above 2^63 in a sum",
    reason: "floats lose cents from nine thousand dollars on, and 64 bits overflow at nine million (R5)",
    async check({ ledger, reader }) {
      const amounts = [2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n - 1n, 2n ** 64n + 3n];
      for (const [index, amount] of amounts.entries()) {
        const item = { of: "input", quantity: 1, ratePico: amount, amountPico: amount };
        const money = { costPico: amount, chargePico: amount + 1n, holdPico: amount, costItems: [item] };
        const line = aLine({ attemptId: `att-${index}`, ordinal: index + 1, ...money });
        await ledger.settle({ line, call: null });
        assert.deepEqual((await reader.call(installation, "call-1"))?.lines[index], line);
      }
      const unknown = { source: "unknown", costPico: null, chargePico: null, atMostPico: 2n ** 65n + 1n } as const;
      await ledger.settle({ line: aLine({ attemptId: "att-unknown", ...unknown }), call: null });
      const sum = amounts.reduce((total, amount) => total + amount, 0n);
      const { costPico, chargePico, atMostPico } = await totalOf(reader);
      assert.deepEqual([costPico, chargePico, atMostPico], [sum, sum + 4n, 2n ** 65n + 1n]);
    },
  },
  {
    id: "U9",
    sentence: "ids of tenants, users, sessions, features, calls and attempts are told apart exactly",
    reason: "an id that is folded, cut or read as a pattern puts usage on another customer's bill (R4)",
    async check({ ledger, reader }) {
      for (const [index, id] of awkwardIds.entries()) {
        const who = { tenantId: id, userId: id, sessionId: id, feature: id, featuresUsed: [id], callId: id };
        await ledger.open(anIntent({ ...who, attemptId: id }));
        const line = aLine({ ...who, attemptId: id, costPico: BigInt(index + 1) });
        await ledger.settle({ line, call: aCallRecord(who) });
      }
      const expected = awkwardIds.map((id, index) => [id, 1, BigInt(index + 1)] as const);
      const sorted = expected.toSorted(([a], [b]) => (a < b ? -1 : 1));
      const read = [
        (await rowsBy(reader, ["tenant"])).map((row) => [row.tenantId, row.calls, row.costPico]),
        (await rowsBy(reader, ["user"])).map((row) => [row.userId, row.calls, row.costPico]),
        (await rowsBy(reader, ["session"])).map((row) => [row.sessionId, row.calls, row.costPico]),
        (await rowsBy(reader, ["feature"])).map((row) => [row.feature, row.calls, row.costPico]),
        (await rowsBy(reader, ["featureUsed"])).map((row) => [row.featureUsed, row.calls, row.costPico]),
      ];
      for (const rows of read) assert.deepEqual(rows, sorted);
      for (const id of awkwardIds) assert.deepEqual(await lineIdsOf(reader, id), [id]);
    },
  },
];

const fullLine = aLine({
  userId: "user-1",
  sessionId: "session-1",
  feature: "meeting-summary",
  featuresUsed: ["decisions", "summary"],
  keyId: "key-1",
  origin: "ingest",
  answered: { provider: "example", model: "vendor/large-1" },
  reportedModel: "large-1-2026-01-01",
  recordedAt: noon + 1_234,
  outcome: "cut",
  source: "estimated",
  usage: {
    tokens: { ...usageOf({ input: 1, cacheRead: 2, output: 3, reasoning: 4 }).tokens },
    fees: { webSearch: 2 },
    serviceTier: "batch",
  },
  costItems: [{ of: "input", quantity: 1, ratePico: 37_500n, amountPico: 37_500n }],
  latencyMs: 812.125,
  responseId: "resp-ü",
  marks: ["hold-exceeded", "model-differs"],
});

const fullCall = aCallRecord({
  userId: "user-1",
  sessionId: "session-1",
  feature: "meeting-summary",
  featuresUsed: ["decisions", "summary"],
  keyId: "key-1",
  origin: "ingest",
  attempts: 3,
  recordedAt: noon + 2_000,
  outcome: "aborted",
  failure: "cancelled",
  latencyMs: 900.5,
  ttftMs: null,
  verdicts: [
    { objectiveId: "latency-p95-2000ms", verdict: "good" },
    { objectiveId: "errors", verdict: "excluded" },
  ],
});
