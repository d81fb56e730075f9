import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { type LimitChange, limitMutant, misreads, misreadsHolds } from "./limit-mutant.ts";

/** Wrong about money. */
export const limitBudgetMutants: readonly Mutant<LimitStoreSubject>[] = [
  limitMutant(
    "lets one pico over",
    ["L17", "L18"],
    misreadsHolds((c) => ({ ...c, limitPico: c.limitPico + 1n })),
  ),
  limitMutant(
    "keeps the last pico",
    ["L17", "L25"],
    misreadsHolds((c) => ({ ...c, amountPico: c.amountPico + 1n })),
  ),
  limitMutant("says no without figures", ["L18", "L29"], (store) => ({
    async admit(request) {
      const result = await store.admit(request);
      if (result.kind === "admitted" || result.refusal.kind !== "budget") return result;
      return { ...result, refusal: { ...result.refusal, spentPico: 0n, heldPico: 0n, resetAt: null } };
    },
  })),
  limitMutant("never spends more than was held", ["L19"], (store, { state }) => ({
    async settle(settlement) {
      const holds = [...state.budgets.values()].flatMap((budget) => budget.holds.get(settlement.attemptId) ?? []);
      const held = holds[0]?.amountPico ?? 0n;
      return await store.settle({
        ...settlement,
        spentPico: settlement.spentPico < held ? settlement.spentPico : held,
      });
    },
  })),
  limitMutant("settles an attempt's first hold only", ["L19"], (store, { state }) => ({
    async settle(settlement) {
      const hold = state.holds.get(settlement.attemptId);
      const budgets = new Set([...(hold?.budgets ?? [])].slice(0, 1));
      if (hold !== undefined) state.holds.set(settlement.attemptId, { ...hold, budgets });
      return await store.settle(settlement);
    },
  })),
  limitMutant("pays again when it is told again", ["L20"], (store, { state }) => {
    const settled = new Map<string, readonly string[]>();
    return {
      async settle(settlement) {
        const { attemptId, spentPico } = settlement;
        for (const name of settled.get(attemptId) ?? []) {
          state.budgets.get(name)?.spent.push({ stamp: 0, amountPico: spentPico });
        }
        settled.set(attemptId, [...(state.holds.get(attemptId)?.budgets ?? [])]);
        return await store.settle(settlement);
      },
    };
  }),
  limitMutant(
    "counts all months as one",
    ["L21"],
    misreadsHolds((c) =>
      c.span.kind === "calendar" ? { ...c, span: { kind: "calendar", period: { from: 0, to: 4e12 } } } : c,
    ),
  ),
  limitMutant("counts rolling money from its settlement", ["L22", "L29"], (store, { clock, state }) => ({
    async settle(settlement) {
      for (const { holds } of state.budgets.values()) {
        const held = holds.get(settlement.attemptId);
        if (held !== undefined)
          holds.set(
            settlement.attemptId,
            held.map((entry) => ({ ...entry, stamp: clock.now() })),
          );
      }
      return await store.settle(settlement);
    },
  })),
  limitMutant("forgets holds that are older than the window", ["L22"], (store, { clock, state }) => ({
    async admit(request) {
      for (const { endsAt, holds, windowMs } of state.budgets.values()) {
        if (endsAt !== null) continue;
        for (const [id, [entry]] of holds) if ((entry?.stamp ?? 0) <= clock.now() - windowMs) holds.delete(id);
      }
      return await store.admit(request);
    },
  })),
  limitMutant(
    "blocks on warnings",
    ["L24", "L29"],
    misreadsHolds((c) => ({ ...c, breach: "block" })),
  ),
  limitMutant(
    "does not count what only warns",
    ["L24"],
    misreads((request) => ({ ...request, holds: request.holds.filter(({ breach }) => breach === "block") })),
  ),
  limitMutant(
    "keeps money in floats",
    ["L25"],
    misstoresMoney((amount) => BigInt(Number(amount))),
  ),
  limitMutant(
    "keeps money in 64 bits",
    ["L25"],
    misstoresMoney((amount) => BigInt.asIntN(64, amount)),
  ),
];

/** What a float or a 64-bit column makes of an amount. */
function misstoresMoney(store: (amount: bigint) => bigint): LimitChange {
  return (inner) => ({
    admit: async (request) =>
      await inner.admit({
        ...request,
        holds: request.holds.map((claim) => ({ ...claim, amountPico: store(claim.amountPico) })),
      }),
    settle: async (settlement) => await inner.settle({ ...settlement, spentPico: store(settlement.spentPico) }),
    peek: async (claims) => {
      const states = await inner.peek(claims);
      const budgets = states.budgets.map((state) => ({ ...state, spentPico: store(state.spentPico) }));
      return { ...states, budgets };
    },
  });
}
