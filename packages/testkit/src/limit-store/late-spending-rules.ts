import assert from "node:assert/strict";
import type { HoldClaim, LimitSpending, LimitStore } from "@tenantry/core";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import { admission, admits, budgetOf, hold, minuteMs, nextMonth, refuses, rolling, thisMonth } from "./claims.ts";
import type { LimitStoreSubject } from "./subject.ts";

const dayMs = 86_400_000;

export const lateSpendingRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L40",
    sentence: "money told of later counts in every budget it concerns, in the period it was spent in, beyond any limit",
    reason: "what is owed is owed (R1), and a budget that did not count it would admit what is not there (R3)",
    async check({ store, clock }) {
      await settleHold(store, [hold("a", 100n, 40n)], 40n);
      const at = clock.now();
      await store.spend(fact({ claims: [hold("a", 0n, 0n), hold("a", 0n, 0n), hold("b", 0n, 0n)], at }, 70n));
      assert.equal(await spentIn(store, hold("a", 100n, 0n)), 110n);
      assert.equal(await spentIn(store, hold("b", 100n, 0n)), 70n);
      await refuses(store, admission({ holds: [hold("a", 110n, 1n)] }), "budget");
      await admits(store, admission({ holds: [hold("b", 100n, 30n)] }));
      await clock.advance(nextMonth.from - clock.now() + 1);
      await store.spend(fact({ claims: [hold("a", 0n, 0n)], at }, 5n));
      assert.equal(await spentIn(store, hold("a", 100n, 0n)), 115n);
      assert.equal(await spentIn(store, hold("a", 100n, 0n, { span: { kind: "calendar", period: nextMonth } })), 0n);
    },
  },
  {
    id: "L41",
    sentence:
      "a fact told again changes nothing: by another client, with other figures, at the same time, or much later",
    reason: "corrections are retried after a failure, and two operators may tell the same",
    async check({ store, another, clock }) {
      const claims = [hold("k", 100n, 0n), rolling("r", 100n, 0n)];
      const told = fact({ claims, at: clock.now() }, 30n);
      const other = await another();
      await Promise.all([
        store.spend(told),
        other.spend(told),
        store.spend({ ...told, claims: [...claims, hold("x", 1n, 0n)] }),
      ]);
      await other.spend({ ...told, amountPico: 50n });
      await other.spend({ ...told, amountPico: -10n });
      assert.equal(await spentIn(store, claims[0] as HoldClaim), 30n);
      assert.equal(await spentIn(store, claims[1] as HoldClaim), 30n);
      await clock.advance(thisMonth.to - clock.now() - 1);
      await store.spend(told);
      assert.equal(await spentIn(store, claims[0] as HoldClaim), 30n);
    },
  },
  {
    id: "L42",
    sentence: "a negative amount takes back what counted too much, to the pico, and never more than is there",
    reason: "an unknown attempt counts with its most until its cost is known; then the rest is the tenant's again",
    async check({ store, clock }) {
      const large = 2n ** 65n + 1n;
      const at = clock.now();
      await settleHold(store, [hold("k", large, large), rolling("r", large, large)], large);
      await refuses(store, admission({ holds: [hold("k", large, 1n)] }), "budget");
      const claims = [hold("k", 0n, 0n), rolling("r", 0n, 0n)];
      await store.spend(fact({ claims, at }, 7n - large));
      for (const claim of claims) assert.equal(await spentIn(store, claim), 7n);
      await refuses(store, admission({ holds: [hold("k", large, large - 6n)] }), "budget");
      await refuses(store, admission({ holds: [rolling("r", large, large - 6n)] }), "budget");
      const fits = admission({ holds: [hold("k", large, large - 7n), rolling("r", large, large - 7n)] });
      await admits(store, fits);
      await store.settle({ callId: fits.callId, attemptId: fits.attemptId, spentPico: 0n });
      await store.spend(fact({ claims, at }, -1_000n));
      for (const claim of claims) assert.equal(await spentIn(store, claim), 0n);
      await refuses(store, admission({ holds: [hold("k", 100n, 101n)] }), "budget");
      await refuses(store, admission({ holds: [rolling("r", 100n, 101n)] }), "budget");
    },
  },
  {
    id: "L43",
    sentence: "rolling money told of later counts from its own instant; what has left the window changes no more",
    reason: "yesterday's cost must not be held against the next hour, nor give the next hour something back",
    async check({ store, clock }) {
      const claim = rolling("k", 100n, 0n);
      const start = clock.now();
      await settleHold(store, [rolling("k", 100n, 60n)], 60n);
      await clock.advance(20_000);
      await settleHold(store, [rolling("k", 100n, 10n)], 10n);
      await store.spend(fact({ claims: [claim], at: start }, -45n));
      assert.equal(await spentIn(store, claim), 25n);
      await store.spend(fact({ claims: [claim], at: start + 15_000 }, 8n));
      assert.equal(await spentIn(store, claim), 33n);
      await clock.advance(minuteMs - 20_000);
      assert.equal(await spentIn(store, claim), 18n);
      await store.spend(fact({ claims: [claim], at: start }, -10n));
      await store.spend(fact({ claims: [claim], at: start }, 10n));
      assert.equal(await spentIn(store, claim), 18n);
      await clock.advance(15_000);
      assert.equal(await spentIn(store, claim), 10n);
      await clock.advance(5_000);
      assert.equal(await spentIn(store, claim), 0n);
      await clock.advance(2 * thisMonth.to - thisMonth.from + 32 * dayMs - clock.now());
      await store.spend(fact({ claims: [hold("old", 100n, 0n)], at: start }, 10n));
      assert.equal(await spentIn(store, hold("old", 100n, 0n)), 0n);
    },
  },
  {
    id: "L44",
    sentence: "nothing is taken back from a budget that was first claimed after the money was spent",
    reason: "a budget introduced later never counted it, and would admit more than it has (R3)",
    async check({ store, clock }) {
      const before = clock.now();
      const claims = [hold("k", 100n, 0n), rolling("r", 100n, 0n, 10 * minuteMs)];
      await store.spend(fact({ claims, at: before }, -50n));
      await clock.advance(minuteMs + 1);
      await settleHold(store, [hold("k", 100n, 80n), rolling("r", 100n, 80n, 10 * minuteMs)], 80n);
      await store.spend(fact({ claims, at: before }, -50n));
      for (const claim of claims) assert.equal(await spentIn(store, claim), 80n);
      await store.spend(fact({ claims, at: before + 1 }, -50n));
      for (const claim of claims) assert.equal(await spentIn(store, claim), 30n);
    },
  },
  {
    id: "L45",
    sentence: "a fact survives the process it was told to; one that cannot be written is rejected and leaves no trace",
    reason: "a correction that is gone after a crash would never be made again, for its line is already there",
    async check({ store, another, clock, breakWrites, mendWrites, crash }) {
      const claim = hold("k", 100n, 0n);
      await breakWrites();
      const told = fact({ claims: [claim], at: clock.now() }, 30n);
      await rejectsWith("unavailable", async () => await store.spend(told));
      await mendWrites();
      const other = await another();
      assert.equal(await spentIn(other, claim), 0n);
      await store.spend(told);
      const next = await crash();
      await next.spend(told);
      assert.equal(await spentIn(next, claim), 30n);
    },
  },
];

let facts = 0;

function fact(about: Pick<LimitSpending, "claims" | "at">, amountPico: bigint): LimitSpending {
  facts += 1;
  return { spendingId: `fact-${facts}`, amountPico, ...about };
}

async function settleHold(store: LimitStore, holds: readonly HoldClaim[], spentPico: bigint): Promise<void> {
  const request = admission({ holds });
  await admits(store, request);
  await store.settle({ callId: request.callId, attemptId: request.attemptId, spentPico });
}

async function spentIn(store: LimitStore, claim: HoldClaim): Promise<bigint> {
  return (await budgetOf(store, claim)).spentPico;
}
