import type { AdmitRequest, HoldClaim, LimitStore, WindowClaim } from "@tenantry/core";
import { createMemoryLimitStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";
import { type MemoryLimitsOptions, openMemoryLimits } from "../subjects/memory-limits.ts";

export type LimitChange = (store: LimitStore, options: MemoryLimitsOptions) => Partial<LimitStore>;

/** A mutant that is the memory double but for what `change` replaces. */
export function limitMutant(name: string, kills: readonly string[], change: LimitChange): Mutant<LimitStoreSubject> {
  const make = (options: MemoryLimitsOptions): LimitStore => {
    const store = createMemoryLimitStore(options);
    return { ...store, ...change(store, options) };
  };
  return { name, kills, open: () => openMemoryLimits(make) };
}

/** Changes every request on its way in. */
export function misreads(change: (request: AdmitRequest, options: MemoryLimitsOptions) => AdmitRequest): LimitChange {
  return (store, options) => ({ admit: async (request) => await store.admit(change(request, options)) });
}

/** Changes the claims of peek and admit alike. */
export function misreadsWindows(change: (claim: WindowClaim) => WindowClaim): LimitChange {
  return (store) => ({
    admit: async (request) => await store.admit({ ...request, windows: request.windows.map(change) }),
    peek: async (claims) => await store.peek({ ...claims, windows: claims.windows.map(change) }),
  });
}

export function misreadsHolds(change: (claim: HoldClaim) => HoldClaim): LimitChange {
  return (store) => ({
    admit: async (request) => await store.admit({ ...request, holds: request.holds.map(change) }),
    peek: async (claims) => await store.peek({ ...claims, holds: claims.holds.map(change) }),
  });
}
