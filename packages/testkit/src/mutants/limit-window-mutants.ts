import type { WindowClaim } from "@tenantry/core";
import { createMemoryLimitStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { openMemoryLimits } from "../subjects/memory-limits.ts";
import { limitMutant, misreads, misreadsWindows } from "./limit-mutant.ts";

/** Wrong about windows. */
export const limitWindowMutants: readonly Mutant<LimitStoreSubject>[] = [
  limitMutant(
    "admits one too many",
    ["L1", "L11", "L29", "L30"],
    misreadsWindows((c) => ({ ...c, capacity: c.capacity + 1 })),
  ),
  limitMutant("counts in fixed minutes", ["L2"], (store, { clock, state }) => ({
    async admit(request) {
      const blockStart = Math.floor(clock.now() / 60_000) * 60_000;
      for (const window of state.windows.values())
        window.stamps = window.stamps.filter(({ stamp }) => stamp >= blockStart);
      return await store.admit(request);
    },
  })),
  limitMutant(
    "frees a millisecond late",
    ["L2", "L29"],
    misreadsWindows((c) => ({ ...c, windowMs: c.windowMs + 1 })),
  ),
  limitMutant(
    "frees a millisecond early",
    ["L2"],
    misreadsWindows((c) => ({ ...c, windowMs: c.windowMs - 1 })),
  ),
  limitMutant("tells everybody to wait a whole window", ["L3", "L29"], (store, { clock }) => ({
    async admit(request) {
      const result = await store.admit(request);
      if (result.kind === "admitted" || result.refusal.kind !== "window") return result;
      return { ...result, refusal: { ...result.refusal, fitsAt: clock.now() + 60_000 } };
    },
  })),
  limitMutant("reports where the counts stood before", ["L4", "L13", "L17", "L24"], (store) => ({
    async admit(request) {
      const states = await store.peek(request);
      const result = await store.admit(request);
      return result.kind === "admitted" ? { ...result, states } : result;
    },
  })),
  {
    name: "stands still until the wall clock has caught up",
    kills: ["L5", "L23", "L30"],
    open: () => {
      let latest = 0;
      return openMemoryLimits((options) => {
        const { monotonicMs, sleep, now: wall } = options.clock;
        const now = (): number => (latest = Math.max(latest, wall()));
        return createMemoryLimitStore({ ...options, clock: { now, monotonicMs, sleep } });
      });
    },
  },
  limitMutant("follows the wall clock back", ["L5", "L23", "L30"], (store, { clock, state }) => ({
    async admit(request) {
      const now = clock.now();
      for (const window of state.windows.values()) window.stamps = window.stamps.filter(({ stamp }) => stamp <= now);
      for (const budget of state.budgets.values()) {
        if (budget.endsAt === null) budget.spent = budget.spent.filter(({ stamp }) => stamp <= now);
      }
      return await store.admit(request);
    },
  })),
  limitMutant("keeps the worst case for ever", ["L6"], (store) => ({
    release: async ({ callId }) => await store.release({ callId, tokens: null }),
  })),
  limitMutant("forgives a debt", ["L6"], (store, { state }) => ({
    async release(release) {
      const held = state.tokenStamps.get(release.callId)?.stamps[0]?.amount ?? 0;
      await store.release({ ...release, tokens: release.tokens === null ? null : Math.min(release.tokens, held) });
    },
  })),
  limitMutant("takes an unknown count for zero", ["L7", "L29"], (store) => ({
    release: async ({ callId, tokens }) => await store.release({ callId, tokens: tokens ?? 0 }),
  })),
  limitMutant("gives a call that cost nothing its slot back", ["L7"], (store, { state }) => ({
    async release(release) {
      await store.release(release);
      if (release.tokens === 0)
        for (const { stamps } of state.windows.values()) if (stamps.at(-1)?.amount === 1) stamps.pop();
    },
  })),
  limitMutant(
    "counts claims on one key once",
    ["L8"],
    misreads((request) => ({ ...request, windows: [...new Map(request.windows.map((c) => [c.key, c])).values()] })),
  ),
  limitMutant(
    "takes at least one",
    ["L8"],
    misreads((request) => ({ ...request, windows: request.windows.map(atLeastOne) })),
  ),
];

function atLeastOne(claim: WindowClaim): WindowClaim {
  return { ...claim, amount: Math.max(1, claim.amount) };
}
