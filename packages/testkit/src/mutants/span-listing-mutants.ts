import type { CursorPage, StoredSpan } from "@tenantry/core";
import { createMemorySpanStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { SpanStoreSubject } from "../span-store/subject.ts";
import { type SpanChange, spanMutant } from "./span-mutant.ts";

const installation = { kind: "installation" } as const;

/** Changes every page of traces and of spans. */
function mispages(change: <Item>(page: CursorPage<Item>) => CursorPage<Item>): SpanChange {
  return (store) => ({
    traces: async (scope, query) => change(await store.traces(scope, query)),
    spans: async (scope, query) => change(await store.spans(scope, query)),
  });
}

/** Stores that break what the contract says of lists, each in one way that has happened to somebody. */
export const listingMutants: readonly Mutant<SpanStoreSubject>[] = [
  spanMutant("takes the first span that came for the earliest", ["I14"], (store, { state }) => ({
    async traces(scope, query) {
      const page = await store.traces(scope, query);
      const items = page.items.map(({ item, cursor }) => {
        const first = [...state.spans.values()].find(
          ({ traceId, tenantId }) => traceId === item.traceId && tenantId === item.tenantId,
        );
        return { item: { ...item, name: first?.name ?? item.name }, cursor };
      });
      return { ...page, items };
    },
  })),
  spanMutant("counts a repeated span again", ["I14"], (store) => {
    const added = new Map<string, number>();
    return {
      async write(of) {
        for (const { traceId } of of.added) added.set(traceId, (added.get(traceId) ?? 0) + 1);
        return await store.write(of);
      },
      async traces(scope, query) {
        const page = await store.traces(scope, query);
        const items = page.items.map(({ item, cursor }) => ({
          item: { ...item, spans: Math.max(item.spans, added.get(item.traceId) ?? 0) },
          cursor,
        }));
        return { ...page, items };
      },
    };
  }),
  spanMutant("sees no errors", ["I14"], (store) => ({
    async traces(scope, query) {
      const page = await store.traces(scope, query);
      return { ...page, items: page.items.map(({ item, cursor }) => ({ item: { ...item, hasError: false }, cursor })) };
    },
  })),
  spanMutant("lists in one order only", ["I14"], (store) => ({
    traces: async (scope, query) => await store.traces(scope, { ...query, order: "oldest-first" }),
  })),
  spanMutant("takes the end of a period for part of it", ["I15"], (store) => ({
    traces: async (scope, query) =>
      await store.traces(scope, { ...query, period: { from: query.period.from, to: query.period.to + 1 } }),
  })),
  spanMutant("asks for no session", ["I15"], (store) => ({
    traces: async (scope, { sessionId: _session, ...query }) => await store.traces(scope, query),
  })),
  spanMutant("forgets the user from the second page on", ["I15"], (store) => ({
    async traces(scope, { userId, ...query }) {
      const isFirst = query.cursor === undefined;
      return await store.traces(scope, isFirst && userId !== undefined ? { ...query, userId } : query);
    },
  })),
  spanMutant("lets a query widen what a tenant sees", ["I15", "I17"], (store) => ({
    traces: async (scope, query) => await store.traces(query.tenantId === undefined ? scope : installation, query),
  })),
  spanMutant("goes on at the end of the page", ["I16"], (store) => ({
    async traces(scope, query) {
      const page = await store.traces(scope, query);
      const last = page.items.at(-1)?.cursor ?? "";
      return { ...page, items: page.items.map(({ item }) => ({ item, cursor: last })) };
    },
  })),
  spanMutant("pages by position", ["I16"], (store) => ({
    async traces(scope, { cursor, ...query }) {
      const from = cursor === undefined ? 0 : Number(cursor);
      const { items } = await store.traces(scope, { ...query, limit: 1_000 });
      const page = items.slice(from, from + query.limit);
      return {
        items: page.map(({ item }, n) => ({ item, cursor: `${from + n + 1}` })),
        hasMore: items.length > from + query.limit,
      };
    },
  })),
  spanMutant(
    "always has more",
    ["I16"],
    mispages((page) => ({ ...page, hasMore: page.items.length > 0 })),
  ),
  spanMutant("shows a tenant what its key brought", ["I17"], (store, { state }) => ({
    async spans(scope, query) {
      const page = await store.spans(installation, query);
      if (scope.kind === "installation") return page;
      const isSeen = (span: StoredSpan): boolean =>
        span.tenantId === scope.tenantId || (span.scope.kind === "tenant" && span.scope.tenantId === scope.tenantId);
      return { ...page, items: page.items.filter(({ item }) => isSeen(item)) };
    },
    traces: async (scope, query) => await createMemorySpanStore({ state }).traces(scope, query),
  })),
  spanMutant("shows whole traces to each of their tenants", ["I17"], (store, { state }) => ({
    async spans(scope, query) {
      const isOfTenant = [...state.spans.values()].some(
        ({ traceId, tenantId }) => traceId === query.traceId && scope.kind === "tenant" && tenantId === scope.tenantId,
      );
      return await store.spans(isOfTenant ? installation : scope, query);
    },
  })),
  spanMutant("lists spans by id", ["I18"], (store) => ({
    async spans(scope, query) {
      const page = await store.spans(scope, query);
      return { ...page, items: page.items.toSorted((a, b) => (a.item.spanId < b.item.spanId ? -1 : 1)) };
    },
  })),
  spanMutant("finds names in any case", ["I18"], (store) => ({
    async spans(scope, { name, ...query }) {
      const page = await store.spans(scope, query);
      const isNamed = (span: StoredSpan): boolean =>
        name === undefined || span.name.toLowerCase() === name.toLowerCase();
      return { ...page, items: page.items.filter(({ item }) => isNamed(item)) };
    },
  })),
  spanMutant("answers any number of pending traces", ["I19"], (store) => ({
    pending: async (limit) => await store.pending(Math.min(1_000, Math.max(1, Math.floor(limit) || 1))),
  })),
  spanMutant("begins anew behind a cursor it does not know", ["I19"], (store) => ({
    async traces(scope, query) {
      try {
        return await store.traces(scope, query);
      } catch (error) {
        const { cursor, ...rest } = query;
        if (cursor === undefined) throw error;
        return await store.traces(scope, rest);
      }
    },
  })),
];
