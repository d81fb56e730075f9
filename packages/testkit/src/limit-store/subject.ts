import type { LimitStore } from "@tenantry/core";
import type { ManualClock } from "@tenantry/core/testing";

/** What the LimitStore rules need of an implementation. */
export interface LimitStoreSubject {
  /** A client over empty data, with a living owner. */
  readonly store: LimitStore;
  /** The clock that every client of this data runs on. */
  readonly clock: ManualClock;
  /** One more client of the same data with a living owner of its own: what another process sees. */
  readonly another: () => Promise<LimitStore>;
  /**
   * Resolves when what `store` was told so far would survive the death of its process; rejects with `unavailable` when
   * that cannot be had. For a store that writes admissions with the next `UsageLedger.open`: open an intent.
   */
  readonly flush: () => Promise<void>;
  /**
   * The owner of `store` dies without closing anything, and everybody can know it. Resolves to a client of a new owner
   * over the same data; `store` is not used again.
   */
  readonly crash: () => Promise<LimitStore>;
  /** From now on nothing can be written, until `mendWrites`. */
  readonly breakWrites: () => Promise<void> | void;
  readonly mendWrites: () => Promise<void> | void;
}
