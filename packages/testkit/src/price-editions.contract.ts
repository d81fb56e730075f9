import assert from "node:assert/strict";
import { type NewPriceEdition, numberEdition, type PriceEditions } from "@tenantry/core";
import { aPrice } from "@tenantry/core/testing";
import { type Contract, defineContract } from "./contract.ts";
import { rejectsWith } from "./rejections.ts";

/** What the PriceEditions rules need of an implementation. */
export interface PriceEditionsSubject {
  /** A store without editions. */
  readonly store: PriceEditions;
  /** One more client of the same data: what another process sees. */
  readonly another: () => Promise<PriceEditions>;
  /** Resolves when what was done must be seen by others: at most a second later. */
  readonly propagated: () => Promise<void>;
  /** Closes `store` and opens the same data again. */
  readonly reopen: () => Promise<PriceEditions>;
  /** From now on nothing can be written, until `mendWrites`. */
  readonly breakWrites: () => Promise<void> | void;
  readonly mendWrites: () => Promise<void> | void;
}

const at = Date.UTC(2026, 0, 15, 12);

function anEdition(overrides: Partial<NewPriceEdition> = {}): NewPriceEdition {
  return { recordedAt: at, source: "prices of a test", prices: [aPrice()], ...overrides };
}

/** The revision of now. */
async function revisionOf(store: PriceEditions): Promise<number> {
  const live = await store.live(-1);
  assert.ok(live !== null, "live(-1) answered nothing");
  return live.revision;
}

async function add(store: PriceEditions, edition: NewPriceEdition = anEdition()): Promise<number> {
  return (await store.add(edition, await revisionOf(store))).version;
}

/** The version in force; 0 is none. */
async function versionOf(store: PriceEditions): Promise<number> {
  return (await store.live(-1))?.edition?.version ?? 0;
}

/** What every `PriceEditions` does. */
export const priceEditionsContract: Contract<PriceEditionsSubject> = defineContract("PriceEditions", [
  {
    id: "V1",
    sentence: "editions get the versions 1, 2, 3 … and are given back equal in every field, amounts beyond 2⁶³ too",
    reason: "a figure that changes on the way is charged to somebody (R5)",
    async check({ store }) {
      const dear = aPrice({
        model: "ünïcode/😀",
        tenantId: "tenant-a",
        from: at - 5,
        to: at,
        rates: { input: 0n, output: 2n ** 70n },
        longContext: [{ aboveInputTokens: 200_000, rates: { input: 7n } }],
        serviceTiers: { batch: { input: 3n } },
        fees: { webSearch: 10n ** 10n },
      });
      const editions = [anEdition(), anEdition({ prices: [dear, aPrice()], source: "Quelle „2“", recordedAt: at + 1 })];
      for (const [index, edition] of editions.entries()) {
        const expected = numberEdition(edition, index + 1);
        assert.deepEqual(await store.add(edition, await revisionOf(store)), expected);
        assert.deepEqual(await store.find(index + 1), expected);
      }
      for (const unknown of [0, -1, 3, 1.5]) assert.equal(await store.find(unknown), null);
    },
  },
  {
    id: "V2",
    sentence: "no two editions share the id of a price",
    reason: "a ledger line names its price by the id for ever (R7)",
    async check({ store }) {
      for (let count = 0; count < 12; count += 1) await add(store);
      const ids: string[] = [];
      for (let version = 1; version <= 12; version += 1) {
        ids.push(...((await store.find(version))?.prices ?? []).map(({ id }) => id));
      }
      assert.equal(ids.length, 12);
      assert.equal(new Set(ids).size, 12);
    },
  },
  {
    id: "V3",
    sentence: "the list is newest first, without prices but with their number",
    reason: "who decides what to go back to has to see what there was",
    async check({ store }) {
      assert.deepEqual(await store.list(), []);
      for (let count = 1; count <= 11; count += 1) {
        const prices = Array.from({ length: count }, (_, index) => aPrice({ model: `model-${index}` }));
        await add(store, anEdition({ prices, recordedAt: at - count }));
      }
      const expected = Array.from({ length: 11 }, (_, index) => {
        const version = 11 - index;
        return { version, recordedAt: at - version, source: "prices of a test", count: version };
      });
      assert.deepEqual(await store.list(), expected);
    },
  },
  {
    id: "V4",
    sentence: "the latest edition is in force, unless one is pinned; pinned to null, the latest is again",
    reason: "a bad price list is taken back by one command, and new ones do not slip past it",
    async check({ store }) {
      assert.deepEqual(await store.live(-1), { revision: await revisionOf(store), pinned: null, edition: null });
      await add(store);
      await add(store);
      assert.equal(await versionOf(store), 2);
      await store.pin(1);
      assert.equal(await versionOf(store), 1);
      assert.equal((await store.live(-1))?.pinned, 1);
      await add(store);
      assert.equal(await versionOf(store), 1);
      await store.pin(0);
      assert.deepEqual([await versionOf(store), (await store.live(-1))?.pinned], [0, 0]);
      await store.pin(null);
      assert.deepEqual([await versionOf(store), (await store.live(-1))?.pinned], [3, null]);
    },
  },
  {
    id: "V5",
    sentence: "a version that does not exist cannot be pinned, and nothing changes",
    reason: "prices that vanish for a slip of the finger stop every call",
    async check({ store }) {
      await add(store);
      const before = await store.live(-1);
      for (const version of [2, -1, 1.5, 10 ** 9]) await rejectsWith("not_found", () => store.pin(version));
      assert.deepEqual(await store.live(-1), before);
    },
  },
  {
    id: "V6",
    sentence: "what is based on another revision than that of now is a conflict and records nothing",
    reason: "two people who compare with the same book would put prices in force that neither has seen",
    async check({ store, another }) {
      const seen = await revisionOf(store);
      const clients = [store, await another(), await another()];
      const added = await Promise.allSettled(clients.map(async (client) => await client.add(anEdition(), seen)));
      assert.deepEqual(added.map(({ status }) => status).toSorted(), ["fulfilled", "rejected", "rejected"]);
      const before = await revisionOf(store);
      await store.pin(1);
      await rejectsWith("conflict", () => store.add(anEdition(), before));
      await rejectsWith("conflict", () => store.add(anEdition(), before + 100));
      assert.equal((await store.list()).length, 1);
    },
  },
  {
    id: "V7",
    sentence: "live answers null when nothing has changed since a revision, and every change raises it",
    reason: "running servers ask several times a second; one that misses a change charges by yesterday's prices",
    async check({ store, another, propagated }) {
      const other = await another();
      let last = await revisionOf(store);
      const steps = [
        async () => void (await add(store)),
        async () => void (await add(other)),
        async () => await store.pin(1),
        async () => await other.pin(null),
      ];
      for (const step of steps) {
        assert.equal(await other.live(last), null);
        await step();
        await propagated();
        const changed = await other.live(last);
        assert.ok(changed !== null && changed.revision > last);
        assert.deepEqual(await store.live(last), changed);
        last = changed.revision;
      }
    },
  },
  {
    id: "V8",
    sentence: "editions and the pin outlive the process",
    reason: "a restart that forgets a pin puts the bad prices back",
    async check({ store, reopen }) {
      await add(store);
      await add(store);
      await store.pin(1);
      const before = [await store.live(-1), await store.list(), await store.find(2)];
      const again = await reopen();
      assert.deepEqual([await again.live(-1), await again.list(), await again.find(2)], before);
    },
  },
  {
    id: "V9",
    sentence: "when nothing can be written, changes are unavailable and leave no trace, and reading goes on",
    reason: "the last good prices stay in force whatever fails",
    async check({ store, breakWrites, mendWrites }) {
      await add(store);
      const before = [await store.live(-1), await store.list()];
      const seen = await revisionOf(store);
      await breakWrites();
      await rejectsWith("unavailable", () => store.add(anEdition(), seen));
      await rejectsWith("unavailable", () => store.pin(0));
      assert.deepEqual([await store.live(-1), await store.list()], before);
      await mendWrites();
      assert.deepEqual([await store.live(-1), await store.list()], before);
      assert.equal(await add(store), 2);
    },
  },
]);
