import type { KeyStore } from "@tenantry/core";
import { createMemoryKeyStore, createMemoryState, type MemoryState } from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { KeyStoreSubject } from "../key-store.contract.ts";

/** The memory double as a subject; `make` may wrap every client of it. */
export function openMemoryKeys(
  make: (state: MemoryState) => KeyStore = (state) => createMemoryKeyStore({ state }),
): Opened<KeyStoreSubject> {
  const state = createMemoryState();
  const client = async (): Promise<KeyStore> => make(state);
  const subject: KeyStoreSubject = {
    store: make(state),
    another: client,
    propagated: async () => {},
    reopen: client,
    breakWrites: () => {
      state.readOnly = true;
    },
    mendWrites: () => {
      state.readOnly = false;
    },
  };
  return { subject, close: () => {} };
}
