import assert from "node:assert/strict";
import type { Key, KeyChange, KeyStore } from "@tenantry/core";
import { awkwardIds } from "./awkward-ids.ts";
import { type Contract, defineContract } from "./contract.ts";
import { rejectsWith } from "./rejections.ts";

/** What the KeyStore rules need of an implementation. */
export interface KeyStoreSubject {
  /** A store without keys. */
  readonly store: KeyStore;
  /** One more client of the same data: what another process sees. */
  readonly another: () => Promise<KeyStore>;
  /** Resolves when what was done must be seen by others: at most a second later. */
  readonly propagated: () => Promise<void>;
  /** Closes `store` and opens the same data again. */
  readonly reopen: () => Promise<KeyStore>;
  /** From now on nothing can be written, until `mendWrites`. */
  readonly breakWrites: () => Promise<void> | void;
  readonly mendWrites: () => Promise<void> | void;
}

const at = Date.UTC(2026, 0, 15, 12);

function aKey(overrides: Partial<Key> = {}): Key {
  return {
    id: "key_1",
    scope: "tenant",
    tenantId: "tenant-a",
    name: "",
    hint: "tnt_ab12",
    createdAt: at,
    revokedAt: null,
    ...overrides,
  };
}

/** A hash that belongs to this number. */
function hashOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}

/** All changes after `since`, read in pages. */
async function changesOf(store: KeyStore, since = 0, limit = 1_000): Promise<readonly KeyChange[]> {
  const all: KeyChange[] = [];
  for (let last = since; ;) {
    const page = await store.changes(last, limit);
    assert.ok(page.length <= limit, `${page.length} changes where ${limit} were asked for`);
    all.push(...page);
    const next = page.at(-1)?.revision ?? last;
    if (page.length < limit) return all;
    assert.ok(next > last, "paging does not go on");
    last = next;
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : 1);

/** What every `KeyStore` does. */
export const keyStoreContract: Contract<KeyStoreSubject> = defineContract("KeyStore", [
  {
    id: "S1",
    sentence: "find, list and changes give back what was added, equal in every field",
    reason: "a scope or tenant that changes on the way makes a key somebody else's (R4)",
    async check({ store }) {
      const keys = [
        aKey({ id: "key_1", name: "Apex „Legal“ 😀", tenantId: "apex:legal/%" }),
        aKey({ id: "key_2", scope: "ingest", tenantId: null, createdAt: at + 1 }),
        aKey({ id: "key_3", scope: "admin", tenantId: null, createdAt: at + 2, revokedAt: at + 9 }),
      ];
      for (const [index, key] of keys.entries()) await store.add(key, hashOf(index));
      for (const key of keys) assert.deepEqual(await store.find(key.id), key);
      assert.deepEqual(await store.list(), keys);
      const changes = await changesOf(store);
      assert.deepEqual(
        changes.map(({ key, hash }) => ({ key, hash })),
        keys.map((key, index) => ({ key, hash: hashOf(index) })),
      );
    },
  },
  {
    id: "S2",
    sentence: "an id or hash that exists is a conflict, and changes nothing",
    reason: "a second key under one secret would decide by chance whose call it is (R4)",
    async check({ store }) {
      await store.add(aKey(), hashOf(1));
      const before = await changesOf(store);
      await rejectsWith("conflict", () => store.add(aKey({ name: "again" }), hashOf(2)));
      await rejectsWith("conflict", () => store.add(aKey({ id: "key_2", tenantId: "tenant-b" }), hashOf(1)));
      assert.deepEqual(await store.list(), [aKey()]);
      assert.deepEqual(await changesOf(store), before);
      const both = await Promise.allSettled(
        ["tenant-b", "tenant-c"].map((tenantId) => store.add(aKey({ id: tenantId, tenantId }), hashOf(3))),
      );
      assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    },
  },
  {
    id: "S3",
    sentence: "ids and tenants are matched exactly, and an unknown one is null or an empty list",
    reason: "an id that matches two tenants shows one the other's keys (R4)",
    async check({ store }) {
      for (const [index, id] of awkwardIds.entries()) {
        if (index % 2 === 0) await store.add(aKey({ id, tenantId: id }), hashOf(index));
      }
      for (const [index, id] of awkwardIds.entries()) {
        const expected = index % 2 === 0 ? aKey({ id, tenantId: id }) : null;
        assert.deepEqual(await store.find(id), expected, id);
        assert.deepEqual(await store.list(id), expected === null ? [] : [expected], id);
        if (expected === null) assert.equal(await store.revoke(id, at), null, id);
      }
      assert.deepEqual(await store.list(""), []);
    },
  },
  {
    id: "S4",
    sentence: "the list is by time of creation and id (code units) ascending, revoked keys among them",
    reason: "lists are paged and compared; a revoked key that vanishes cannot be accounted for",
    async check({ store }) {
      const ids = awkwardIds.toSorted(byCodeUnits);
      const later = aKey({ id: "!first by name", createdAt: at + 1 });
      await store.add(later, hashOf(1_000));
      for (const [index, id] of awkwardIds.entries()) {
        await store.add(aKey({ id, tenantId: index % 2 === 0 ? "tenant-a" : null }), hashOf(index));
      }
      await store.revoke(ids[3] ?? "", at + 5);
      const listed = await store.list();
      assert.deepEqual(
        listed.map(({ id }) => id),
        [...ids, later.id],
      );
      const ofOne = (await store.list("tenant-a")).map(({ id }) => id);
      const expected = ids.filter((id) => awkwardIds.indexOf(id) % 2 === 0);
      assert.deepEqual(ofOne, [...expected, later.id]);
    },
  },
  {
    id: "S5",
    sentence: "revoke answers the key with its end, which may lie ahead, and touches no other",
    reason: "a revoked key that goes on working is what revoking is against",
    async check({ store }) {
      await store.add(aKey(), hashOf(1));
      await store.add(aKey({ id: "key_2" }), hashOf(2));
      const revoked = aKey({ revokedAt: at + 3_600_000 });
      assert.deepEqual(await store.revoke("key_1", at + 3_600_000), revoked);
      assert.deepEqual(await store.find("key_1"), revoked);
      assert.deepEqual(await store.list(), [revoked, aKey({ id: "key_2" })]);
      assert.equal(await store.revoke("key_3", at), null);
    },
  },
  {
    id: "S6",
    sentence: "of several ends the earliest holds, whatever their order",
    reason: "a rotated key in its grace must be endable at once, and nothing may bring a key back",
    async check({ store }) {
      await store.add(aKey(), hashOf(1));
      await store.revoke("key_1", at + 100);
      const before = await changesOf(store);
      assert.deepEqual(await store.revoke("key_1", at + 200), aKey({ revokedAt: at + 100 }));
      assert.deepEqual(await changesOf(store), before);
      assert.deepEqual(await store.revoke("key_1", at + 50), aKey({ revokedAt: at + 50 }));
      assert.equal((await store.find("key_1"))?.revokedAt, at + 50);
    },
  },
  {
    id: "S7",
    sentence: "changes are each key once, as it is now, by ascending revision from 1 on, after the one given",
    reason: "a copy of the keys that misses a revocation lets a stolen key in",
    async check({ store }) {
      assert.deepEqual(await store.changes(0, 10), []);
      for (let number = 1; number <= 5; number += 1) await store.add(aKey({ id: `key_${number}` }), hashOf(number));
      const seen = (await changesOf(store)).at(-1)?.revision ?? 0;
      assert.deepEqual(await store.changes(seen, 10), []);
      await store.revoke("key_2", at + 7);
      const [change, ...more] = await store.changes(seen, 10);
      assert.deepEqual(more, []);
      assert.deepEqual([change?.key, change?.hash], [aKey({ id: "key_2", revokedAt: at + 7 }), hashOf(2)]);
      const all = await changesOf(store);
      assert.deepEqual(
        all.map(({ key }) => key.id),
        ["key_1", "key_3", "key_4", "key_5", "key_2"],
      );
      const revisions = all.map(({ revision }) => revision);
      assert.ok(
        revisions.every((revision, index) => revision > (revisions[index - 1] ?? 0)),
        String(revisions),
      );
    },
  },
  {
    id: "S8",
    sentence: "changes are as many as asked for at most, and pages miss and repeat none",
    reason: "a hundred thousand keys must not be read in one breath",
    async check({ store }) {
      const ids = Array.from({ length: 23 }, (_, number) => `key_${number + 10}`);
      for (const [index, id] of ids.entries()) await store.add(aKey({ id }), hashOf(index));
      for (const limit of [1, 5, 23, 24]) {
        const paged = await changesOf(store, 0, limit);
        assert.deepEqual(
          paged.map(({ key }) => key.id),
          ids,
        );
      }
      assert.equal((await store.changes(0, 7)).length, 7);
    },
  },
  {
    id: "S9",
    sentence: "who goes on from the last change seen misses none, while others add and revoke",
    reason: "a revision given out of order hides a revocation for ever",
    async check({ store, another, propagated }) {
      const writers = [store, await another()];
      const reader = await another();
      const copy = new Map<string, Key>();
      let last = 0;
      let isWriting = true;
      const catchUp = async (): Promise<void> => {
        for (const { revision, key } of await changesOf(reader, last, 3)) {
          copy.set(key.id, key);
          last = revision;
        }
      };
      const writing = Promise.all(
        writers.flatMap((writer, of) =>
          Array.from({ length: 10 }, async (_, number) => {
            const id = `key_${of}_${number}`;
            await writer.add(aKey({ id }), hashOf(100 * of + number));
            if (number % 2 === 0) await writer.revoke(id, at + number);
          }),
        ),
      ).finally(() => (isWriting = false));
      for (let turns = 0; isWriting && turns < 10_000; turns += 1) {
        await catchUp();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await writing;
      await propagated();
      await catchUp();
      const listed = new Map((await store.list()).map((key) => [key.id, key]));
      assert.equal(listed.size, 20);
      assert.deepEqual(copy, listed);
    },
  },
  {
    id: "S10",
    sentence: "what is resolved is seen at once by its own process, and by others too when it has got about",
    reason: "a key just made must work, and a revoked one must stop everywhere",
    async check({ store, another, propagated }) {
      const other = await another();
      assert.equal(await other.find("key_1"), null);
      await store.add(aKey(), hashOf(1));
      assert.deepEqual(await store.find("key_1"), aKey());
      await propagated();
      assert.deepEqual(await other.find("key_1"), aKey());
      const revoked = await other.revoke("key_1", at + 1);
      assert.deepEqual(await other.find("key_1"), revoked);
      assert.equal((await changesOf(other)).at(-1)?.key.revokedAt, at + 1);
      await propagated();
      assert.deepEqual(await store.find("key_1"), revoked);
      assert.equal((await changesOf(store)).at(-1)?.key.revokedAt, at + 1);
    },
  },
  {
    id: "S11",
    sentence: "keys and revisions are there after closing and opening again",
    reason: "customers' keys outlive our processes",
    async check({ store, reopen }) {
      await store.add(aKey(), hashOf(1));
      await store.add(aKey({ id: "key_2" }), hashOf(2));
      await store.revoke("key_1", at + 1);
      const before = await changesOf(store);
      assert.equal(before.length, 2);
      const again = await reopen();
      assert.deepEqual(await again.list(), [aKey({ revokedAt: at + 1 }), aKey({ id: "key_2" })]);
      assert.deepEqual(await changesOf(again), before);
      await again.add(aKey({ id: "key_3" }), hashOf(3));
      const [next] = await again.changes(before.at(-1)?.revision ?? 0, 10);
      assert.equal(next?.key.id, "key_3");
    },
  },
  {
    id: "S12",
    sentence: "a store that cannot write says unavailable, writes nothing, and works again when it can",
    reason: "a key shown to its owner must exist, and a revocation must not be believed when it failed",
    async check({ store, breakWrites, mendWrites }) {
      await store.add(aKey(), hashOf(1));
      await breakWrites();
      await rejectsWith("unavailable", () => store.add(aKey({ id: "key_2" }), hashOf(2)));
      await rejectsWith("unavailable", () => store.revoke("key_1", at));
      await mendWrites();
      assert.deepEqual(await store.list(), [aKey()]);
      await store.add(aKey({ id: "key_2" }), hashOf(2));
      assert.deepEqual(await store.revoke("key_1", at), aKey({ revokedAt: at }));
    },
  },
]);
