import assert from "node:assert/strict";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import { installation, lineIdsOf, rowsBy, totalOf, usageQuery } from "./queries.ts";
import type { UsageStoreSubject } from "./subject.ts";

export const durabilityRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "U10",
    sentence: "an attempt is opened once: again is a conflict, before and after its line, and changes nothing",
    reason: "two attempts under one id would be one line for two bills (R1)",
    async check({ ledger, another, crash }) {
      const other = await another();
      await ledger.open(anIntent());
      await rejectsWith("conflict", () => ledger.open(anIntent()));
      await rejectsWith("conflict", () => other.ledger.open(anIntent({ callId: "call-1", ordinal: 9 })));
      await ledger.settle({ line: aLine(), call: null });
      await rejectsWith("conflict", () => ledger.open(anIntent()));
      await ledger.open(anIntent({ attemptId: "att-2", ordinal: 2 }));
      const next = await crash();
      assert.deepEqual(await next.ledger.orphans(), [
        {
          callId: "call-1",
          intents: [
            { intent: anIntent(), settled: true },
            { intent: anIntent({ attemptId: "att-2", ordinal: 2 }), settled: false },
          ],
        },
      ]);
    },
  },
  {
    id: "U11",
    sentence: "an open intent survives its process whole, in order, and says whether it has a line",
    reason: "after a crash it is all that is known of a request that may have been billed (R2)",
    async check({ ledger, crash }) {
      const second = anIntent({
        attemptId: "att-2",
        ordinal: 2,
        userId: "u%'\"",
        sessionId: "s:1",
        feature: "f",
        featuresUsed: ["a", "b"],
        keyId: "key-1",
        atMostPico: 2n ** 64n,
        objectiveIds: ["latency-p95"],
      });
      const third = anIntent({ attemptId: "att-3", ordinal: 3, atMostPico: null });
      for (const intent of [third, anIntent(), second]) await ledger.open(intent);
      await ledger.settle({ line: aLine({ attemptId: "att-2", ordinal: 2 }), call: null });
      const next = await crash();
      assert.deepEqual(await next.ledger.orphans(), [
        {
          callId: "call-1",
          intents: [
            { intent: anIntent(), settled: false },
            { intent: second, settled: true },
            { intent: third, settled: false },
          ],
        },
      ]);
    },
  },
  {
    id: "U12",
    sentence: "orphans are calls of dead owners alone: not of a living one, not of this one, not closed ones",
    reason: "a report run beside a live server must not turn its calls into unknown ones (R2)",
    async check({ ledger, another, crash }) {
      const living = await another();
      await living.ledger.open(anIntent({ callId: "call-living", attemptId: "att-living" }));
      await ledger.open(anIntent({ callId: "call-open", attemptId: "att-open" }));
      await ledger.open(anIntent({ callId: "call-closed", attemptId: "att-closed" }));
      const line = aLine({ callId: "call-closed", attemptId: "att-closed" });
      await ledger.settle({ line, call: aCallRecord({ callId: "call-closed" }) });
      assert.deepEqual(await ledger.orphans(), []);
      assert.deepEqual(await living.ledger.orphans(), []);
      const next = await crash();
      await next.ledger.open(anIntent({ callId: "call-next", attemptId: "att-next" }));
      for (const reads of [next, living]) {
        assert.deepEqual(
          (await reads.ledger.orphans()).map(({ callId }) => callId),
          ["call-open"],
        );
      }
    },
  },
  {
    id: "U13",
    sentence: "an orphan that is settled with its call is none any more, and is in the sums",
    reason: "recovery runs at every start and must come to an end",
    async check({ ledger, crash }) {
      await ledger.open(anIntent());
      await ledger.open(anIntent({ attemptId: "att-2", ordinal: 2 }));
      const { ledger: next, reader } = await crash();
      const lost = {
        outcome: "lost",
        source: "unknown",
        usage: null,
        costPico: null,
        chargePico: null,
        atMostPico: 5n,
      } as const;
      await next.settle({ line: aLine(lost), call: null });
      assert.deepEqual(
        (await next.orphans()).map(({ intents }) => intents.map(({ settled }) => settled)),
        [[true, false]],
      );
      const line = aLine({ ...lost, attemptId: "att-2", ordinal: 2 });
      await next.settle({ line, call: aCallRecord({ outcome: "lost", latencyMs: null, ttftMs: null }) });
      assert.deepEqual(await next.orphans(), []);
      const { calls, failed, attempts, unknown, atMostPico } = await totalOf(reader);
      assert.deepEqual([calls, failed, attempts, unknown, atMostPico], [1, 1, 2, 2, 10n]);
    },
  },
  {
    id: "U14",
    sentence: "what was settled survives the death of its process",
    reason: "the caller has the answer and the provider has sent its bill (R2)",
    async check({ ledger, crash }) {
      await ledger.open(anIntent());
      await ledger.settle({ line: aLine(), call: aCallRecord() });
      const { ledger: next, reader } = await crash();
      assert.deepEqual(await reader.call(installation, "call-1"), { call: aCallRecord(), lines: [aLine()] });
      const { calls, costPico } = await totalOf(reader);
      assert.deepEqual([calls, costPico], [1, 1_000n]);
      assert.deepEqual(await next.orphans(), []);
    },
  },
  {
    id: "U15",
    sentence: "everything, denials included, is there after closing and opening again, and idempotence too",
    reason: "running twice keeps history",
    async check({ ledger, reopen }) {
      await ledger.settle({ line: aLine(), call: aCallRecord() });
      await ledger.deny({
        tenantId: "tenant-a",
        userId: "u",
        feature: null,
        model: null,
        code: "rate_limited",
        at: aLine().occurredAt,
      });
      const again = await reopen();
      await again.ledger.settle({ line: aLine(), call: aCallRecord() });
      const { calls, attempts, costPico, denied } = await totalOf(again.reader);
      assert.deepEqual([calls, attempts, costPico, denied], [1, 1, 1_000n, 1]);
    },
  },
  {
    id: "U16",
    sentence: "an open that is rejected left no trace: it can be repeated, and there is nothing to recover",
    reason: "nothing was sent, so nothing may look as if it had been (R2)",
    async check({ ledger, breakWrites, mendWrites, crash }) {
      await breakWrites();
      await rejectsWith("unavailable", () => ledger.open(anIntent({ atMostPico: 1n })));
      await rejectsWith("unavailable", () => ledger.open(anIntent({ callId: "call-2", attemptId: "att-2" })));
      await mendWrites();
      await ledger.open(anIntent());
      const next = await crash();
      assert.deepEqual(await next.ledger.orphans(), [
        { callId: "call-1", intents: [{ intent: anIntent(), settled: false }] },
      ]);
    },
  },
  {
    id: "U17",
    sentence: "a settle that is rejected left no trace, the intent stays open, and it can be repeated",
    reason: "half a settlement is a line without its call or a sum without its line (R1)",
    async check({ ledger, reader, breakWrites, mendWrites, crash }) {
      await ledger.open(anIntent());
      await breakWrites();
      await rejectsWith("unavailable", () => ledger.settle({ line: aLine({ costPico: 9n }), call: aCallRecord() }));
      assert.deepEqual(await lineIdsOf(reader, "call-1"), []);
      assert.deepEqual(await reader.usage(installation, usageQuery()), []);
      await mendWrites();
      assert.deepEqual(await rowsBy(reader, ["model"]), []);
      await ledger.open(anIntent({ callId: "call-2", attemptId: "att-2" }));
      await ledger.settle({
        line: aLine({ callId: "call-2", attemptId: "att-2" }),
        call: aCallRecord({ callId: "call-2" }),
      });
      const next = await crash();
      assert.deepEqual(
        (await next.ledger.orphans()).map(({ callId, intents }) => [callId, intents.map(({ settled }) => settled)]),
        [["call-1", [false]]],
      );
      await next.ledger.settle({ line: aLine(), call: aCallRecord() });
      assert.equal((await totalOf(next.reader)).costPico, 2_000n);
    },
  },
];
