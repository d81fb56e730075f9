import type { Key, KeyStore } from "@tenantry/core";
import { createMemoryKeyStore, createMemoryState, type MemoryState } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { KeyStoreSubject } from "../key-store.contract.ts";
import { openMemoryKeys } from "../subjects/memory-keys.ts";

type Change = (store: KeyStore, state: MemoryState) => Partial<KeyStore>;

function mutant(name: string, kills: readonly string[], change: Change): Mutant<KeyStoreSubject> {
  const make = (state: MemoryState): KeyStore => {
    const store = createMemoryKeyStore({ state });
    return { ...store, ...change(store, state) };
  };
  return { name, kills, open: () => openMemoryKeys(make) };
}

/** Writes where the double would refuse. */
async function unhindered<Result>(state: MemoryState, work: () => Promise<Result>): Promise<Result> {
  const { readOnly } = state;
  state.readOnly = false;
  try {
    return await work();
  } finally {
    state.readOnly = readOnly;
  }
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** Stores that break the KeyStore contract. */
export const keyStoreMutants: readonly Mutant<KeyStoreSubject>[] = [
  mutant("takes every key for a tenant's", ["S1"], (store) => ({
    add: async (key, hash) => await store.add({ ...key, scope: "tenant" }, hash),
  })),
  mutant("forgets the end of a key that is added", ["S1"], (store) => ({
    add: async (key, hash) => await store.add({ ...key, revokedAt: null }, hash),
  })),
  mutant("replaces a key by its id", ["S2"], (store, state) => ({
    async add(key, hash) {
      state.keys.delete(key.id);
      await store.add(key, hash);
    },
  })),
  mutant("gives one secret to two keys", ["S2"], (_, state) => ({
    async add(key, hash) {
      state.keys.set(key.id, { revision: state.keys.size + 1, key, hash });
    },
  })),
  mutant("folds case and Unicode forms", ["S3"], (store, state) => ({
    async find(id) {
      return [...state.keys.values()].find(({ key }) => fold(key.id) === fold(id))?.key ?? null;
    },
  })),
  mutant("lists tenants by their beginning", ["S3"], (store) => ({
    list: async (tenantId) =>
      (await store.list()).filter((key) => tenantId === undefined || key.tenantId?.startsWith(tenantId)),
  })),
  mutant("lists everything for the empty tenant", ["S3"], (store) => ({
    list: async (tenantId) => await store.list(tenantId === "" ? undefined : tenantId),
  })),
  mutant("lists in the order of UTF-8", ["S4"], (store) => ({
    list: async (tenantId) =>
      (await store.list(tenantId)).toSorted(
        (a, b) => a.createdAt - b.createdAt || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)),
      ),
  })),
  mutant("lists by id alone", ["S4"], (store) => ({
    list: async (tenantId) => (await store.list(tenantId)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  })),
  mutant("hides revoked keys", ["S4", "S5"], (store) => ({
    list: async (tenantId) => (await store.list(tenantId)).filter(({ revokedAt }) => revokedAt === null),
  })),
  mutant("revokes in its answer alone", ["S5", "S6"], (store) => ({
    async revoke(id, at) {
      const key = await store.find(id);
      return key === null ? null : { ...key, revokedAt: at };
    },
  })),
  mutant("keeps the first end it was told", ["S6"], (store) => ({
    async revoke(id, at) {
      const key = await store.find(id);
      return key === null || key.revokedAt !== null ? key : await store.revoke(id, at);
    },
  })),
  mutant("keeps the last end it was told", ["S6"], (store, state) => ({
    async revoke(id, at) {
      const known = state.keys.get(id);
      if (known !== undefined) state.keys.set(id, { ...known, key: { ...known.key, revokedAt: null } });
      return await store.revoke(id, at);
    },
  })),
  mutant("counts a revocation as no change", ["S7", "S9"], (_, state) => ({
    async revoke(id, at) {
      const known = state.keys.get(id);
      if (known === undefined) return null;
      const key: Key = { ...known.key, revokedAt: Math.min(at, known.key.revokedAt ?? at) };
      state.keys.set(id, { ...known, key });
      return key;
    },
  })),
  mutant("gives the last change again", ["S7"], (store) => ({
    changes: async (since, limit) => await store.changes(since === 0 ? 0 : since - 1, limit),
  })),
  mutant("gives changes in the order of creation", ["S7"], (store) => ({
    changes: async (since, limit) =>
      (await store.changes(since, limit)).toSorted((a, b) => (a.key.id < b.key.id ? -1 : 1)),
  })),
  mutant("gives all changes at once", ["S8"], (store) => ({
    changes: async (since) => await store.changes(since, Number.MAX_SAFE_INTEGER),
  })),
  mutant("skips one change a page", ["S8"], (store) => ({
    changes: async (since, limit) => await store.changes(since === 0 ? 0 : since + 1, limit),
  })),
  mutant("gives a revision before the change can be seen", ["S9"], (store, state) => {
    let given = 0;
    return {
      async add(key, hash) {
        given = Math.max(given, ...[...state.keys.values()].map(({ revision }) => revision)) + 1;
        const revision = given;
        // As a sequence does whose transactions commit in another order.
        for (let turn = 0; turn < (revision % 3) * 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        state.keys.set(key.id, { revision, key, hash });
      },
    };
  }),
  {
    name: "keeps keys to its own process",
    kills: ["S9", "S10", "S11"],
    open: () => openMemoryKeys(() => createMemoryKeyStore()),
  },
  mutant("shows its own changes only after a while", ["S10"], (store, state) => {
    let shown = createMemoryState();
    let stale = createMemoryKeyStore({ state: shown });
    return {
      async find(id) {
        const found = await stale.find(id);
        shown = createMemoryState();
        for (const [name, key] of state.keys) shown.keys.set(name, key);
        stale = createMemoryKeyStore({ state: shown });
        return found;
      },
    };
  }),
  mutant("numbers changes anew after opening", ["S11"], (store, state) => {
    const before = Math.max(0, ...[...state.keys.values()].map(({ revision }) => revision));
    return {
      changes: async (since, limit) =>
        (await store.changes(since + before, limit)).map((change) => ({
          ...change,
          revision: change.revision - before,
        })),
    };
  }),
  mutant("says nothing of a write that failed", ["S12"], (store) => ({
    add: async (key, hash) => await store.add(key, hash).catch(() => {}),
    revoke: async (id, at) => await store.revoke(id, at).catch(() => null),
  })),
  mutant("fails and writes all the same", ["S12"], (store, state) => ({
    async add(key, hash) {
      await unhindered(state, async () => await store.add(key, hash));
      if (state.readOnly) await store.add(key, hash);
    },
  })),
];
