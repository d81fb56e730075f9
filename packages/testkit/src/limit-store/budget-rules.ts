import assert from "node:assert/strict";
import type { AdmitRequest, LimitStore } from "@tenantry/core";
import type { Rule } from "../contract.ts";
import { admission, admits, budgetOf, hold, minuteMs, nextMonth, refuses, rolling, thisMonth } from "./claims.ts";
import type { LimitStoreSubject } from "./subject.ts";

export const budgetRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L17",
    sentence: "a blocking hold fits exactly while spent, held and the claim are at most the limit",
    reason: "one pico-dollar over is over (R3), and a budget must be usable to its last",
    async check({ store }) {
      const { states } = await admits(store, admission({ holds: [hold("k", 100n, 60n)] }));
      assert.deepEqual(states.budgets, [
        { budgetId: "budget-k", limitPico: 100n, spentPico: 0n, heldPico: 60n, breach: "block", resetAt: thisMonth.to },
      ]);
      await spend(store, [hold("k", 100n, 10n)], 15n);
      await refuses(store, admission({ holds: [hold("k", 100n, 26n)] }), "budget");
      await admits(store, admission({ holds: [hold("k", 100n, 25n)] }));
      await admits(store, admission({ holds: [hold("k", 100n, 0n)] }));
      await refuses(store, admission({ holds: [hold("k", 100n, 1n)] }), "budget");
    },
  },
  {
    id: "L18",
    sentence: "a refused hold says what is spent, held and asked for, and when spent money counts no more",
    reason: "a customer told only no cannot tell a used-up month from a request that is too large",
    async check({ store, clock }) {
      await spend(store, [hold("k", 100n, 50n)], 40n);
      await admits(store, admission({ holds: [hold("k", 100n, 30n)] }));
      const { refusal } = await refuses(store, admission({ holds: [hold("k", 100n, 31n)] }), "budget");
      const figures = { limitPico: 100n, spentPico: 40n, heldPico: 30n };
      assert.deepEqual(refusal, {
        kind: "budget",
        budgetId: "budget-k",
        ...figures,
        amountPico: 31n,
        resetAt: thisMonth.to,
      });
      const never = await refuses(store, admission({ holds: [hold("k", 100n, 101n)] }), "budget");
      assert.equal(never.refusal.resetAt, null);
      await spend(store, [rolling("r", 100n, 60n)], 60n);
      const start = clock.now();
      await clock.advance(1_000);
      await spend(store, [rolling("r", 100n, 30n)], 30n);
      const first = await refuses(store, admission({ holds: [rolling("r", 100n, 20n)] }), "budget");
      assert.equal(first.refusal.resetAt, start + minuteMs);
      const both = await refuses(store, admission({ holds: [rolling("r", 100n, 80n)] }), "budget");
      assert.equal(both.refusal.resetAt, start + 1_000 + minuteMs);
    },
  },
  {
    id: "L19",
    sentence: "settle turns every hold of the attempt into what was spent: less, nothing, or more than was held",
    reason: "money held and never settled is a leak; money spent above its hold is owed all the same (R1)",
    async check({ store }) {
      const holds = [hold("a", 100n, 40n), hold("b", 1_000n, 40n)];
      await spend(store, holds, 15n);
      await spend(store, holds, 0n);
      assert.deepEqual(await spentAndHeld(store, "a"), [15n, 0n]);
      assert.deepEqual(await spentAndHeld(store, "b"), [15n, 0n]);
      await spend(store, holds, 130n);
      assert.deepEqual(await spentAndHeld(store, "a"), [145n, 0n]);
      await refuses(store, admission({ holds: [hold("a", 100n, 0n)] }), "budget");
    },
  },
  {
    id: "L20",
    sentence: "settling again, or an unknown attempt, changes nothing",
    reason: "settlement is retried after a failure; paying twice would close a budget early",
    async check({ store }) {
      const settled = await spend(store, [hold("k", 100n, 40n)], 15n);
      await store.settle({ callId: settled.callId, attemptId: settled.attemptId, spentPico: 15n });
      await store.settle({ callId: settled.callId, attemptId: settled.attemptId, spentPico: 90n });
      await store.settle({ callId: "call-unknown", attemptId: "att-unknown", spentPico: 50n });
      assert.deepEqual(await spentAndHeld(store, "k"), [15n, 0n]);
    },
  },
  {
    id: "L21",
    sentence: "a calendar budget counts in its own period, and a hold settles into the period it was taken in",
    reason: "December's call that ends in January is December's money",
    async check({ store, clock }) {
      const next = { span: { kind: "calendar", period: nextMonth } } as const;
      const december = admission({ holds: [hold("k", 100n, 80n)] });
      await admits(store, december);
      await clock.advance(nextMonth.from - clock.now() + 1);
      await admits(store, admission({ holds: [hold("k", 100n, 90n, next)] }));
      await store.settle({ callId: december.callId, attemptId: december.attemptId, spentPico: 70n });
      assert.deepEqual(await spentAndHeld(store, "k"), [70n, 0n]);
      const { spentPico, heldPico, resetAt } = await budgetOf(store, hold("k", 100n, 0n, next));
      assert.deepEqual([spentPico, heldPico, resetAt], [0n, 90n, nextMonth.to]);
    },
  },
  {
    id: "L22",
    sentence:
      "rolling money counts from its hold's stamp for exactly one window; an open hold counts until it is settled",
    reason: "spending must leave on time, and what may still be billed must not leave at all",
    async check({ store, clock }) {
      const slow = admission({ holds: [rolling("k", 100n, 50n)] });
      await admits(store, slow);
      assert.equal((await budgetOf(store, rolling("k", 100n, 0n))).resetAt, null);
      const start = clock.now();
      await clock.advance(20_000);
      await store.settle({ callId: slow.callId, attemptId: slow.attemptId, spentPico: 50n });
      assert.equal((await budgetOf(store, rolling("k", 100n, 0n))).resetAt, start + minuteMs);
      await admits(store, admission({ holds: [rolling("k", 100n, 30n)] }));
      await clock.advance(minuteMs - 20_001);
      await refuses(store, admission({ holds: [rolling("k", 100n, 21n)] }), "budget");
      await clock.advance(1);
      await admits(store, admission({ holds: [rolling("k", 100n, 21n)] }));
      await clock.advance(10 * minuteMs);
      await refuses(store, admission({ holds: [rolling("k", 100n, 50n)] }), "budget");
    },
  },
  {
    id: "L23",
    sentence: "a wall clock that steps back brings no rolling money back",
    reason: "a corrected clock must not hand out a budget twice (R3)",
    async check({ store, clock }) {
      await spend(store, [rolling("k", 100n, 100n)], 100n);
      clock.setWall(clock.now() - 5 * minuteMs);
      await refuses(store, admission({ holds: [rolling("k", 100n, 1n)] }), "budget");
      await clock.advance(minuteMs - 1);
      await refuses(store, admission({ holds: [rolling("k", 100n, 1n)] }), "budget");
      await clock.advance(1);
      await admits(store, admission({ holds: [rolling("k", 100n, 100n)] }));
    },
  },
  {
    id: "L24",
    sentence: "a warning budget is counted and reported beyond its limit, and never refuses",
    reason: "soft budgets exist to tell, not to stop",
    async check({ store }) {
      const soft = (amountPico: bigint): ReturnType<typeof hold> => hold("k", 100n, amountPico, { breach: "warn" });
      await spend(store, [soft(90n)], 90n);
      const { states } = await admits(store, admission({ holds: [soft(60n)] }));
      assert.deepEqual(states.budgets, [
        { budgetId: "budget-k", limitPico: 100n, spentPico: 90n, heldPico: 60n, breach: "warn", resetAt: thisMonth.to },
      ]);
      await refuses(store, admission({ holds: [hold("k", 100n, 1n)] }), "budget");
    },
  },
  {
    id: "L25",
    sentence: "money is exact above 2^53 in an amount and above 2^63 in a sum",
    reason: "floats lose cents from nine thousand dollars on, and 64 bits overflow at nine million (R5)",
    async check({ store }) {
      const large = 2n ** 53n + 1n;
      const limit = 2n ** 65n + 7n;
      await spend(store, [hold("k", limit, large)], large);
      assert.deepEqual(await spentAndHeld(store, "k"), [large, 0n]);
      await spend(store, [hold("k", limit, 2n ** 63n)], 2n ** 63n + 1n);
      await admits(store, admission({ holds: [hold("k", limit, 2n ** 64n - 1n)] }));
      const { limitPico, spentPico, heldPico } = await budgetOf(store, hold("k", limit, 0n));
      const spent = large + 2n ** 63n + 1n;
      assert.deepEqual([limitPico, spentPico, heldPico], [limit, spent, 2n ** 64n - 1n]);
      const left = limit - spent - heldPico;
      await refuses(store, admission({ holds: [hold("k", limit, left + 1n)] }), "budget");
      await admits(store, admission({ holds: [hold("k", limit, left)] }));
      await spend(store, [rolling("r", limit, 2n ** 64n)], 2n ** 64n - 1n);
      await spend(store, [rolling("r", limit, 2n)], 2n);
      assert.equal((await budgetOf(store, rolling("r", limit, 0n))).spentPico, 2n ** 64n + 1n);
    },
  },
];

async function spend(store: LimitStore, holds: AdmitRequest["holds"], spentPico: bigint): Promise<AdmitRequest> {
  const request = admission({ holds });
  await admits(store, request);
  await store.settle({ callId: request.callId, attemptId: request.attemptId, spentPico });
  return request;
}

async function spentAndHeld(store: LimitStore, key: string): Promise<[bigint, bigint]> {
  const { spentPico, heldPico } = await budgetOf(store, hold(key, 100n, 0n));
  return [spentPico, heldPico];
}
