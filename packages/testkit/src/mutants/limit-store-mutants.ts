import { createMemoryLimitStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { openMemoryLimits } from "../subjects/memory-limits.ts";
import { limitAdmissionMutants } from "./limit-admission-mutants.ts";
import { limitBudgetMutants } from "./limit-budget-mutants.ts";
import { limitLateSpendingMutants } from "./limit-late-spending-mutants.ts";
import { limitMutant } from "./limit-mutant.ts";
import { limitPeriodMutants } from "./limit-period-mutants.ts";
import { limitWindowMutants } from "./limit-window-mutants.ts";

const timeMutants: readonly Mutant<LimitStoreSubject>[] = [
  {
    name: "follows the wall clock forward",
    kills: ["L46"],
    open: () =>
      openMemoryLimits((options) => {
        const { now, monotonicMs, sleep } = options.clock;
        return createMemoryLimitStore({ ...options, clock: { now, monotonicMs, sleep } });
      }),
  },
  {
    name: "asks the wall clock anew in every process",
    kills: ["L46"],
    open: () =>
      openMemoryLimits((options) => {
        options.state.anchor = null;
        return createMemoryLimitStore(options);
      }),
  },
];

const recoveryMutants: readonly Mutant<LimitStoreSubject>[] = [
  {
    name: "takes every other owner for dead",
    kills: ["L26"],
    open: () =>
      openMemoryLimits((options) =>
        createMemoryLimitStore({ ...options, isAlive: (owner) => owner === options.owner }),
      ),
  },
  limitMutant("recovers nothing", ["L26"], () => ({ recover: async () => ({ leases: 0, holds: 0 }) })),
  limitMutant("frees the slots of the dead", ["L26"], (store, { state }) => ({
    async recover() {
      const dropped = await store.recover();
      if (dropped.leases > 0) for (const { stamps } of state.windows.values()) stamps.shift();
      return dropped;
    },
  })),
  limitMutant("settles its own holds only", ["L27"], (store, { state, owner }) => ({
    async settle(settlement) {
      if (state.holds.get(settlement.attemptId)?.owner !== owner) return { reached: [] };
      return await store.settle(settlement);
    },
  })),
  limitMutant("counts what it could not write", ["L28"], (store, { state }) => ({
    async admit(request) {
      const { readOnly } = state;
      state.readOnly = false;
      try {
        return await store.admit(request);
      } finally {
        state.readOnly = readOnly;
      }
    },
  })),
];

/** Stores that break the LimitStore contract, each in one way that has happened to somebody. */
export const limitStoreMutants: readonly Mutant<LimitStoreSubject>[] = [
  ...limitWindowMutants,
  ...limitAdmissionMutants,
  ...limitBudgetMutants,
  ...limitLateSpendingMutants,
  ...limitPeriodMutants,
  ...timeMutants,
  ...recoveryMutants,
];
