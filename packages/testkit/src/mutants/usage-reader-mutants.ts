import {
  type CallQuery,
  noTokens,
  type QueryScope,
  TenantryError,
  type UsageQuery,
  type UsageRow,
} from "@tenantry/core";
import { createMemoryUsageStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { UsageStoreSubject } from "../usage-store/subject.ts";
import { lineReadingMutants } from "./line-reading-mutants.ts";
import { misremembers, type UsageChange, usageMutant } from "./memory-usage-mutant.ts";

const hourMs = 3_600_000;
const everything: QueryScope = { kind: "installation" };
const zeros: UsageRow = {
  calls: 0,
  attempts: 0,
  denied: 0,
  failed: 0,
  tokens: noTokens,
  costPico: 0n,
  chargePico: 0n,
  marginPico: 0n,
  marginUnknown: 0,
  atMostPico: 0n,
  unpriced: 0,
  estimated: 0,
  unknown: 0,
};

/** Asks something else than it was asked. */
function mishears(change: (query: UsageQuery) => UsageQuery): UsageChange {
  return (store) => ({ usage: async (scope, query) => await store.usage(scope, change(query)) });
}

/** Gives another answer than it has. */
function misspeaks(change: (rows: readonly UsageRow[]) => readonly UsageRow[]): UsageChange {
  return (store) => ({ usage: async (scope, query) => change(await store.usage(scope, query)) });
}

const rollUpMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant(
    "answers however many groups there are",
    ["Q24"],
    mishears(({ mostGroups: _most, ...query }) => query),
  ),
  usageMutant("gives the first groups where there are too many", ["Q24"], (store) => ({
    usage: async (scope, { mostGroups, ...query }) => (await store.usage(scope, query)).slice(0, mostGroups),
  })),
  usageMutant(
    "groups by the first dimension only",
    ["Q1"],
    mishears((query) => ({ ...query, groupBy: query.groupBy.slice(0, 1) })),
  ),
  usageMutant(
    "counts what may be owed as owed",
    ["Q1"],
    misspeaks((rows) => rows.map((row) => ({ ...row, costPico: row.costPico + row.atMostPico }))),
  ),
  usageMutant(
    "takes what all lines charge less what all cost for the margin",
    ["Q1"],
    misspeaks((rows) => rows.map((row) => ({ ...row, marginPico: row.chargePico - row.costPico }))),
  ),
  usageMutant(
    "takes an unknown margin for none",
    ["Q1"],
    misspeaks((rows) => rows.map((row) => ({ ...row, marginUnknown: 0 }))),
  ),
  usageMutant(
    "counts calls under their first attempt's model",
    ["Q1"],
    misremembers(({ lines, calls }) => ({
      lines,
      calls: calls.map((call) => ({
        ...call,
        model: lines.find((line) => line.callId === call.callId)?.answered ?? call.model,
      })),
    })),
  ),
  usageMutant(
    "sums superseded lines too",
    ["Q1", "Q5"],
    misremembers(({ lines, calls }) => ({ lines: lines.map((line) => ({ ...line, supersedes: null })), calls })),
  ),
  usageMutant(
    "counts the last millisecond twice",
    ["Q2"],
    mishears((query) => ({ ...query, period: { from: query.period.from, to: query.period.to + 1 } })),
  ),
  usageMutant(
    "answers for whole hours",
    ["Q2"],
    mishears((query) => ({
      ...query,
      period: {
        from: Math.floor(query.period.from / hourMs) * hourMs,
        to: Math.floor(query.period.to / hourMs) * hourMs,
      },
    })),
  ),
  usageMutant(
    "cuts days in UTC",
    ["Q3"],
    mishears((query) => ({ ...query, timeZone: "UTC" })),
  ),
  usageMutant(
    "does not filter by session",
    ["Q4"],
    mishears((query) => without(query, "sessionId")),
  ),
  usageMutant("does not filter denials", ["Q4"], (store) => ({
    async usage(scope, query) {
      const rows = await store.usage(scope, query);
      const all = await store.usage(scope, without(query, "userId"));
      return rows.map((row, index) => ({ ...row, denied: all[index]?.denied ?? 0 }));
    },
  })),
  usageMutant(
    "sorts by code points",
    ["Q5"],
    misspeaks((rows) =>
      rows.toSorted((a, b) => Number(a.userId === null) - Number(b.userId === null) || byCodePoints(a, b)),
    ),
  ),
  usageMutant(
    "puts nulls first",
    ["Q5"],
    misspeaks((rows) => rows.toSorted((a) => (a.userId === null ? -1 : 0))),
  ),
  usageMutant(
    "answers an empty period with zeros",
    ["Q5"],
    misspeaks((rows) => (rows.length === 0 ? [zeros] : rows)),
  ),
  usageMutant(
    "measures failed calls too",
    ["Q6"],
    misremembers(({ lines, calls }) => ({ lines, calls: calls.map((call) => ({ ...call, outcome: "ok" as const })) })),
  ),
  usageMutant("counts excluded calls as good", ["Q6"], (store) => ({
    async sla(scope, query) {
      const reading = await store.sla(scope, query);
      return { ...reading, counts: reading.counts.map((of) => ({ ...of, good: of.good + of.excluded, excluded: 0 })) };
    },
  })),
];

function without<Query extends object>(query: Query, ...names: readonly (keyof Query)[]): Query {
  const rest = { ...query };
  for (const name of names) delete rest[name];
  return rest;
}

function byCodePoints(a: UsageRow, b: UsageRow): number {
  return Buffer.compare(Buffer.from(a.userId ?? ""), Buffer.from(b.userId ?? ""));
}

const pageMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant("pages by offset", ["Q7"], (store) => ({
    async calls(scope, { cursor, ...query }) {
      const from = Number(cursor ?? 0);
      const { calls, lines } = await store.calls(scope, { ...query, limit: 1_000 });
      const to = from + query.limit;
      const nextCursor = calls.length > to ? String(to) : null;
      return { calls: calls.slice(from, to), lines: lines.slice(from, to), nextCursor };
    },
  })),
  usageMutant("pages by time alone", ["Q7"], (store) => ({
    async calls(scope, { cursor, ...query }) {
      const { period } = query;
      const before = cursor === undefined ? period.to : Math.min(period.to, Number(cursor));
      const page = await store.calls(scope, { ...query, period: { from: Math.min(period.from, before), to: before } });
      return { ...page, nextCursor: page.nextCursor === null ? null : String(page.calls.at(-1)?.admittedAt) };
    },
  })),
  usageMutant("lists the oldest first", ["Q7"], (store) => ({
    async calls(scope, query) {
      const page = await store.calls(scope, query);
      return { ...page, calls: page.calls.toReversed(), lines: page.lines.toReversed() };
    },
  })),
  usageMutant("lists the lines of a page in an order of their own", ["Q14"], (store) => ({
    async calls(scope, query) {
      const page = await store.calls(scope, query);
      return { ...page, lines: page.lines.toReversed() };
    },
  })),
  usageMutant("lists the first attempt of each call alone", ["Q14"], (store) => ({
    async calls(scope, query) {
      const page = await store.calls(scope, query);
      return { ...page, lines: page.lines.map((lines) => lines.slice(0, 1)) };
    },
  })),
  usageMutant("lists lines of another tenant with a call of the same id", ["Q14"], (store, { state }) => ({
    async calls(scope, query) {
      const page = await store.calls(scope, query);
      const all = [...state.lines.values()].sort((a, b) => a.ordinal - b.ordinal || a.recordedAt - b.recordedAt);
      return { ...page, lines: page.calls.map(({ callId }) => all.filter((line) => line.callId === callId)) };
    },
  })),
  usageMutant("forgets the filter after the first page", ["Q8"], (store) => ({
    async calls(scope, query) {
      return await store.calls(scope, query.cursor === undefined ? query : without(query, "sessionId", "tenantId"));
    },
  })),
  usageMutant("lists calls up to the end and with it", ["Q8"], (store) => ({
    calls: async (scope, query: CallQuery) =>
      await store.calls(scope, { ...query, period: { from: query.period.from, to: query.period.to + 1 } }),
  })),
];

const scopeMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant("ignores the scope of usage", ["Q9", "Q10"], (store) => ({
    usage: async (_, query) => await store.usage(everything, query),
  })),
  usageMutant("ignores the scope of SLA readings", ["Q9", "Q10"], (store) => ({
    sla: async (_, query) => await store.sla(everything, query),
  })),
  usageMutant("ignores the scope of call lists", ["Q9", "Q10"], (store) => ({
    calls: async (_, query) => await store.calls(everything, query),
  })),
  usageMutant("ignores the scope of a call", ["Q10"], (store) => ({
    call: async (_, callId) => await store.call(everything, callId),
  })),
  usageMutant("refuses a foreign call instead of not knowing it", ["Q10"], (store) => ({
    async call(scope, callId) {
      const detail = await store.call(scope, callId);
      if (detail === null && (await store.call(everything, callId)) !== null)
        throw new TenantryError("not_found", callId);
      return detail;
    },
  })),
  usageMutant("answers for the scope's tenant whatever tenant was asked for", ["Q10"], (store) => ({
    async usage(scope, { tenantId, ...query }) {
      return await store.usage(
        scope,
        scope.kind === "tenant" || tenantId === undefined ? query : { ...query, tenantId },
      );
    },
  })),
];

const answerMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant("reads lines as they came", ["Q11"], (store, { state }) => ({
    async call(scope, callId) {
      const detail = await store.call(scope, callId);
      return detail && { ...detail, lines: [...state.lines.values()].filter((line) => line.callId === callId) };
    },
  })),
  usageMutant("hides superseded lines", ["Q11"], (store) => ({
    async call(scope, callId) {
      const detail = await store.call(scope, callId);
      const gone = new Set(detail?.lines.map(({ supersedes }) => supersedes));
      return detail && { ...detail, lines: detail.lines.filter(({ lineId }) => !gone.has(lineId)) };
    },
  })),
  usageMutant("knows no call before it has ended", ["Q11"], (store) => ({
    async call(scope, callId) {
      const detail = await store.call(scope, callId);
      return detail?.call === null ? null : detail;
    },
  })),
  usageMutant("reads an unknown zone as UTC", ["Q12"], (store) => ({
    usage: async (scope, query) =>
      await store.usage(scope, query).catch(async () => await store.usage(scope, { ...query, timeZone: "UTC" })),
  })),
  usageMutant("reads a broken cursor as the first page", ["Q12"], (store) => ({
    async calls(scope, { cursor, ...query }) {
      const first = async (): ReturnType<typeof store.calls> => await store.calls(scope, query);
      return cursor === undefined ? await first() : await store.calls(scope, { ...query, cursor }).catch(first);
    },
  })),
  usageMutant("bends the limit", ["Q12"], (store) => ({
    calls: async (scope, query) =>
      await store.calls(scope, { ...query, limit: Math.max(1, Math.min(1_000, Math.round(query.limit))) }),
  })),
  usageMutant("does not say which field", ["Q12"], (store) => ({
    usage: async (scope, query) =>
      await store.usage(scope, query).catch(() => {
        throw new TenantryError("invalid_request", "bad query");
      }),
  })),
  usageMutant("writes when it is read", ["Q13"], (store, { state }) => ({
    async usage(scope, query) {
      await createMemoryUsageStore({ state }).settle({ line: null, call: null });
      return await store.usage(scope, query);
    },
  })),
];

/** Stores that break the UsageReader contract, each in one way that has happened to somebody. */
export const usageReaderMutants: readonly Mutant<UsageStoreSubject>[] = [
  ...rollUpMutants,
  ...pageMutants,
  ...scopeMutants,
  ...answerMutants,
  ...lineReadingMutants,
];
