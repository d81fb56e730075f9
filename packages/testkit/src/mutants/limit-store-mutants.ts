import type { AdmitRequest, HoldClaim, LimitStore, WindowClaim } from "@tenantry/core";
import { createMemoryLimitStore, createMemoryState } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { firstOwner, type MemoryLimitsOptions, openMemoryLimits } from "../subjects/memory-limits.ts";

type Change = (store: LimitStore, options: MemoryLimitsOptions) => Partial<LimitStore>;

function mutant(name: string, kills: readonly string[], change: Change): Mutant<LimitStoreSubject> {
  const make = (options: MemoryLimitsOptions): LimitStore => {
    const store = createMemoryLimitStore(options);
    return { ...store, ...change(store, options) };
  };
  return { name, kills, open: () => openMemoryLimits(make) };
}

/** Changes every request on its way in. */
function misreads(change: (request: AdmitRequest, options: MemoryLimitsOptions) => AdmitRequest): Change {
  return (store, options) => ({ admit: async (request) => await store.admit(change(request, options)) });
}

/** Changes the claims of peek and admit alike. */
function misreadsWindows(change: (claim: WindowClaim) => WindowClaim): Change {
  return (store) => ({
    admit: async (request) => await store.admit({ ...request, windows: request.windows.map(change) }),
    peek: async (claims) => await store.peek({ ...claims, windows: claims.windows.map(change) }),
  });
}

function misreadsHolds(change: (claim: HoldClaim) => HoldClaim): Change {
  return (store) => ({
    admit: async (request) => await store.admit({ ...request, holds: request.holds.map(change) }),
    peek: async (claims) => await store.peek({ ...claims, holds: claims.holds.map(change) }),
  });
}

function misreadsKeys(change: (key: string) => string): Change {
  return (store) => ({
    admit: async (request) => await store.admit({ ...request, ...rekeyed(request, change) }),
    peek: async (claims) => await store.peek(rekeyed(claims, change)),
  });
}

function rekeyed(claims: Parameters<LimitStore["peek"]>[0], change: (key: string) => string): typeof claims {
  const rekey = <Claim extends { readonly key: string }>(claim: Claim): Claim => ({ ...claim, key: change(claim.key) });
  return { windows: claims.windows.map(rekey), leases: claims.leases.map(rekey), holds: claims.holds.map(rekey) };
}

/** What a float or a 64-bit column makes of an amount. */
function misstoresMoney(store: (amount: bigint) => bigint): Change {
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

const windowMutants: readonly Mutant<LimitStoreSubject>[] = [
  mutant("admits one too many", ["L1", "L11", "L29", "L30"], misreadsWindows((c) => ({ ...c, capacity: c.capacity + 1 }))),
  mutant("counts in fixed minutes", ["L2"], (store, { clock, state }) => ({
    async admit(request) {
      const blockStart = Math.floor(clock.now() / 60_000) * 60_000;
      for (const window of state.windows.values()) window.stamps = window.stamps.filter(({ stamp }) => stamp >= blockStart);
      return await store.admit(request);
    },
  })),
  mutant("frees a millisecond late", ["L2", "L29"], misreadsWindows((c) => ({ ...c, windowMs: c.windowMs + 1 }))),
  mutant("frees a millisecond early", ["L2"], misreadsWindows((c) => ({ ...c, windowMs: c.windowMs - 1 }))),
  mutant("tells everybody to wait a whole window", ["L3", "L29"], (store, { clock }) => ({
    async admit(request) {
      const result = await store.admit(request);
      if (result.kind === "admitted" || result.refusal.kind !== "window") return result;
      return { ...result, refusal: { ...result.refusal, fitsAt: clock.now() + 60_000 } };
    },
  })),
  mutant("reports where the counts stood before", ["L4", "L13", "L17", "L24"], (store) => ({
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
        const now = (): number => (latest = Math.max(latest, options.clock.now()));
        return createMemoryLimitStore({ ...options, clock: { ...options.clock, now } });
      });
    },
  },
  mutant("follows the wall clock back", ["L5", "L23", "L30"], (store, { clock, state }) => ({
    async admit(request) {
      const now = clock.now();
      for (const window of state.windows.values()) window.stamps = window.stamps.filter(({ stamp }) => stamp <= now);
      for (const budget of state.budgets.values()) {
        if (budget.endsAt === null) budget.spent = budget.spent.filter(({ stamp }) => stamp <= now);
      }
      return await store.admit(request);
    },
  })),
  mutant("keeps the worst case for ever", ["L6"], (store) => ({
    release: async ({ callId }) => await store.release({ callId, tokens: null }),
  })),
  mutant("forgives a debt", ["L6"], (store, { state }) => ({
    async release(release) {
      const held = state.tokenStamps.get(release.callId)?.stamps[0]?.amount ?? 0;
      await store.release({ ...release, tokens: release.tokens === null ? null : Math.min(release.tokens, held) });
    },
  })),
  mutant("takes an unknown count for zero", ["L7", "L29"], (store) => ({
    release: async ({ callId, tokens }) => await store.release({ callId, tokens: tokens ?? 0 }),
  })),
  mutant("gives a call that cost nothing its slot back", ["L7"], (store, { state }) => ({
    async release(release) {
      await store.release(release);
      if (release.tokens === 0) for (const { stamps } of state.windows.values()) if (stamps.at(-1)?.amount === 1) stamps.pop();
    },
  })),
  mutant(
    "counts claims on one key once",
    ["L8"],
    misreads((request) => ({ ...request, windows: [...new Map(request.windows.map((c) => [c.key, c])).values()] })),
  ),
  mutant("takes at least one", ["L8"], misreads((request) => ({ ...request, windows: request.windows.map(atLeastOne) }))),
];

function atLeastOne(claim: WindowClaim): WindowClaim {
  return { ...claim, amount: Math.max(1, claim.amount) };
}

const admissionMutants: readonly Mutant<LimitStoreSubject>[] = [
  mutant("takes claim by claim and stops at the first misfit", ["L9"], (store) => ({
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
  mutant(
    "names the last claim that does not fit",
    ["L10"],
    misreads((request) => ({
      ...request,
      windows: request.windows.toReversed(),
      leases: request.leases.toReversed(),
      holds: request.holds.toReversed(),
    })),
  ),
  mutant("looks first and takes later", ["L11", "L12"], (store) => ({
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
  mutant("never gives a lease back", ["L13", "L29"], (store, { state }) => ({
    async release(release) {
      const before = [...state.leases].map(([key, holders]) => [key, new Map(holders)] as const);
      await store.release(release);
      for (const [key, holders] of before) state.leases.set(key, holders);
    },
  })),
  mutant("gives back one lease of a call", ["L13"], (store, { state }) => ({
    async release(release) {
      const before = [...state.leases].find(([key]) => key === "wide");
      const holders = new Map(before?.[1]);
      await store.release(release);
      if (holders.size > 0) state.leases.set("wide", holders);
    },
  })),
  mutant("lets an attempt hold again", ["L14"], (store) => {
    let repeats = 0;
    return {
      async admit(request) {
        repeats += 1;
        return await store.admit({ ...request, attemptId: `${request.attemptId}#${repeats}` });
      },
    };
  }),
  mutant("takes the windows before it notices a conflict", ["L14"], (store, { state }) => ({
    async admit(request) {
      if (state.holds.has(request.attemptId)) await store.admit({ ...request, attemptId: "other", holds: [], leases: [] });
      return await store.admit(request);
    },
  })),
  mutant("folds case and Unicode forms of keys", ["L15"], misreadsKeys((key) => key.normalize("NFC").toLowerCase())),
  mutant("cuts long keys", ["L15"], misreadsKeys((key) => key.slice(0, 64))),
  mutant("uses up what it looks at", ["L16", "L29"], (store) => {
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
  mutant("shows what would be left", ["L16"], (store) => ({
    async peek(claims) {
      const states = await store.peek(claims);
      const left = (index: number): number => claims.windows[index]?.amount ?? 0;
      const windows = states.windows.map((state, index) => ({ ...state, remaining: state.remaining - left(index) }));
      return { ...states, windows };
    },
  })),
];

const budgetMutants: readonly Mutant<LimitStoreSubject>[] = [
  mutant("lets one pico over", ["L17", "L18"], misreadsHolds((c) => ({ ...c, limitPico: c.limitPico + 1n }))),
  mutant("keeps the last pico", ["L17", "L25"], misreadsHolds((c) => ({ ...c, amountPico: c.amountPico + 1n }))),
  mutant("says no without figures", ["L18", "L29"], (store) => ({
    async admit(request) {
      const result = await store.admit(request);
      if (result.kind === "admitted" || result.refusal.kind !== "budget") return result;
      return { ...result, refusal: { ...result.refusal, spentPico: 0n, heldPico: 0n, resetAt: null } };
    },
  })),
  mutant("never spends more than was held", ["L19"], (store, { state }) => ({
    async settle(settlement) {
      const holds = [...state.budgets.values()].flatMap((budget) => budget.holds.get(settlement.attemptId) ?? []);
      const held = holds[0]?.amountPico ?? 0n;
      await store.settle({ ...settlement, spentPico: settlement.spentPico < held ? settlement.spentPico : held });
    },
  })),
  mutant("settles an attempt's first hold only", ["L19"], (store, { state }) => ({
    async settle(settlement) {
      const hold = state.holds.get(settlement.attemptId);
      const budgets = new Set([...(hold?.budgets ?? [])].slice(0, 1));
      if (hold !== undefined) state.holds.set(settlement.attemptId, { ...hold, budgets });
      await store.settle(settlement);
    },
  })),
  mutant("pays again when it is told again", ["L20"], (store, { state }) => {
    const settled = new Map<string, readonly string[]>();
    return {
      async settle(settlement) {
        const { attemptId, spentPico } = settlement;
        for (const name of settled.get(attemptId) ?? []) {
          state.budgets.get(name)?.spent.push({ stamp: 0, amountPico: spentPico });
        }
        settled.set(attemptId, [...(state.holds.get(attemptId)?.budgets ?? [])]);
        await store.settle(settlement);
      },
    };
  }),
  mutant(
    "counts all months as one",
    ["L21"],
    misreadsHolds((c) => (c.span.kind === "calendar" ? { ...c, span: { kind: "calendar", period: { from: 0, to: 4e12 } } } : c)),
  ),
  mutant("counts rolling money from its settlement", ["L22", "L29"], (store, { clock, state }) => ({
    async settle(settlement) {
      for (const { holds } of state.budgets.values()) {
        const held = holds.get(settlement.attemptId);
        if (held !== undefined) holds.set(settlement.attemptId, held.map((entry) => ({ ...entry, stamp: clock.now() })));
      }
      await store.settle(settlement);
    },
  })),
  mutant("forgets holds that are older than the window", ["L22"], (store, { clock, state }) => ({
    async admit(request) {
      for (const { endsAt, holds, windowMs } of state.budgets.values()) {
        if (endsAt !== null) continue;
        for (const [id, [entry]] of holds) if ((entry?.stamp ?? 0) <= clock.now() - windowMs) holds.delete(id);
      }
      return await store.admit(request);
    },
  })),
  mutant("blocks on warnings", ["L24", "L29"], misreadsHolds((c) => ({ ...c, breach: "block" }))),
  mutant(
    "does not count what only warns",
    ["L24"],
    misreads((request) => ({ ...request, holds: request.holds.filter(({ breach }) => breach === "block") })),
  ),
  mutant("keeps money in floats", ["L25"], misstoresMoney((amount) => BigInt(Number(amount)))),
  mutant("keeps money in 64 bits", ["L25"], misstoresMoney((amount) => BigInt.asIntN(64, amount))),
];

const recoveryMutants: readonly Mutant<LimitStoreSubject>[] = [
  {
    name: "takes every other owner for dead",
    kills: ["L26"],
    open: () => openMemoryLimits((options) => createMemoryLimitStore({ ...options, isAlive: (owner) => owner === options.owner })),
  },
  mutant("recovers nothing", ["L26"], () => ({ recover: async () => ({ leases: 0, holds: 0 }) })),
  mutant("frees the slots of the dead", ["L26"], (store, { state }) => ({
    async recover() {
      const dropped = await store.recover();
      if (dropped.leases > 0) for (const { stamps } of state.windows.values()) stamps.shift();
      return dropped;
    },
  })),
  mutant("settles its own holds only", ["L27"], (store, { state, owner }) => ({
    async settle(settlement) {
      if (state.holds.get(settlement.attemptId)?.owner === owner) await store.settle(settlement);
    },
  })),
  mutant("counts what it could not write", ["L28"], (store, { state }) => ({
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
  ...windowMutants,
  ...admissionMutants,
  ...budgetMutants,
  ...recoveryMutants,
];
