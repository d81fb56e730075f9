import { type LimitStore, TenantryError } from "@tenantry/core";
import {
  createManualClock,
  createMemoryLimitStore,
  createMemoryState,
  type ManualClock,
  type MemoryState,
} from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";

export interface MemoryLimitsOptions {
  readonly clock: ManualClock;
  readonly state: MemoryState;
  readonly owner: string;
}

/** Owner of the subject's first client. */
export const firstOwner = "first";

/** The memory double as a subject; `make` may wrap every client of it. */
export function openMemoryLimits(
  make: (options: MemoryLimitsOptions) => LimitStore = createMemoryLimitStore,
): Opened<LimitStoreSubject> {
  const clock = createManualClock();
  const state = createMemoryState();
  let clients = 1;
  const another = async (): Promise<LimitStore> => {
    clients += 1;
    return make({ clock, state, owner: `client-${clients}` });
  };
  const subject: LimitStoreSubject = {
    store: make({ clock, state, owner: firstOwner }),
    clock,
    another,
    flush: async () => {
      if (state.readOnly) throw new TenantryError("unavailable", "nothing can be written");
    },
    crash: async () => {
      state.dead.add(firstOwner);
      return await another();
    },
    breakWrites: () => {
      state.readOnly = true;
    },
    mendWrites: () => {
      state.readOnly = false;
    },
  };
  return { subject, close: () => {} };
}
