import { TenantryError, type UsagePlatform } from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import { type MemoryPlatform, openMemoryPlatform } from "../subjects/memory-platform.ts";
import type { UsagePlatformSubject } from "../usage-platform/subject.ts";

type Change = (platform: UsagePlatform, memory: MemoryPlatform) => Partial<UsagePlatform>;

function mutant(name: string, kills: readonly string[], change: Change): Mutant<UsagePlatformSubject> {
  return { name, kills, open: () => openMemoryPlatform(change) };
}

const none = { tokens: 0, requests: 0, sessions: 0, costPico: 0n };
const everyFault = ["P10", "P11", "P12", "P13", "P14", "P15", "P16"];

/** Platforms that break the contract. */
export const usagePlatformMutants: readonly Mutant<UsagePlatformSubject>[] = [
  mutant("reads money through a float", ["P1"], (platform) => ({
    async tenantUsage(...asked) {
      const usage = await platform.tenantUsage(...asked);
      return usage === null
        ? null
        : { ...usage, costPico: BigInt(Math.round((Number(usage.costPico) / 1e12) * 1e9)) * 1_000n };
    },
  })),
  mutant("cuts what lies below a pico dollar", ["P1"], (platform, { requests }) => ({
    async tenantUsage(tenantId, period) {
      const usage = await platform.tenantUsage(tenantId, period);
      const [only] = requests.filter((request) => request.tenantId === tenantId);
      const cut = only?.cost === "0.0000000000015" ? 1n : usage?.costPico;
      return usage === null ? null : { ...usage, costPico: cut ?? 0n };
    },
  })),
  mutant("makes nothing of no data", ["P2"], (platform) => ({
    tenantUsage: async (...asked) => (await platform.tenantUsage(...asked)) ?? none,
  })),
  mutant("takes 0 for no data", ["P2"], (platform) => ({
    async tenantUsage(...asked) {
      const usage = await platform.tenantUsage(...asked);
      return usage?.costPico === 0n ? null : usage;
    },
  })),
  mutant("takes a failure for no data", everyFault, (platform) => ({
    tenantUsage: async (...asked) => await platform.tenantUsage(...asked).catch(() => null),
  })),
  mutant("takes a failure for an empty list", everyFault, (platform) => ({
    traces: async (query) =>
      await platform.traces(query).catch((error: unknown) => {
        if (TenantryError.is(error) && error.code === "invalid_request") throw error;
        return { items: [], next: null };
      }),
  })),
  mutant("takes every failure for one", ["P10", "P11", "P12", "P13", "P15"], (platform) => ({
    spans: async (...asked) =>
      await platform.spans(...asked).catch(() => {
        throw new TenantryError("unavailable", "it did not work");
      }),
  })),
  mutant("asks again by itself", everyFault, (platform) => ({
    chart: async (query) => await platform.chart(query).catch(async () => await platform.chart(query)),
  })),
  mutant("tells its key", everyFault, (platform) => ({
    sessionUsage: async (...asked) =>
      await platform.sessionUsage(...asked).catch((error: unknown) => {
        throw new TenantryError(TenantryError.from(error).code, "key-of-memory is not good");
      }),
  })),
  mutant("walks along paths in ids", ["P3"], (platform) => ({
    tenantUsage: async (id, period) => await platform.tenantUsage(id.replace(/^.*\/\.\.\//, ""), period),
  })),
  mutant("folds case", ["P3"], (platform, { requests }) => ({
    async tenantUsage(id, period) {
      const same = requests.find(({ tenantId }) => tenantId.toLowerCase() === id.toLowerCase());
      return await platform.tenantUsage(same?.tenantId ?? id, period);
    },
  })),
  mutant("counts the end of a period", ["P4"], (platform) => ({
    tenantUsage: async (id, { from, to }) => await platform.tenantUsage(id, { from, to: to + 1 }),
  })),
  mutant("leaves out the beginning of a period", ["P4"], (platform) => ({
    tenantUsage: async (id, { from, to }) => await platform.tenantUsage(id, { from: from + 1, to }),
  })),
  mutant("gives the first page alone", ["P5"], (platform) => ({
    traces: async (query) => ({ ...(await platform.traces(query)), next: null }),
  })),
  mutant("begins every page anew", ["P5"], (platform) => ({
    traces: async ({ period, limit = 50 }) => await platform.traces({ period, limit }),
  })),
  mutant("lists the oldest first", ["P5"], (platform) => ({
    async traces(query) {
      const page = await platform.traces(query);
      return { ...page, items: page.items.toReversed() };
    },
  })),
  mutant("does not narrow to a user", ["P5"], (platform) => ({
    traces: async ({ period, limit = 50, cursor }) =>
      await platform.traces({ period, limit, ...(cursor === undefined ? {} : { cursor }) }),
  })),
  mutant("gives the spans of all traces", ["P5"], (platform, { requests }) => ({
    async spans() {
      const pages = await Promise.all(requests.map(async ({ traceId }) => await platform.spans(traceId)));
      return { items: pages.flatMap(({ items }) => items), next: null };
    },
  })),
  mutant("cuts a limit in silence", ["P6"], (platform) => ({
    traces: async (query) => {
      const { limit = 50 } = query;
      return await platform.traces({ ...query, limit: limit >= 1 ? Math.min(Math.trunc(limit), 100) : 1 });
    },
  })),
];
