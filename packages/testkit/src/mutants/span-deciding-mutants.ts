import { createMemorySpanStore, createMemoryState, createMemoryUsageStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { SpanStoreSubject } from "../span-store/subject.ts";
import { openMemorySpans } from "../subjects/memory-spans.ts";
import { spanMutant, writes } from "./span-mutant.ts";

/** Stores that break what the contract says of what is decided by, each in one way that has happened to somebody. */
export const decidingMutants: readonly Mutant<SpanStoreSubject>[] = [
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
