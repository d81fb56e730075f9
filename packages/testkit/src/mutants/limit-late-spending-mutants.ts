import type { LimitSpending } from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { type MemoryLimitsOptions } from "../subjects/memory-limits.ts";
import { type LimitChange, limitMutant } from "./limit-mutant.ts";

/** Changes every late fact on its way in. */
function mishears(change: (spending: LimitSpending, options: MemoryLimitsOptions) => LimitSpending): LimitChange {
  return (store, options) => ({ spend: async (spending) => await store.spend(change(spending, options)) });
}

let heard = 0;

/** Wrong about money that is told of later. */
export const limitLateSpendingMutants: readonly Mutant<LimitStoreSubject>[] = [
  limitMutant(
    "counts late money in the first budget only",
    ["L29", "L40"],
    mishears((spending) => ({ ...spending, claims: spending.claims.slice(0, 1) })),
  ),
  limitMutant("refuses late money beyond the limit", ["L40"], (store) => ({
    async spend(spending) {
      const { budgets } = await store.peek({ windows: [], leases: [], holds: spending.claims });
      const fits = budgets.every(({ limitPico, spentPico }) => spentPico + spending.amountPico <= limitPico);
      if (fits) await store.spend(spending);
    },
  })),
  limitMutant(
    "counts every telling",
    ["L29", "L41"],
    mishears((spending) => ({ ...spending, spendingId: `${spending.spendingId}/${(heard += 1)}` })),
  ),
  limitMutant("forgets what it was told as soon as a client is new", ["L41", "L45"], (store, { state, owner }) => ({
    async spend(spending) {
      if (owner !== "first") state.lateSpendings.delete(spending.spendingId);
      await store.spend(spending);
    },
  })),
  limitMutant(
    "never takes anything back",
    ["L29", "L42"],
    mishears((spending) => ({ ...spending, amountPico: spending.amountPico < 0n ? 0n : spending.amountPico })),
  ),
  limitMutant("takes back more than is there", ["L42"], (store, { state }) => ({
    async spend(spending) {
      await store.spend(spending);
      for (const budget of state.budgets.values()) {
        const spent = budget.spent.reduce((sum, entry) => sum + entry.amountPico, 0n);
        if (spent === 0n && spending.amountPico < 0n) budget.spent.push({ stamp: 4e12, amountPico: -1n });
      }
    },
  })),
  limitMutant(
    "counts late money from when it is told",
    ["L29", "L43"],
    mishears((spending, { clock }) => ({ ...spending, at: clock.now() })),
  ),
  limitMutant("takes back from budgets that never counted it", ["L44"], (store, { state }) => ({
    async spend(spending) {
      for (const [name, budget] of state.budgets) state.budgets.set(name, { ...budget, since: 0 });
      await store.spend(spending);
    },
  })),
  limitMutant("counts late money it could not write", ["L45"], (store, { state }) => ({
    async spend(spending) {
      const { readOnly } = state;
      state.readOnly = false;
      await store.spend(spending).finally(() => {
        state.readOnly = readOnly;
      });
    },
  })),
];
