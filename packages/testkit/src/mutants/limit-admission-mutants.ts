import type { AdmitRequest, LimitStore } from "@tenantry/core";
import { createMemoryLimitStore, createMemoryState } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { firstOwner, openMemoryLimits } from "../subjects/memory-limits.ts";
import { type LimitChange, limitMutant, misreads } from "./limit-mutant.ts";

/** Wrong about admissions, leases, keys and looking. */
export const limitAdmissionMutants: readonly Mutant<LimitStoreSubject>[] = [
  limitMutant("takes claim by claim and stops at the first misfit", ["L9"], (store) => ({
    async admit(request) {
      let result = await store.admit({ ...request, windows: [], leases: [], holds: [] });
      const parts: Partial<AdmitRequest>[] = [
        ...request.windows.map((claim) => ({ windows: [claim] })),
        ...request.leases.map((claim) => ({ leases: [claim] })),
        ...request.holds.map((claim) => ({ holds: [claim], attemptId: `${request.attemptId}/${claim.key}` })),
      ];
      for (const part of parts) {
        result = await store.admit({ ...request, windows: [], leases: [], holds: [], ...part });
        if (result.kind === "refused") return result;
      }
      return result;
    },
  })),
  limitMutant(
    "names the last claim that does not fit",
    ["L10"],
    misreads((request) => ({
      ...request,
      windows: request.windows.toReversed(),
      leases: request.leases.toReversed(),
      holds: request.holds.toReversed(),
    })),
  ),
  limitMutant("looks first and takes later", ["L11", "L12"], (store) => ({
    async admit(request) {
      const { windows, leases, budgets } = await store.peek(request);
      const fits =
        windows.every(({ remaining }, index) => remaining >= (request.windows[index]?.amount ?? 0)) &&
        leases.every(({ inFlight, capacity }) => inFlight < capacity) &&
        budgets.every(({ spentPico, heldPico, limitPico }, index) => {
          return spentPico + heldPico + (request.holds[index]?.amountPico ?? 0n) <= limitPico;
        });
      if (!fits) return await store.admit(request);
      return await store.admit({
        ...request,
        windows: request.windows.map((claim) => ({ ...claim, capacity: Number.MAX_SAFE_INTEGER })),
        leases: request.leases.map((claim) => ({ ...claim, capacity: Number.MAX_SAFE_INTEGER })),
        holds: request.holds.map((claim) => ({ ...claim, breach: "warn" as const })),
      });
    },
  })),
  {
    name: "counts for each process apart and forgets at the end of it",
    kills: ["L12", "L26", "L27"],
    open: () =>
      openMemoryLimits((options) => {
        const state = options.owner === firstOwner ? options.state : createMemoryState();
        return createMemoryLimitStore({ ...options, state });
      }),
  },
  limitMutant("never gives a lease back", ["L13", "L29"], (store, { state }) => ({
    async release(release) {
      const before = [...state.leases].map(([key, holders]) => [key, new Map(holders)] as const);
      await store.release(release);
      for (const [key, holders] of before) state.leases.set(key, holders);
    },
  })),
  limitMutant("gives back one lease of a call", ["L13"], (store, { state }) => ({
    async release(release) {
      const before = [...state.leases].find(([key]) => key === "wide");
      const holders = new Map(before?.[1]);
      await store.release(release);
      if (holders.size > 0) state.leases.set("wide", holders);
    },
  })),
  limitMutant("lets an attempt hold again", ["L14"], (store) => {
    let repeats = 0;
    return {
      async admit(request) {
        repeats += 1;
        return await store.admit({ ...request, attemptId: `${request.attemptId}#${repeats}` });
      },
    };
  }),
  limitMutant("takes the windows before it notices a conflict", ["L14"], (store, { state }) => ({
    async admit(request) {
      if (state.holds.has(request.attemptId))
        await store.admit({ ...request, attemptId: "other", holds: [], leases: [] });
      return await store.admit(request);
    },
  })),
  limitMutant(
    "folds case and Unicode forms of keys",
    ["L15"],
    misreadsKeys((key) => key.normalize("NFC").toLowerCase()),
  ),
  limitMutant(
    "cuts long keys",
    ["L15"],
    misreadsKeys((key) => key.slice(0, 64)),
  ),
  limitMutant("uses up what it looks at", ["L16", "L29"], (store) => {
    let looks = 0;
    return {
      async peek(claims) {
        looks += 1;
        const before = await store.peek(claims);
        await store.admit({ ...claims, callId: `look-${looks}`, attemptId: `look-${looks}` });
        return before;
      },
    };
  }),
  limitMutant("shows what would be left", ["L16"], (store) => ({
    async peek(claims) {
      const states = await store.peek(claims);
      const left = (index: number): number => claims.windows[index]?.amount ?? 0;
      const windows = states.windows.map((state, index) => ({ ...state, remaining: state.remaining - left(index) }));
      return { ...states, windows };
    },
  })),
];

function misreadsKeys(change: (key: string) => string): LimitChange {
  return (store) => ({
    admit: async (request) => await store.admit({ ...request, ...rekeyed(request, change) }),
    peek: async (claims) => await store.peek(rekeyed(claims, change)),
  });
}

function rekeyed(claims: Parameters<LimitStore["peek"]>[0], change: (key: string) => string): typeof claims {
  const rekey = <Claim extends { readonly key: string }>(claim: Claim): Claim => ({ ...claim, key: change(claim.key) });
  return { windows: claims.windows.map(rekey), leases: claims.leases.map(rekey), holds: claims.holds.map(rekey) };
}
