import type { SpanStore, UsageLedger } from "@tenantry/core";

/** One process's view of spans, and the ledger that shares their state. */
export interface SpanClient {
  readonly spans: SpanStore;
  readonly ledger: UsageLedger;
}

/** What the SpanStore rules need of an implementation. */
export interface SpanStoreSubject extends SpanClient {
  /** One more client of the same data: what another process sees. */
  readonly another: () => Promise<SpanClient>;
  /** The first client's process dies without closing anything. Resolves to a client of a new one over the same data. */
  readonly crash: () => Promise<SpanClient>;
  /** From now on nothing can be written, until `mendWrites`. Reading still works. */
  readonly breakWrites: () => Promise<void> | void;
  readonly mendWrites: () => Promise<void> | void;
}
