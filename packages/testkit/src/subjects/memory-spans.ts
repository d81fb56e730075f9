import type { SpanStore, UsageLedger } from "@tenantry/core";
import {
  createMemorySpanStore,
  createMemoryState,
  createMemoryUsageStore,
  type MemoryState,
} from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { SpanClient, SpanStoreSubject } from "../span-store/subject.ts";

/** What makes one client's stores over the state; `client` counts from 1. */
export type MakeSpanClient = (options: { readonly state: MemoryState; readonly client: number }) => {
  readonly spans: SpanStore;
  readonly ledger: UsageLedger;
};

const plain: MakeSpanClient = ({ state, client }) => ({
  spans: createMemorySpanStore({ state }),
  ledger: createMemoryUsageStore({ state, owner: `client-${client}` }),
});

/** The memory double as a subject; `make` may wrap every client of it. */
export function openMemorySpans(make: MakeSpanClient = plain): Opened<SpanStoreSubject> {
  const state = createMemoryState();
  let clients = 0;
  const open = (): SpanClient => {
    clients += 1;
    return make({ state, client: clients });
  };
  const subject: SpanStoreSubject = {
    ...open(),
    another: async () => open(),
    crash: async () => open(),
    breakWrites: () => {
      state.readOnly = true;
    },
    mendWrites: () => {
      state.readOnly = false;
    },
  };
  return { subject, close: () => {} };
}
