import type { UsageLedger, UsageReader } from "@tenantry/core";
import { createMemoryState, createMemoryUsageStore, type MemoryState } from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { UsageClient, UsageStoreSubject } from "../usage-store/subject.ts";
import { firstOwner } from "./memory-limits.ts";

export interface MemoryUsageOptions {
  readonly state: MemoryState;
  readonly owner: string;
}

/** The memory double as a subject; `make` may wrap every client of it. */
export function openMemoryUsage(
  make: (options: MemoryUsageOptions) => UsageLedger & UsageReader = createMemoryUsageStore,
): Opened<UsageStoreSubject> {
  const state = createMemoryState();
  let clients = 1;
  const client = (owner: string): UsageClient => {
    const store = make({ state, owner });
    return { ledger: store, reader: store };
  };
  const another = async (): Promise<UsageClient> => {
    clients += 1;
    return client(`client-${clients}`);
  };
  const endFirst = async (): Promise<UsageClient> => {
    state.dead.add(firstOwner);
    return await another();
  };
  const subject: UsageStoreSubject = {
    ...client(firstOwner),
    flush: async () => {},
    another,
    crash: endFirst,
    reopen: endFirst,
    breakWrites: () => {
      state.readOnly = true;
    },
    mendWrites: () => {
      state.readOnly = false;
    },
  };
  return { subject, close: () => {} };
}
