import type { Instant } from "../time/instant.ts";

/**
 * `tenant`: calls and reads for one tenant. `ingest`: writes spans for every tenant. `admin`: everything.
 */
export type KeyScope = "tenant" | "ingest" | "admin";

/** A key without its secret. The secret is shown once and stored only as a hash. */
export interface Key {
  /** `key_…`; appears in the ledger and in logs. */
  readonly id: string;
  readonly scope: KeyScope;
  /** Set for tenant keys only. */
  readonly tenantId: string | null;
  /** For people; "" when none was given. */
  readonly name: string;
  /** First characters of the secret (`tnt_ab12`), to recognise it by. */
  readonly hint: string;
  readonly createdAt: Instant;
  /** From when on it works no more, ahead while a rotated key is in its grace; null without an end. */
  readonly revokedAt: Instant | null;
}
