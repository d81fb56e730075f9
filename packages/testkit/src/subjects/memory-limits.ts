import { createManualClock, createMemoryLimitStore, createMemoryState, type MemoryState } from "@tenantry/core/testing";
import { TenantryError } from "@tenantry/core";
import type { Opened } from "../contract.ts";
import type { LimitStoreSubject } from "../limit-store/subject.ts";

/** The memory double as a subject. */
export function openMemoryLimits(state: MemoryState = createMemoryState()): Opened<LimitStoreSubject> {
  const clock = createManualClock();
  const subject: LimitStoreSubject = {
    store: createMemoryLimitStore({ clock, state, owner: "first" }),
    clock,
    another: async () => createMemoryLimitStore({ clock, state }),
    flush: async () => {
      if (state.readOnly) throw new TenantryError("unavailable", "nothing can be written");
    },
    crash: async () => {
      state.dead.add("first");
      return createMemoryLimitStore({ clock, state });
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
