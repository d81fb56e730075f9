import type { SpanStore, SpanWrite, StoredSpan, UsageLedger } from "@tenantry/core";
import { createMemorySpanStore, createMemoryUsageStore, type MemoryState } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { SpanStoreSubject } from "../span-store/subject.ts";
import { openMemorySpans } from "../subjects/memory-spans.ts";

interface Options {
  readonly state: MemoryState;
  readonly client: number;
}

export type SpanChange = (
  store: SpanStore,
  options: Options & { readonly ledger: UsageLedger },
) => Partial<SpanStore> & { readonly ledger?: Partial<UsageLedger> };

/** A mutant that is the memory double but for what `change` replaces. */
export function spanMutant(name: string, kills: readonly string[], change: SpanChange): Mutant<SpanStoreSubject> {
  const make = (options: Options): { spans: SpanStore; ledger: UsageLedger } => {
    const ledger = createMemoryUsageStore({ state: options.state, owner: `client-${options.client}` });
    const store = createMemorySpanStore({ state: options.state });
    const { ledger: changed = {}, ...spans } = change(store, { ...options, ledger });
    return { spans: { ...store, ...spans }, ledger: { ...ledger, ...changed } };
  };
  return { name, kills, open: () => openMemorySpans(make) };
}

/** Changes every span on its way in. */
export function miswritesSpans(change: (span: StoredSpan) => StoredSpan): SpanChange {
  return (store) => ({ write: async (of) => await store.write({ ...of, added: of.added.map(change) }) });
}

/** Changes what is written. */
export function writes(change: (of: SpanWrite, state: MemoryState) => SpanWrite): SpanChange {
  return (store, { state }) => ({ write: async (of) => await store.write(change(of, state)) });
}
