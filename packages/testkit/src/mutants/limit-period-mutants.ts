import type { HoldClaim, Rollover } from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { type LimitChange, limitMutant, misreadsHolds } from "./limit-mutant.ts";

/** Wrong about rollover, limits that move, and telling. */
export const limitPeriodMutants: readonly Mutant<LimitStoreSubject>[] = [
  limitMutant(
    "inherits nothing",
    ["L51", "L52", "L56"],
    misreadsHolds(({ rollover: _rollover, ...claim }) => claim),
  ),
  limitMutant(
    "inherits without a cap",
    ["L51", "L29"],
    rollsOver((rollover) => ({ ...rollover, atMostPico: 10n ** 30n })),
  ),
  limitMutant(
    "passes on what was inherited",
    ["L51"],
    rollsOver((rollover) => ({ ...rollover, previousLimitPico: rollover.previousLimitPico + 60n })),
  ),
  limitMutant("takes held money of the period before for unspent", ["L52"], (store, { state }) => {
    const change = (claim: HoldClaim): HoldClaim => {
      if (claim.rollover === undefined) return claim;
      const name = JSON.stringify([claim.key, claim.rollover.previous.from, claim.rollover.previous.to]);
      const held = [...(state.budgets.get(name)?.holds.values() ?? [])].flat();
      const heldPico = held.reduce((sum, { amountPico }) => sum + amountPico, 0n);
      const previousLimitPico = claim.rollover.previousLimitPico + heldPico;
      return { ...claim, rollover: { ...claim.rollover, previousLimitPico } };
    };
    return {
      admit: async (request) => await store.admit({ ...request, holds: request.holds.map(change) }),
      peek: async (claims) => await store.peek({ ...claims, holds: claims.holds.map(change) }),
    };
  }),
  limitMutant("forgets what the next period has drawn", ["L53", "L29"], (store, { state }) => ({
    async admit(request) {
      for (const budget of state.budgets.values()) budget.drawnPico = 0n;
      return await store.admit(request);
    },
  })),
  limitMutant("tells with every settlement", ["L54", "L55"], (store, { state }) => ({
    async settle(settlement) {
      for (const budget of state.budgets.values()) budget.told = null;
      return await store.settle(settlement);
    },
  })),
  limitMutant("tells a rolling budget once for ever", ["L55"], (store, { state }) => ({
    async settle(settlement) {
      const result = await store.settle(settlement);
      for (const budget of state.budgets.values()) {
        if (budget.told !== null) budget.told = { ...budget.told, at: Number.MAX_SAFE_INTEGER };
      }
      return result;
    },
  })),
  limitMutant("tells nobody", ["L54"], (store) => ({
    async settle(settlement) {
      await store.settle(settlement);
      return { reached: [] };
    },
  })),
  limitMutant("looks first and takes a turn later", ["L56"], (store) => ({
    async admit(request) {
      const { budgets } = await store.peek(request);
      const fits = budgets.every(({ spentPico, heldPico, limitPico }, index) => {
        return spentPico + heldPico + (request.holds[index]?.amountPico ?? 0n) <= limitPico;
      });
      const holds = fits ? request.holds.map((claim) => ({ ...claim, breach: "warn" as const })) : request.holds;
      return await store.admit({ ...request, holds });
    },
  })),
  limitMutant("keeps the limit a budget began with", ["L57"], (store) => {
    const limits = new Map<string, bigint>();
    return {
      async admit(request) {
        const holds = request.holds.map((claim) => {
          const limitPico = limits.get(claim.key) ?? claim.limitPico;
          limits.set(claim.key, limitPico);
          return { ...claim, limitPico };
        });
        return await store.admit({ ...request, holds });
      },
    };
  }),
];

function rollsOver(change: (rollover: Rollover) => Rollover): LimitChange {
  return misreadsHolds((claim) =>
    claim.rollover === undefined ? claim : { ...claim, rollover: change(claim.rollover) },
  );
}
