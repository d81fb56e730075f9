import { TenantryError } from "../errors/tenantry-error.ts";
import type { Key } from "../keys/key.ts";
import type { KeyStore } from "../ports/key-store.port.ts";
import { createMemoryState, type MemoryState, refuseReadOnly } from "./memory-state.ts";

/** Keys in memory. Stores over the same state see the same keys. */
export function createMemoryKeyStore(options: { readonly state?: MemoryState } = {}): KeyStore {
  const state = options.state ?? createMemoryState();
  const nextRevision = (): number => {
    let last = 0;
    for (const { revision } of state.keys.values()) last = Math.max(last, revision);
    return last + 1;
  };
  return {
    async add(key, hash) {
      refuseReadOnly(state);
      const isTaken = state.keys.has(key.id) || [...state.keys.values()].some((known) => known.hash === hash);
      if (isTaken) throw new TenantryError("conflict", `key ${key.id} or its secret exists`);
      state.keys.set(key.id, { revision: nextRevision(), key, hash });
    },
    find: async (id) => state.keys.get(id)?.key ?? null,
    list: async (tenantId) =>
      [...state.keys.values()]
        .map(({ key }) => key)
        .filter((key) => tenantId === undefined || key.tenantId === tenantId)
        .sort(byCreation),
    async revoke(id, at) {
      refuseReadOnly(state);
      const known = state.keys.get(id);
      if (known === undefined) return null;
      const { key, hash } = known;
      if (key.revokedAt !== null && key.revokedAt <= at) return key;
      const revoked: Key = { ...key, revokedAt: at };
      state.keys.set(id, { revision: nextRevision(), key: revoked, hash });
      return revoked;
    },
    changes: async (since, limit) =>
      [...state.keys.values()]
        .filter(({ revision }) => revision > since)
        .sort((a, b) => a.revision - b.revision)
        .slice(0, limit),
  };
}

function byCreation(a: Key, b: Key): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  return a.id < b.id ? -1 : 1;
}
