import type { Tenant, TenantDirectory } from "@tenantry/core";
import { createMemoryTenantDirectory } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import { openMemoryTenants } from "../subjects/memory-tenants.ts";
import type { TenantDirectorySubject } from "../tenant-directory.contract.ts";

type Change = (directory: TenantDirectory, data: Map<string, Tenant>) => Partial<TenantDirectory>;

function mutant(name: string, kills: readonly string[], change: Change): Mutant<TenantDirectorySubject> {
  const make = (data: Map<string, Tenant>): TenantDirectory => {
    const directory = createMemoryTenantDirectory([], data);
    return { ...directory, ...change(directory, data) };
  };
  return { name, kills, open: () => openMemoryTenants(make) };
}

function throughFloats(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

/** Directories that break the contract. */
export const tenantDirectoryMutants: readonly Mutant<TenantDirectorySubject>[] = [
  mutant("keeps amounts as JSON numbers", ["D1"], (directory) => ({
    put: async (tenant) => await directory.put(JSON.parse(JSON.stringify(tenant, throughFloats)) as Tenant),
  })),
  mutant("finds a suspended tenant active", ["D1", "D7"], (directory) => ({
    put: async (tenant) => await directory.put({ ...tenant, status: "active" }),
  })),
  mutant("makes up a tenant it does not know", ["D2", "D3"], (directory) => ({
    find: async (id) =>
      (await directory.find(id)) ?? { id, name: id, tier: "free", status: "active", timeZone: "UTC", overrides: {} },
  })),
  mutant("throws for a tenant it does not know", ["D2", "D3"], (directory) => ({
    async find(id) {
      const tenant = await directory.find(id);
      if (tenant === null) throw new Error("no such tenant");
      return tenant;
    },
  })),
  mutant("folds case and Unicode forms", ["D3"], (directory, data) => ({
    async find(id) {
      const fold = (text: string): string => text.normalize("NFC").toLowerCase();
      return [...data.values()].find((tenant) => fold(tenant.id) === fold(id)) ?? null;
    },
  })),
  mutant("reads ids as patterns", ["D3"], (directory, data) => ({
    find: async (id) =>
      (await directory.find(id)) ??
      (id.endsWith("%") ? ([...data.values()].find((of) => of.id.startsWith(id.slice(0, -1))) ?? null) : null),
  })),
  mutant("lists in the order of UTF-8", ["D4"], (directory) => ({
    list: async () => (await directory.list()).toSorted((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))),
  })),
  mutant("merges into what was there", ["D5"], (directory) => ({
    async put(tenant) {
      const before = await directory.find(tenant.id);
      await directory.put({ ...tenant, overrides: { ...before?.overrides, ...tenant.overrides } });
    },
  })),
  mutant("adds a tenant again", ["D5", "D7"], (directory) => {
    const puts: Tenant[] = [];
    return {
      async put(tenant) {
        puts.push(tenant);
        await directory.put(tenant);
      },
      list: async () => puts.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    };
  }),
  mutant("loses one of two puts at once", ["D6"], (_, data) => ({
    async put(tenant) {
      const all = new Map(data);
      await Promise.resolve();
      data.clear();
      for (const [id, known] of all.set(tenant.id, tenant)) data.set(id, known);
    },
  })),
  mutant("remembers what it has read for ever", ["D7"], (directory) => {
    const read = new Map<string, Tenant>();
    return {
      async find(id) {
        const tenant = read.get(id) ?? (await directory.find(id));
        if (tenant !== null) read.set(id, tenant);
        return tenant;
      },
    };
  }),
  mutant("replaces whatever is there", ["D9", "D10"], (directory) => ({
    async replace(_expected, next) {
      await directory.put(next);
      return true;
    },
  })),
  mutant("creates over what is there", ["D9", "D10"], (directory) => ({
    async replace(expected, next) {
      if (expected !== null) return await directory.replace(expected, next);
      await directory.put(next);
      return true;
    },
  })),
  mutant("looks first and replaces a turn later", ["D10"], (directory) => ({
    async replace(expected, next) {
      const found = await directory.find(next.id);
      if ((found === null) !== (expected === null) || found?.name !== expected?.name) return false;
      await Promise.resolve();
      await directory.put(next);
      return true;
    },
  })),
  mutant("compares names alone", ["D9"], (directory) => ({
    async replace(expected, next) {
      const found = await directory.find(next.id);
      if (found === null || expected === null) return await directory.replace(expected, next);
      return await directory.replace({ ...expected, name: found.name }, next);
    },
  })),
  {
    name: "keeps tenants to its own process",
    kills: ["D7", "D8"],
    open: () => openMemoryTenants(() => createMemoryTenantDirectory()),
  },
];
