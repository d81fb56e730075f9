import { TenantryError } from "../errors/tenantry-error.ts";
import { idProblem } from "../ids/external-id.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { IdSource } from "../ports/id-source.port.ts";
import type { KeyStore } from "../ports/key-store.port.ts";
import type { Secrets } from "../ports/secrets.port.ts";
import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import type { Key, KeyScope } from "./key.ts";
import { tenantIdProblem } from "../tenancy/unattributed.ts";
import { createKeyMirror } from "./key-mirror.ts";
import { createKeySecret, isKeySecret, isTooLong, keyHint } from "./key-secret.ts";
import { configuredAdminKeyId, type Principal } from "./principal.ts";

export interface KeysOptions {
  readonly store: KeyStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Where given, a key for a tenant it does not know is refused as `not_found`. */
  readonly tenants?: Pick<TenantDirectory, "find">;
  /** SHA-256 (lower-case hex) of an admin key that works beside the stored ones. */
  readonly adminKeyHash?: string;
}

export interface NewKey {
  readonly scope: KeyScope;
  /** Needed for a tenant key, and for no other. */
  readonly tenantId?: string | null;
  /** At most 200 characters; default "". */
  readonly name?: string;
}

/** A key with its secret, which cannot be had again. */
export interface IssuedKey {
  readonly key: Key;
  readonly secret: string;
}

/**
 * Making, ending and recognising keys. One of these per process and store; any number of callers.
 * Every method rejects with `unavailable` when the store cannot be reached.
 */
export interface Keys {
  /** @throws TenantryError `invalid_request` that names the field; `not_found` for an unknown tenant. */
  create(request: NewKey): Promise<IssuedKey>;
  /** By time of creation; of one tenant where given; revoked ones too. */
  list(tenantId?: string): Promise<readonly Key[]>;
  /** Null for an unknown id. */
  find(id: string): Promise<Key | null>;
  /**
   * A new key of the same scope, tenant and name; the old one works for another `graceMs` (0 to 30 days, default 0).
   *
   * @throws TenantryError `not_found`; `conflict` for a key that was rotated or revoked before; `invalid_request`.
   */
  rotate(id: string, options?: { readonly graceMs?: number }): Promise<IssuedKey>;
  /** Ends a key now, in every process within a second; again changes nothing. @throws TenantryError `not_found`. */
  revoke(id: string): Promise<Key>;
  /**
   * Whose key this is, or null when it is nobody's: malformed, unknown and revoked ones are not told apart.
   * Keys are looked up by hash and never compared, so the time it takes says nothing about them.
   */
  authenticate(secret: string): Promise<Principal | null>;
}

/** The longest that a key works on after it was replaced: 30 days. */
export const maxGraceMs: number = 30 * 86_400_000;

export function createKeys({ store, secrets, clock, ids, tenants, adminKeyHash }: KeysOptions): Keys {
  const mirror = createKeyMirror(store, clock);

  async function issue(scope: KeyScope, tenantId: string | null, name: string): Promise<IssuedKey> {
    const secret = createKeySecret(secrets);
    const hint = keyHint(secret);
    const key: Key = { id: ids.next("key"), scope, tenantId, name, hint, createdAt: clock.now(), revokedAt: null };
    await store.add(key, secrets.sha256Hex(secret));
    mirror.expire();
    return { key, secret };
  }

  async function end(id: string, at: number): Promise<Key> {
    const key = await store.revoke(id, at);
    mirror.expire();
    return key ?? notFound(id);
  }

  return {
    async create({ scope, tenantId = null, name = "" }) {
      checkName(name);
      checkTenantId(scope, tenantId);
      if (tenantId !== null && tenants !== undefined && (await tenants.find(tenantId)) === null) {
        throw new TenantryError("not_found", `there is no tenant ${JSON.stringify(tenantId)}`);
      }
      return await issue(scope, tenantId, name);
    },
    list: async (tenantId) => await store.list(tenantId),
    find: async (id) => await store.find(id),
    async rotate(id, { graceMs = 0 } = {}) {
      if (!Number.isSafeInteger(graceMs) || graceMs < 0 || graceMs > maxGraceMs) {
        throw TenantryError.invalidRequest("graceMs", `must be a whole number from 0 to ${maxGraceMs}`);
      }
      const old = (await store.find(id)) ?? notFound(id);
      if (old.revokedAt !== null) throw new TenantryError("conflict", `key ${id} has been rotated or revoked`);
      // The new one first: should the second step fail, the old key still works and the new one is known to nobody.
      const issued = await issue(old.scope, old.tenantId, old.name);
      await end(id, clock.now() + graceMs);
      return issued;
    },
    revoke: async (id) => await end(id, clock.now()),
    async authenticate(secret) {
      const isOurs = isKeySecret(secret);
      if (!isOurs && (adminKeyHash === undefined || isTooLong(secret))) return null;
      const hash = secrets.sha256Hex(secret);
      if (hash === adminKeyHash) return { kind: "admin", keyId: configuredAdminKeyId };
      return isOurs ? await mirror.find(hash) : null;
    },
  };
}

function notFound(id: string): never {
  throw new TenantryError("not_found", `there is no key ${JSON.stringify(id)}`);
}

function checkName(name: string): void {
  const problem = name === "" ? null : idProblem(name);
  if (problem !== null) throw TenantryError.invalidRequest("name", problem);
}

function checkTenantId(scope: KeyScope, tenantId: string | null): void {
  if (scope !== "tenant") {
    if (tenantId === null) return;
    throw TenantryError.invalidRequest("tenantId", `must not be given for an ${scope} key, which is for all tenants`);
  }
  if (tenantId === null) throw TenantryError.invalidRequest("tenantId", "must be given for a tenant key");
  const problem = tenantIdProblem(tenantId);
  if (problem !== null) throw TenantryError.invalidRequest("tenantId", problem);
}
