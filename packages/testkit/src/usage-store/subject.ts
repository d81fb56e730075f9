import type { UsageLedger, UsageReader } from "@tenantry/core";

/** One process's view of the books. */
export interface UsageClient {
  readonly ledger: UsageLedger;
  readonly reader: UsageReader;
}

/** What the UsageLedger and UsageReader rules need of an implementation. */
export interface UsageStoreSubject extends UsageClient {
  /** Resolves when the denials counted so far by `ledger` can be read. */
  readonly flush: () => Promise<void>;
  /** One more client of the same data with a living owner of its own: what another process sees. */
  readonly another: () => Promise<UsageClient>;
  /**
   * The owner of `ledger` dies without closing anything, and everybody can know it. Resolves to a client of a new owner
   * over the same data; `ledger` and `reader` are not used again.
   */
  readonly crash: () => Promise<UsageClient>;
  /** Closes the first client in order and opens the same data again as a new owner. */
  readonly reopen: () => Promise<UsageClient>;
  /** From now on nothing can be written, until `mendWrites`. Reading still works. */
  readonly breakWrites: () => Promise<void> | void;
  readonly mendWrites: () => Promise<void> | void;
}
