import type { CallRecord, LedgerLine, Settlement, UsageLedger, UsageReader } from "@tenantry/core";
import { createMemoryUsageStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import { type MemoryUsageOptions, openMemoryUsage } from "../subjects/memory-usage.ts";
import type { UsageStoreSubject } from "../usage-store/subject.ts";

export type UsageStore = UsageLedger & UsageReader;
export type UsageChange = (store: UsageStore, options: MemoryUsageOptions) => Partial<UsageStore>;

/** A mutant that is the memory double but for what `change` replaces. */
export function usageMutant(name: string, kills: readonly string[], change: UsageChange): Mutant<UsageStoreSubject> {
  const make = (options: MemoryUsageOptions): UsageStore => {
    const store = createMemoryUsageStore(options);
    return { ...store, ...change(store, options) };
  };
  return { name, kills, open: () => openMemoryUsage(make) };
}

/** Changes every line on its way in. */
export function miswrites(change: (line: LedgerLine, options: MemoryUsageOptions) => LedgerLine): UsageChange {
  return (store, options) => ({
    settle: async ({ line, ...rest }: Settlement) =>
      await store.settle({ ...rest, line: line === null ? null : change(line, options) }),
  });
}

/** Answers every question from changed calls and lines. */
export function misremembers(
  change: (of: { readonly lines: readonly LedgerLine[]; readonly calls: readonly CallRecord[] }) => {
    readonly lines: readonly LedgerLine[];
    readonly calls: readonly CallRecord[];
  },
): UsageChange {
  return (_, { state }) => {
    const seen = (): UsageStore => {
      const { lines, calls } = change({ lines: [...state.lines.values()], calls: [...state.calls.values()] });
      return createMemoryUsageStore({
        state: {
          ...state,
          lines: new Map(lines.map((line) => [line.lineId, line])),
          calls: new Map(calls.map((call) => [call.callId, call])),
        },
      });
    };
    return {
      usage: async (scope, query) => await seen().usage(scope, query),
      sla: async (scope, query) => await seen().sla(scope, query),
      calls: async (scope, query) => await seen().calls(scope, query),
      call: async (scope, callId) => await seen().call(scope, callId),
      lines: async (scope, query) => await seen().lines(scope, query),
    };
  };
}
