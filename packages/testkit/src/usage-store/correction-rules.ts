import assert from "node:assert/strict";
import { aCallRecord, aLine } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { lineIdsOf, noon, rowsBy, totalOf } from "./queries.ts";
import type { UsageStoreSubject } from "./subject.ts";

export const correctionRules: readonly Rule<UsageStoreSubject>[] = [
  {
    id: "U4",
    sentence: "a line that supersedes takes the other's place in every sum, also along a chain, and all stay readable",
    reason: "a late fact corrects the bill and history does not change (R7)",
    async check({ ledger, reader }) {
      await ledger.settle({ line: lostLine, call: aCallRecord() });
      assert.equal((await totalOf(reader)).atMostPico, 7_000n);
      for (const line of corrections) {
        await ledger.settle({ line, call: null });
        await ledger.settle({ line, call: null });
      }
      assert.deepEqual(await lineIdsOf(reader, "call-1"), ["att-1", "line-2", "line-3"]);
      const { calls, attempts, costPico, chargePico, atMostPico, unknown, estimated } = await totalOf(reader);
      assert.deepEqual([calls, attempts, costPico, chargePico, atMostPico], [1, 1, 3_000n, 4_000n, 0n]);
      assert.deepEqual([unknown, estimated], [0, 0]);
      const models = await rowsBy(reader, ["model"]);
      assert.deepEqual(
        models.map(({ model, attempts: count, calls: called }) => [model, count, called]),
        [
          ["example/large-1", 0, 1],
          ["example/small-1", 1, 0],
        ],
      );
    },
  },
  {
    id: "U5",
    sentence: "sums are the same in whatever order lines that supersede arrive",
    reason: "facts come from several processes, and from traces that are sent late",
    async check({ ledger, reader }) {
      for (const line of [...corrections].reverse()) await ledger.settle({ line, call: null });
      await ledger.settle({ line: lostLine, call: null });
      const { attempts, costPico, atMostPico, unknown, estimated } = await totalOf(reader);
      assert.deepEqual([attempts, costPico, atMostPico, unknown, estimated], [1, 3_000n, 0n, 0, 0]);
    },
  },
];

const lostLine = aLine({
  outcome: "lost",
  source: "unknown",
  usage: null,
  costPico: null,
  chargePico: null,
  unpricedReason: "process ended",
  atMostPico: 7_000n,
});

const corrections = [
  aLine({ lineId: "line-2", source: "estimated", costPico: 2_000n, recordedAt: noon + 10, supersedes: "att-1" }),
  aLine({
    lineId: "line-3",
    answered: { provider: "example", model: "small-1" },
    costPico: 3_000n,
    chargePico: 4_000n,
    recordedAt: noon + 20,
    supersedes: "line-2",
  }),
];
