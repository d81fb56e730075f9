import type { CursorPage, SpanStore, SpanWrite, StoredSpan, UsageLedger } from "@tenantry/core";
import {
  createMemorySpanStore,
  createMemoryState,
  createMemoryUsageStore,
  type MemoryState,
} from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { SpanStoreSubject } from "../span-store/subject.ts";
import { openMemorySpans } from "../subjects/memory-spans.ts";

interface Options {
  readonly state: MemoryState;
  readonly client: number;
}

type Change = (
  store: SpanStore,
  options: Options & { readonly ledger: UsageLedger },
) => Partial<SpanStore> & { readonly ledger?: Partial<UsageLedger> };

/** A mutant that is the memory double but for what `change` replaces. */
function spanMutant(name: string, kills: readonly string[], change: Change): Mutant<SpanStoreSubject> {
  const make = (options: Options): { spans: SpanStore; ledger: UsageLedger } => {
    const ledger = createMemoryUsageStore({ state: options.state, owner: `client-${options.client}` });
    const store = createMemorySpanStore({ state: options.state });
    const { ledger: changed = {}, ...spans } = change(store, { ...options, ledger });
    return { spans: { ...store, ...spans }, ledger: { ...ledger, ...changed } };
  };
  return { name, kills, open: () => openMemorySpans(make) };
}

/** Changes every span on its way in. */
function miswrites(change: (span: StoredSpan) => StoredSpan): Change {
  return (store) => ({ write: async (of) => await store.write({ ...of, added: of.added.map(change) }) });
}

/** Changes what is written. */
function writes(change: (of: SpanWrite, state: MemoryState) => SpanWrite): Change {
  return (store, { state }) => ({ write: async (of) => await store.write(change(of, state)) });
}

/** Changes every page of traces and of spans. */
function mispages(change: <Item>(page: CursorPage<Item>) => CursorPage<Item>): Change {
  return (store) => ({
    traces: async (scope, query) => change(await store.traces(scope, query)),
    spans: async (scope, query) => change(await store.spans(scope, query)),
  });
}

const installation = { kind: "installation" } as const;

const findingMutants: readonly Mutant<SpanStoreSubject>[] = [
  spanMutant(
    "keeps told costs in floats",
    ["I1"],
    miswrites(({ report, ...span }) => ({
      ...span,
      report: report && { ...report, toldCostPico: report.toldCostPico && BigInt(Number(report.toldCostPico)) },
    })),
  ),
  spanMutant(
    "takes an empty text for none",
    ["I1"],
    miswrites((span) => ({ ...span, service: span.service || null, keyId: span.keyId || null })),
  ),
  spanMutant(
    "takes no usage for a usage of nothing",
    ["I1"],
    miswrites(({ report, ...span }) => ({
      ...span,
      report: report && {
        ...report,
        usage: report.usage ?? {
          tokens: {
            ...{ input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0, reasoning: 0 },
            ...{ audioInput: 0, audioOutput: 0 },
          },
          fees: {},
          serviceTier: "standard",
        },
      },
    })),
  ),
  spanMutant(
    "keeps attributes as texts",
    ["I1"],
    miswrites((span) => ({
      ...span,
      attributes: Object.fromEntries(Object.entries(span.attributes).map(([name, value]) => [name, String(value)])),
    })),
  ),
  spanMutant("gives a span once for each way it is found", ["I2"], (store) => ({
    async find(question) {
      const none = { traces: [], responses: [], attempts: [] };
      const parts = [
        await store.find({ ...none, traces: question.traces }),
        await store.find({ ...none, responses: question.responses }),
        await store.find({ ...none, attempts: question.attempts }),
      ];
      return { spans: parts.flatMap(({ spans }) => spans), seen: parts[0]?.seen ?? "" };
    },
  })),
  spanMutant("gives spans as they came in", ["I2"], (store, { state }) => ({
    async find(question) {
      const { spans, seen } = await store.find(question);
      const order = [...state.spans.values()];
      return { spans: spans.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)), seen };
    },
  })),
  spanMutant("takes an attempt's id for an answer's", ["I2", "I5"], (store) => ({
    find: async (question) =>
      await store.find({ ...question, responses: [...question.responses, ...question.attempts] }),
  })),
  spanMutant(
    "lets the last of two equal spans win",
    ["I3"],
    writes((of, state) => {
      for (const { scope, traceId, spanId } of of.added) {
        for (const [key, known] of state.spans) {
          const isSame = known.traceId === traceId && known.spanId === spanId;
          if (isSame && JSON.stringify(known.scope) === JSON.stringify(scope)) state.spans.delete(key);
        }
      }
      return of;
    }),
  ),
  spanMutant(
    "knows a span by its ids alone",
    ["I4"],
    writes((of, state) => ({
      ...of,
      added: of.added.filter(
        ({ traceId, spanId }) =>
          ![...state.spans.values()].some((known) => known.traceId === traceId && known.spanId === spanId),
      ),
    })),
  ),
  spanMutant("finds a trace in every scope", ["I4"], (store, { state }) => ({
    async find(question) {
      const scopes = [installation, ...[...state.spans.values()].map(({ scope }) => scope)];
      const traces = question.traces.flatMap((trace) => scopes.map((scope) => ({ ...trace, scope })));
      return await store.find({ ...question, traces });
    },
  })),
  spanMutant(
    "folds case and Unicode forms of ids",
    ["I5"],
    miswrites(({ report, ...span }) => ({
      ...span,
      report: report && {
        ...report,
        responseId: report.responseId && report.responseId.normalize("NFC").toLowerCase(),
      },
    })),
  ),
  spanMutant("finds answers of every tenant", ["I5", "I7"], (store, { state }) => ({
    async find(question) {
      const tenants = [...new Set([...state.spans.values()].map(({ tenantId }) => tenantId))];
      const ofAll = question.responses.flatMap(({ id }) => tenants.map((tenantId) => ({ tenantId, id })));
      return await store.find({ ...question, responses: ofAll });
    },
  })),
  spanMutant("finds 32 spans at most", ["I6"], (store) => ({
    async find(question) {
      const { spans, seen } = await store.find(question);
      return { spans: spans.slice(0, 32), seen };
    },
  })),
  spanMutant("finds every span of an id", ["I6"], (store, { state }) => ({
    async find(question) {
      const isAsked = ({ tenantId, report }: StoredSpan): boolean =>
        question.responses.some(({ id, tenantId: of }) => of === tenantId && id === report?.responseId);
      const traces = [...state.spans.values()].filter(isAsked);
      return await store.find({ ...question, traces: [...question.traces, ...traces] });
    },
  })),
  spanMutant(
    "changes nothing that is known",
    ["I7"],
    writes((of) => ({ ...of, changed: [] })),
  ),
  spanMutant(
    "moves a span and keeps what it was booked as",
    ["I7"],
    writes((of, state) => ({
      ...of,
      changed: of.changed.map((ref) => {
        const known = [...state.spans.values()].find(
          ({ traceId, spanId }) => traceId === ref.traceId && spanId === ref.spanId,
        );
        return { ...ref, bookedAs: known?.bookedAs ?? null };
      }),
    })),
  ),
  spanMutant("finds a moved span with its former tenant", ["I7"], (store, { state }) => ({
    async write(of) {
      const before = new Map(state.spans);
      const written = await store.write(of);
      for (const { traceId, spanId } of of.changed) {
        for (const [key, span] of before) {
          if (span.traceId === traceId && span.spanId === spanId) state.spans.set(`${key}/before`, span);
        }
      }
      return written;
    },
  })),
];

const decidingMutants: readonly Mutant<SpanStoreSubject>[] = [
  spanMutant("is always alone", ["I8", "I9"], (store) => ({
    async write(of) {
      await store.write(of);
      return { isAlone: true };
    },
  })),
  spanMutant("is never alone", ["I8", "I9"], (store) => ({
    async write(of) {
      await store.write(of);
      return { isAlone: false };
    },
  })),
  spanMutant("sees its own writes only", ["I8", "I9"], (store) => {
    let revision = 0;
    return {
      async find(question) {
        const { spans, seen } = await store.find(question);
        return { spans, seen: `${revision}/${seen.split("/")[1] ?? ""}` };
      },
      async write(of) {
        const isAlone = of.seen.startsWith(`${revision}/`);
        await store.write(of);
        revision += 1;
        return { isAlone };
      },
    };
  }),
  spanMutant("takes a change of spans for none", ["I8"], (store, { state }) => ({
    async write(of) {
      const before = state.spanRevision;
      const written = await store.write(of);
      if (of.added.length === 0) state.spanRevision = before;
      return written;
    },
  })),
  spanMutant("writes nothing unless it is alone", ["I8", "I9"], (store, { state }) => ({
    async write(of) {
      const isAlone = of.seen.startsWith(`${state.spanRevision}/`);
      return isAlone ? await store.write(of) : { isAlone };
    },
  })),
  spanMutant("answers superseded lines too", ["I10"], (store, { state }) => ({
    async lines(question) {
      const found = await store.lines(question);
      const replaced = found.flatMap(({ supersedes }) => state.lines.get(supersedes ?? "") ?? []);
      return [...found, ...replaced];
    },
  })),
  spanMutant("answers lines of spans for their answers' ids", ["I10"], (store, { state }) => ({
    async lines(question) {
      const found = await store.lines(question);
      const others = [...state.lines.values()].filter(
        (line) =>
          line.origin === "ingest" &&
          !found.includes(line) &&
          question.responses.some(({ id, tenantId }) => id === line.responseId && tenantId === line.tenantId),
      );
      return [...found, ...others];
    },
  })),
  spanMutant("answers lines of every tenant", ["I10"], (store, { state }) => ({
    async lines(question) {
      const tenants = [...new Set([...state.lines.values()].map(({ tenantId }) => tenantId))];
      const ofAll = question.responses.flatMap(({ id }) => tenants.map((tenantId) => ({ tenantId, id })));
      return await store.lines({ ...question, responses: ofAll });
    },
  })),
  spanMutant("answers lines of retracted calls", ["I10"], (store, { state }) => ({
    lines: async (question) =>
      await createMemorySpanStore({ state: { ...state, retractions: new Map() } }).lines(question),
  })),
  spanMutant("answers a line for each way it is found", ["I10"], (store) => ({
    async lines(question) {
      const none = { calls: [], responses: [], attempts: [] };
      return [
        ...(await store.lines({ ...none, calls: question.calls })),
        ...(await store.lines({ ...none, responses: question.responses })),
        ...(await store.lines({ ...none, attempts: question.attempts })),
      ];
    },
  })),
  spanMutant("looks at nothing again", ["I11", "I12", "I13"], () => ({ pending: async () => [] })),
  spanMutant(
    "looks at traces again only for lines of its own process",
    ["I11"],
    (store, { client, state, ledger }) => ({
      ledger: {
        async settle(settlement) {
          const before = new Map(state.pendingTraces);
          const stored = await ledger.settle(settlement);
          if (client === 1) return stored;
          state.pendingTraces.clear();
          for (const [key, pending] of before) state.pendingTraces.set(key, pending);
          return stored;
        },
      },
    }),
  ),
  spanMutant("looks again for lines of spans too", ["I11"], (store, { state, ledger }) => ({
    ledger: {
      async settle(settlement) {
        const { line } = settlement;
        for (const span of state.spans.values()) {
          if (line === null || span.report?.responseId !== line.responseId) continue;
          const { scope, traceId } = span;
          state.pendingTraces.set(JSON.stringify([null, traceId]), { trace: { scope, traceId }, lines: 0 });
        }
        return await ledger.settle(settlement);
      },
    },
  })),
  spanMutant("looks again for repetitions too", ["I11"], (store, { state, ledger }) => ({
    ledger: {
      async settle(settlement) {
        const { line } = settlement;
        const known = state.lines.get(line?.lineId ?? "");
        if (known !== undefined) state.lines.delete(known.lineId);
        const stored = await ledger.settle(settlement);
        return stored;
      },
    },
  })),
  spanMutant(
    "never takes a trace off the list",
    ["I11", "I12"],
    writes((of) => ({ ...of, settled: [] })),
  ),
  spanMutant("takes a trace off in every scope", ["I11"], (store, { state }) => ({
    async write(of) {
      const written = await store.write(of);
      for (const [key, { trace }] of state.pendingTraces) {
        if (of.settled.some(({ traceId }) => traceId === trace.traceId)) state.pendingTraces.delete(key);
      }
      return written;
    },
  })),
  spanMutant("takes a trace off whatever came since", ["I12"], (store, { state }) => ({
    async write(of) {
      for (const [key, { trace }] of state.pendingTraces) {
        if (of.settled.some(({ traceId }) => traceId === trace.traceId)) state.pendingTraces.delete(key);
      }
      return await store.write(of);
    },
  })),
  spanMutant(
    "misses the line that comes between a find and its write",
    ["I12"],
    writes((of, state) => ({ ...of, seen: of.seen.replace(/\/\d+$/, `/${state.lines.size}`) })),
  ),
  spanMutant(
    "looks again at all that is written",
    ["I12"],
    writes((of) => ({ ...of, seen: of.seen.replace(/\/\d+$/, "/0") })),
  ),
  spanMutant("writes and then fails", ["I13"], (store, { state }) => ({
    async write(of) {
      const { readOnly } = state;
      state.readOnly = false;
      const written = await store.write(of);
      state.readOnly = readOnly;
      return readOnly ? await store.write(of) : written;
    },
  })),
  spanMutant("says it wrote what it did not", ["I13"], (store, { state }) => ({
    write: async (of) => (state.readOnly ? { isAlone: true } : await store.write(of)),
  })),
  {
    name: "keeps spans to its own process",
    kills: ["I1", "I3", "I7", "I8", "I9", "I13"],
    open: () =>
      openMemorySpans(({ state, client }) => ({
        spans: createMemorySpanStore({ state: client === 1 ? state : createMemoryState() }),
        ledger: createMemoryUsageStore({ state }),
      })),
  },
];

const listingMutants: readonly Mutant<SpanStoreSubject>[] = [
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

/** Stores that break the SpanStore contract, each in one way that has happened to somebody. */
export const spanStoreMutants: readonly Mutant<SpanStoreSubject>[] = [
  ...findingMutants,
  ...decidingMutants,
  ...listingMutants,
];
