import assert from "node:assert/strict";
import type { TenantDirectory } from "@tenantry/core";
import { aTenant } from "@tenantry/core/testing";
import { awkwardIds } from "./awkward-ids.ts";
import { type Contract, defineContract } from "./contract.ts";

/** What the TenantDirectory rules need of an implementation. */
export interface TenantDirectorySubject {
  /** An empty directory. */
  readonly directory: TenantDirectory;
  /** One more client of the same data: what another process sees. */
  readonly another: () => Promise<TenantDirectory>;
  /** Resolves when what `directory` was told must be seen by others: at most a second later. */
  readonly propagated: () => Promise<void>;
  /** Closes `directory` and opens the same data again. */
  readonly reopen: () => Promise<TenantDirectory>;
}

/** Every field set, with the values that are easily lost on the way to a store and back. */
const fullTenant = aTenant({
  id: "apex:legal/%",
  name: "Apex „Legal“ & Söhne 😀",
  tier: "enterprise",
  status: "suspended",
  timeZone: "Asia/Kathmandu",
  overrides: {
    route: [{ provider: "example", model: "vendor/large-1" }],
    features: [],
    limits: [{ id: "calls-1m", metric: "calls", capacity: 0, windowMs: 60_000, scope: "user" }],
    budgets: [
      {
        id: "month",
        limitPico: 2n ** 64n + 1n,
        span: { kind: "calendar", unit: "month" },
        scope: "tenant",
        breach: "block",
      },
    ],
    charge: { kind: "markup", version: "charge-2", markupPpm: 200_000n },
    fixedHoldPico: null,
    traceContent: true,
    keepAnswers: true,
    store: true,
    aliases: [{ name: "fast", target: { provider: "acme", model: "small" } }],
  },
  topUps: [
    { id: "gift", budgetId: "month", scopeId: null, amountPico: 2n ** 63n, at: 1_700_000_000_000, note: "„sorry“" },
    { id: "more", budgetId: "month", scopeId: "a user", amountPico: 1n, at: 1_700_000_000_001, note: null },
  ],
});

/** What every `TenantDirectory` does. */
export const tenantDirectoryContract: Contract<TenantDirectorySubject> = defineContract("TenantDirectory", [
  {
    id: "D1",
    sentence: "find gives back what was put, equal in every field",
    reason: "a limit or an amount that changes on the way is a contract changed",
    async check({ directory }) {
      await directory.put(fullTenant);
      await directory.put(aTenant());
      assert.deepEqual(await directory.find(fullTenant.id), fullTenant);
      assert.deepEqual(await directory.list(), [fullTenant, aTenant()]);
    },
  },
  {
    id: "D2",
    sentence: "an unknown tenant is null, and an empty directory an empty list",
    reason: "a stranger is denied by value; an error would look like an outage",
    async check({ directory }) {
      assert.equal(await directory.find("nobody"), null);
      assert.equal(await directory.find(""), null);
      assert.deepEqual(await directory.list(), []);
    },
  },
  {
    id: "D3",
    sentence: "ids are matched exactly: case, Unicode form, wildcards and length count",
    reason: "an id that matches two tenants lets one be the other (R4)",
    async check({ directory }) {
      for (const [index, id] of awkwardIds.entries()) {
        if (index % 2 === 0) await directory.put(aTenant({ id, name: `tenant ${index}` }));
      }
      for (const [index, id] of awkwardIds.entries()) {
        const expected = index % 2 === 0 ? aTenant({ id, name: `tenant ${index}` }) : null;
        assert.deepEqual(await directory.find(id), expected, id);
      }
    },
  },
  {
    id: "D4",
    sentence: "the list has every tenant once, by id ascending in code units",
    reason: "lists are paged and compared; an order that depends on the store cannot be",
    async check({ directory }) {
      for (const id of awkwardIds) await directory.put(aTenant({ id }));
      const ids = (await directory.list()).map(({ id }) => id);
      assert.deepEqual(
        ids,
        awkwardIds.toSorted((a, b) => (a < b ? -1 : 1)),
      );
    },
  },
  {
    id: "D5",
    sentence: "put replaces the tenant whole, and again changes nothing",
    reason: "an override that was taken away must not live on",
    async check({ directory }) {
      await directory.put(fullTenant);
      const plain = aTenant({ id: fullTenant.id });
      for (let time = 0; time < 2; time += 1) {
        await directory.put(plain);
        assert.deepEqual(await directory.list(), [plain]);
        assert.deepEqual(await directory.find(plain.id), plain);
      }
    },
  },
  {
    id: "D6",
    sentence: "of many puts at once every tenant arrives, whole, and find sees its own put at once",
    reason: "two administrators at work must not lose or mix each other's tenants",
    async check({ directory }) {
      const tenants = Array.from({ length: 30 }, (_, index) =>
        aTenant({ id: `tenant-${index}`, name: `name ${index}` }),
      );
      await Promise.all(
        tenants.map(async (tenant) => {
          await directory.put(tenant);
          assert.deepEqual(await directory.find(tenant.id), tenant);
        }),
      );
      assert.equal((await directory.list()).length, 30);
      await Promise.all(["a", "b"].map((name) => directory.put(aTenant({ name, tier: name }))));
      const last = await directory.find("tenant-a");
      assert.equal(last?.name, last?.tier);
    },
  },
  {
    id: "D7",
    sentence: "other clients see a put, also of a tenant they have read before",
    reason: "a suspended tenant must stop everywhere, not only where it was suspended",
    async check({ directory, another, propagated }) {
      const other = await another();
      await directory.put(aTenant());
      await propagated();
      assert.equal((await other.find("tenant-a"))?.status, "active");
      await directory.put(aTenant({ status: "suspended" }));
      await propagated();
      assert.equal((await other.find("tenant-a"))?.status, "suspended");
      assert.equal((await other.list())[0]?.status, "suspended");
    },
  },
  {
    id: "D8",
    sentence: "tenants are there after closing and opening again",
    reason: "customers outlive processes",
    async check({ directory, reopen }) {
      await directory.put(fullTenant);
      const again = await reopen();
      assert.deepEqual(await again.find(fullTenant.id), fullTenant);
    },
  },
  {
    id: "D9",
    sentence: "replace writes over exactly what was read, and over nothing where nothing was",
    reason: "a suspension and a top-up at the same moment must both be there afterwards",
    async check({ directory, another, propagated }) {
      const other = await another();
      assert.equal(await directory.replace(fullTenant, fullTenant), false);
      assert.equal(await directory.find(fullTenant.id), null);
      assert.equal(await directory.replace(null, fullTenant), true);
      assert.equal(await other.replace(null, aTenant({ id: fullTenant.id })), false);
      await propagated();
      const read = await other.find(fullTenant.id);
      assert.deepEqual(read, fullTenant);
      const changed = { ...fullTenant, name: "changed" };
      assert.equal(await directory.replace(await directory.find(fullTenant.id), changed), true);
      assert.equal(await other.replace(read, { ...fullTenant, name: "late" }), false);
      assert.deepEqual(await directory.find(fullTenant.id), changed);
      await directory.put(fullTenant);
      assert.equal(await directory.replace(changed, changed), false);
      assert.deepEqual(await directory.list(), [fullTenant]);
    },
  },
  {
    id: "D10",
    sentence: "of many who replace at once exactly one succeeds, whichever client it came through",
    reason: "two processes that create one customer, or add one top-up each, must not lose either's work",
    async check({ directory, another, propagated }) {
      const clients = [directory, await another()];
      const clientOf = (index: number): TenantDirectory => clients[index % 2] ?? directory;
      const created = await Promise.all(
        Array.from({ length: 20 }, (_, index) => clientOf(index).replace(null, aTenant({ name: `maker ${index}` }))),
      );
      const maker = created.indexOf(true);
      assert.equal(created.filter((isDone) => isDone).length, 1);
      await propagated();
      const first = await directory.find("tenant-a");
      assert.equal(first?.name, `maker ${maker}`);
      const changed = await Promise.all(
        Array.from({ length: 20 }, (_, index) => clientOf(index).replace(first, aTenant({ name: `changer ${index}` }))),
      );
      assert.equal(changed.filter((isDone) => isDone).length, 1);
      assert.equal((await directory.find("tenant-a"))?.name, `changer ${changed.indexOf(true)}`);
    },
  },
]);
