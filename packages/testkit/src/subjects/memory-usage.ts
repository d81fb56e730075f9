import { createMemoryState, createMemoryUsageStore, type MemoryState } from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { UsageClient, UsageStoreSubject } from "../usage-store/subject.ts";

/** The memory double as a subject. */
export function openMemoryUsage(state: MemoryState = createMemoryState()): Opened<UsageStoreSubject> {
  const client = (owner?: string): UsageClient => {
    const store = createMemoryUsageStore(owner === undefined ? { state } : { state, owner });
    return { ledger: store, reader: store };
  };
  const endFirst = async (): Promise<UsageClient> => {
    state.dead.add("first");
    return client();
  };
  const subject: UsageStoreSubject = {
    ...client("first"),
    flush: async () => {},
    another: async () => client(),
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
