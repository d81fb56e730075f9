import { type AllowanceTerms, type LedgerLine, settleCharge, TenantryError } from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import type { UsageStoreSubject } from "../usage-store/subject.ts";
import { type UsageChange, usageMutant } from "./memory-usage-mutant.ts";

interface Counting {
  /** What shares a count. */
  readonly keyOf: (line: LedgerLine, terms: AllowanceTerms) => string;
  /** Time between reading the count and writing it. */
  readonly between?: () => Promise<void>;
  /** Counts although nothing can be written. */
  readonly countsFirst?: boolean;
  readonly givesBack?: boolean;
}

const properKey: Counting["keyOf"] = ({ tenantId }, { id, period }) => JSON.stringify([tenantId, id, period.from]);

/** Counts beside the lines, as a store with a table of its own might. */
function counts({ keyOf, between, countsFirst = false, givesBack = true }: Counting): UsageChange {
  const used = new Map<object, Map<string, bigint>>();
  return (store, { state }) => ({
    async settle(settlement) {
      const { line, terms = null } = settlement;
      if (line === null || terms === null || state.lines.has(line.lineId)) return await store.settle(settlement);
      const counted = used.get(state) ?? new Map<string, bigint>();
      used.set(state, counted);
      const key = keyOf(line, terms);
      const replaced = state.lines.get(line.supersedes ?? "")?.allowance;
      const back = givesBack ? (replaced?.covered ?? 0n) : 0n;
      const before = (counted.get(key) ?? 0n) - back;
      await between?.();
      const stored = settleCharge(line, terms, before);
      if (state.readOnly && !countsFirst) throw new TenantryError("unavailable", "not now");
      counted.set(key, before + (stored.allowance?.covered ?? 0n));
      if (state.readOnly) throw new TenantryError("unavailable", "not now");
      state.lines.set(line.lineId, stored);
      await store.settle({ ...settlement, line: null });
      return stored;
    },
  });
}

/** Ledgers that get an allowance wrong. */
export const allowanceMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant("charges as if nothing was included", ["U30", "U31"], (store) => ({
    settle: async ({ line, call }) => await store.settle({ line, call }),
  })),
  usageMutant("answers the line as it was given", ["U30", "U32"], (store) => ({
    async settle(settlement) {
      await store.settle(settlement);
      return settlement.line;
    },
  })),
  usageMutant("includes the line at the edge whole", ["U30", "U39"], (store, { state }) => ({
    async settle(settlement) {
      const stored = await store.settle(settlement);
      if (stored?.allowance === undefined || stored.allowance.covered === 0n) return stored;
      const whole = { ...stored, chargePico: 0n };
      state.lines.set(stored.lineId, whole);
      return whole;
    },
  })),
  usageMutant("rounds before it splits, and again", ["U31"], (store) => ({
    async settle({ terms, ...rest }) {
      if (terms === undefined || terms === null || rest.line?.chargePico === null) return await store.settle(rest);
      const exact = { numerator: rest.line?.chargePico ?? 0n, denominator: 1n };
      return await store.settle({ ...rest, terms: { ...terms, exact } });
    },
  })),
  usageMutant("counts in 64 bits", ["U31"], (store) => ({
    async settle({ terms, ...rest }) {
      if (terms === undefined || terms === null) return await store.settle(rest);
      return await store.settle({ ...rest, terms: { ...terms, limit: BigInt.asIntN(64, terms.limit) } });
    },
  })),
  usageMutant("draws again for a repetition", ["U33"], (store, { state }) => ({
    async settle(settlement) {
      const { line } = settlement;
      if (line !== null && state.lines.has(line.lineId) && settlement.terms) {
        await store.settle({ ...settlement, line: { ...line, lineId: `${line.lineId}#${state.lines.size}` } });
      }
      return await store.settle(settlement);
    },
  })),
  usageMutant("counts all tenants together", ["U34"], counts({ keyOf: (_, { id, period }) => `${id} ${period.from}` })),
  usageMutant(
    "counts all allowances together",
    ["U34"],
    counts({ keyOf: ({ tenantId }, { period }) => `${tenantId} ${period.from}` }),
  ),
  usageMutant("never begins a period anew", ["U34"], counts({ keyOf: ({ tenantId }, { id }) => `${tenantId} ${id}` })),
  usageMutant(
    "begins anew when the limit changes",
    ["U34"],
    counts({ keyOf: (line, terms) => `${properKey(line, terms)} ${terms.limit}` }),
  ),
  usageMutant("keeps what a corrected line drew", ["U35"], counts({ keyOf: properKey, givesBack: false })),
  usageMutant("forgets the terms of what it corrects", ["U35"], (store, { state }) => ({
    async settle(settlement) {
      const { line } = settlement;
      const replaced = state.lines.get(line?.supersedes ?? "");
      if (replaced?.allowance === undefined || settlement.terms) return await store.settle(settlement);
      const { allowance: _share, ...plain } = replaced;
      state.lines.set(plain.lineId, plain);
      return await store.settle(settlement);
    },
  })),
  usageMutant("draws for a line that is superseded already", ["U36"], counts({ keyOf: properKey })),
  usageMutant("believes a share it is given", ["U36"], (store, { state }) => ({
    async settle(settlement) {
      const stored = await store.settle(settlement);
      if (stored === null || settlement.line?.allowance === undefined || settlement.terms) return stored;
      state.lines.set(stored.lineId, settlement.line);
      return settlement.line;
    },
  })),
  usageMutant(
    "reads what is left and writes it later",
    ["U37"],
    counts({ keyOf: properKey, between: async () => await Promise.resolve() }),
  ),
  usageMutant("draws and then fails", ["U38"], counts({ keyOf: properKey, countsFirst: true })),
  usageMutant("starts the month anew with every process", ["U37", "U38"], (store, options) =>
    counts({ keyOf: (line, terms) => `${options.owner} ${properKey(line, terms)}` })(store, options),
  ),
];
