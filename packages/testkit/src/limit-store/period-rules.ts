import assert from "node:assert/strict";
import type { BudgetReached, HoldClaim, LimitStore } from "@tenantry/core";
import type { Rule } from "../contract.ts";
import {
  admission,
  admits,
  budgetOf,
  hold,
  lastMonth,
  minuteMs,
  nextMonth,
  refuses,
  rolling,
  thisMonth,
} from "./claims.ts";
import type { LimitStoreSubject } from "./subject.ts";

/** Rollover from period to period, limits that move, and telling when a share is spent. */
export const periodRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L51",
    sentence:
      "a period inherits what the one before left of its own limit, at most the cap, and passes it on no further",
    reason: "a cap that is exceeded, or money that is handed on for ever, is a budget nobody set",
    async check({ store }) {
      await spend(store, [hold("k", 100n, 70n)], 70n);
      const next = (amountPico: bigint): HoldClaim => inNext("k", 100n, amountPico, 50n);
      const empty = await budgetOf(store, next(0n));
      assert.deepEqual([empty.limitPico, empty.rolledPico], [130n, 30n]);
      assert.equal((await budgetOf(store, inNext("k", 100n, 0n, 20n))).rolledPico, 20n);
      assert.equal((await budgetOf(store, inNext("untouched", 100n, 0n, 40n))).rolledPico, 40n);
      const { refusal } = await refuses(store, admission({ holds: [next(131n)] }), "budget");
      assert.deepEqual([refusal.limitPico, refusal.resetAt], [130n, null]);
      const { states } = await admits(store, admission({ holds: [next(130n)] }));
      assert.deepEqual([states.budgets[0]?.limitPico, states.budgets[0]?.heldPico], [130n, 130n]);
      await refuses(store, admission({ holds: [next(1n)] }), "budget");
      // The period in between had inherited 60 and spent 40 of its own 100: 60 are left of those, not 120.
      await spend(store, [hold("l", 100n, 40n, { rollover: from(lastMonth, 60n) })], 40n);
      assert.equal((await budgetOf(store, inNext("l", 100n, 0n, 999n))).rolledPico, 60n);
    },
  },
  {
    id: "L52",
    sentence: "what is held in the period before counts as spent, until it settles for less",
    reason: "money that may still be billed to December cannot be given away in January (R3)",
    async check({ store }) {
      const open = admission({ holds: [hold("k", 100n, 80n)] });
      await admits(store, open);
      await refuses(store, admission({ holds: [inNext("k", 100n, 121n, 100n)] }), "budget");
      assert.equal((await budgetOf(store, inNext("k", 100n, 0n, 100n))).rolledPico, 20n);
      await store.settle({ callId: open.callId, attemptId: open.attemptId, spentPico: 5n });
      assert.equal((await budgetOf(store, inNext("k", 100n, 0n, 100n))).rolledPico, 95n);
      await admits(store, admission({ holds: [inNext("k", 100n, 195n, 100n)] }));
      // Spent beyond its limit, a period leaves nothing, and owes nothing either.
      await spend(store, [hold("over", 100n, 100n)], 250n);
      assert.equal((await budgetOf(store, inNext("over", 100n, 0n, 100n))).limitPico, 100n);
    },
  },
  {
    id: "L53",
    sentence: "of what a period has drawn from the one before, a late call cannot be paid there again",
    reason: "two processes at a month's end must not spend the same dollar in both months (R3)",
    async check({ store, another }) {
      const late = await another();
      const old = (amountPico: bigint): HoldClaim => hold("k", 100n, amountPico, { rollover: from(lastMonth, 0n) });
      await spend(store, [old(30n)], 30n);
      const big = await spend(store, [inNext("k", 100n, 150n, 100n)], 10n);
      assert.ok(big);
      // 50 of the 70 that were left have been drawn, also where less was spent in the end.
      await refuses(late, admission({ holds: [old(21n)] }), "budget");
      await admits(late, admission({ holds: [old(20n)] }));
      await refuses(late, admission({ holds: [old(1n)] }), "budget");
      assert.equal((await budgetOf(store, inNext("k", 100n, 0n, 100n))).rolledPico, 50n);
    },
  },
  {
    id: "L54",
    sentence:
      "each share of a budget that is spent is told once per key and period, whoever settles, also after a crash",
    reason: "an alert that comes with every call is switched off, and one that never comes is none",
    async check({ store, another, flush, crash }) {
      const other = await another();
      const watched = (key: string): HoldClaim => hold(key, 100n, 10n, { alertAtPercent: [50, 80, 100] });
      assert.deepEqual(await settled(store, watched("k"), 49n), []);
      assert.deepEqual(await settled(other, watched("k"), 1n), [50]);
      assert.deepEqual(await settled(store, watched("k"), 10n), []);
      assert.equal((await budgetOf(store, watched("k"))).toldPercent, 50);
      const holds = [watched("k"), { ...watched("two"), limitPico: 40n }];
      const request = admission({ holds });
      await admits(store, request);
      const { callId, attemptId } = request;
      const { reached } = await store.settle({ callId, attemptId, spentPico: 30n, claims: holds });
      const resetAt = thisMonth.to;
      const one: BudgetReached = {
        key: "k",
        budgetId: "budget-k",
        percent: 80,
        limitPico: 100n,
        spentPico: 90n,
        resetAt,
      };
      const two = { key: "two", budgetId: "budget-two", percent: 50, limitPico: 40n, spentPico: 30n, resetAt };
      assert.deepEqual(reached, [one, two]);
      assert.deepEqual(await store.settle({ callId, attemptId, spentPico: 30n, claims: holds }), { reached: [] });
      assert.deepEqual(await settled(store, { ...watched("k"), span: inMonth(nextMonth) }, 100n), [50, 80, 100]);
      await flush();
      const next = await crash();
      assert.deepEqual(await settled(next, watched("k"), 1n), []);
      assert.equal((await budgetOf(next, watched("k"))).toldPercent, 80);
      assert.deepEqual(await settled(next, watched("k"), 9n), [100]);
      assert.deepEqual(await settled(next, watched("k"), 99n), []);
    },
  },
  {
    id: "L55",
    sentence: "a rolling budget tells a share at most once in any window, and again when it is reached after that",
    reason: "a day that is used up every day is told every day, and not with every call",
    async check({ store, clock }) {
      const watched = { ...rolling("k", 100n, 0n), alertAtPercent: [80] };
      assert.deepEqual(await settled(store, watched, 80n), [80]);
      await clock.advance(minuteMs - 1);
      assert.deepEqual(await settled(store, watched, 20n), []);
      await clock.advance(1);
      assert.deepEqual(await settled(store, watched, 59n), []);
      assert.equal((await budgetOf(store, watched)).toldPercent, null);
      assert.deepEqual(await settled(store, watched, 1n), [80]);
      assert.deepEqual(await settled(store, watched, 1n), []);
    },
  },
  {
    id: "L56",
    sentence:
      "two hundred admissions at once on money for ten admit exactly ten, inherited and topped-up money included",
    reason: "the busiest moment is when a limit has to hold (R3)",
    async check({ store, another }) {
      const stores = [store, await another(), await another(), await another()];
      for (const [index, claim] of [hold("plain", 100n, 10n), inNext("rolled", 70n, 10n, 30n)].entries()) {
        const results = await Promise.all(
          Array.from({ length: 200 }, (_, call) => {
            const client = stores[call % stores.length] ?? store;
            return client.admit(admission({ holds: [claim] }));
          }),
        );
        assert.equal(results.filter(({ kind }) => kind === "admitted").length, 10, `budget ${index}`);
        const { limitPico, heldPico } = await budgetOf(store, claim);
        assert.deepEqual([limitPico, heldPico], [100n, 100n]);
      }
    },
  },
  {
    id: "L57",
    sentence: "the limit of the claim is the one that counts, whatever an earlier claim on the same budget said",
    reason: "a top-up has to help at once, and what it added is gone when its time is over",
    async check({ store }) {
      await spend(store, [hold("k", 100n, 100n)], 100n);
      await refuses(store, admission({ holds: [hold("k", 100n, 1n)] }), "budget");
      await admits(store, admission({ holds: [hold("k", 150n, 50n)] }));
      await refuses(store, admission({ holds: [hold("k", 150n, 1n)] }), "budget");
      const { refusal } = await refuses(store, admission({ holds: [hold("k", 100n, 0n)] }), "budget");
      assert.deepEqual([refusal.limitPico, refusal.spentPico, refusal.heldPico], [100n, 100n, 50n]);
    },
  },
];

function inMonth(period: typeof thisMonth): HoldClaim["span"] {
  return { kind: "calendar", period };
}

function from(previous: typeof thisMonth, atMostPico: bigint): NonNullable<HoldClaim["rollover"]> {
  return { previous, previousLimitPico: 100n, atMostPico };
}

/** A claim of February that inherits from January, whose own limit was 100. */
function inNext(key: string, limitPico: bigint, amountPico: bigint, atMostPico: bigint): HoldClaim {
  return hold(key, limitPico, amountPico, { span: inMonth(nextMonth), rollover: from(thisMonth, atMostPico) });
}

async function spend(store: LimitStore, holds: readonly HoldClaim[], spentPico: bigint): Promise<readonly number[]> {
  const request = admission({ holds });
  await admits(store, request);
  const { callId, attemptId } = request;
  const { reached } = await store.settle({ callId, attemptId, spentPico, claims: holds });
  return reached.map(({ percent }) => percent);
}

/** What a settlement tells. The claim asks for nothing, so that it fits whatever was spent. */
async function settled(store: LimitStore, claim: HoldClaim, spentPico: bigint): Promise<readonly number[]> {
  return await spend(store, [{ ...claim, amountPico: 0n, breach: "warn" }], spentPico);
}
