import type { PriceEditions } from "@tenantry/core";
import { createMemoryPriceEditions, createMemoryState, type MemoryState } from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { PriceEditionsSubject } from "../price-editions.contract.ts";

/** The memory double as a subject; `make` may wrap every client of it. */
export function openMemoryPrices(
  make: (state: MemoryState) => PriceEditions = (state) => createMemoryPriceEditions({ state }),
): Opened<PriceEditionsSubject> {
  const state = createMemoryState();
  const client = async (): Promise<PriceEditions> => make(state);
  const subject: PriceEditionsSubject = {
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
