import type { LedgerLine, LinePage, LineQuery } from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import type { UsageStoreSubject } from "../usage-store/subject.ts";
import { usageMutant } from "./memory-usage-mutant.ts";

const all = 1_000;

function without(query: LineQuery): LineQuery {
  const { period, tenantId, limit } = query;
  return { period, limit, ...(tenantId === undefined ? {} : { tenantId }) };
}

/** Stores that read lines wrongly. */
export const lineReadingMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant("pages lines by offset", ["Q20"], (store) => ({
    async lines(scope, query): Promise<LinePage> {
      const from = Number(query.cursor ?? 0);
      const { lines } = await store.lines(scope, { ...without(query), limit: all });
      // What was corrected since has left its place, and the rest moves up by as many.
      const seen = lines.filter(({ supersedes }) => supersedes === null);
      const isMore = seen.length > from + query.limit;
      return { lines: seen.slice(from, from + query.limit), nextCursor: isMore ? String(from + query.limit) : null };
    },
  })),
  usageMutant("pages lines by time alone", ["Q20"], (store) => ({
    async lines(scope, query): Promise<LinePage> {
      const from = query.cursor === undefined ? query.period.from : Number(query.cursor) + 1;
      const page = await store.lines(scope, { ...without(query), period: { from, to: query.period.to } });
      return { ...page, nextCursor: page.nextCursor === null ? null : String(page.lines.at(-1)?.occurredAt) };
    },
  })),
  usageMutant("reads lines newest first", ["Q20"], (store) => ({
    async lines(scope, query) {
      const page = await store.lines(scope, query);
      return { ...page, lines: page.lines.toReversed() };
    },
  })),
  usageMutant("gives lines without what they cost in detail", ["Q20"], (store) => ({
    async lines(scope, query) {
      const page = await store.lines(scope, query);
      return { ...page, lines: page.lines.map((line): LedgerLine => ({ ...line, usage: null })) };
    },
  })),
  usageMutant("reads superseded lines too", ["Q21"], (store, { state }) => ({
    async lines(scope, query) {
      const page = await store.lines(scope, query);
      const old = [...state.lines.values()].filter((line) => page.lines.some((one) => one.supersedes === line.lineId));
      return { ...page, lines: [...page.lines, ...old] };
    },
  })),
  usageMutant("ignores the scope of lines", ["Q22"], (store) => ({
    lines: async (_, query) => await store.lines({ kind: "installation" }, query),
  })),
  usageMutant("reads lines up to the end and with it", ["Q22"], (store) => ({
    lines: async (scope, query) =>
      await store.lines(scope, { ...query, period: { from: query.period.from, to: query.period.to + 1 } }),
  })),
  usageMutant("forgets the tenant after the first page", ["Q22"], (store) => ({
    async lines(scope, query) {
      const { tenantId: _, ...wide } = query;
      return await store.lines(scope, query.cursor === undefined ? query : wide);
    },
  })),
  usageMutant("reads a broken cursor as the first page of lines", ["Q23"], (store) => ({
    lines: async (scope, query) =>
      await store.lines(scope, query).catch(async () => await store.lines(scope, without(query))),
  })),
];
