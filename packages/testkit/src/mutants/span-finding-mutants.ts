import type { StoredSpan } from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import type { SpanStoreSubject } from "../span-store/subject.ts";
import { miswritesSpans, spanMutant, writes } from "./span-mutant.ts";

const installation = { kind: "installation" } as const;

/** Stores that break what the contract says of what is kept and found, each in one way that has happened to somebody. */
export const findingMutants: readonly Mutant<SpanStoreSubject>[] = [
  spanMutant(
    "keeps told costs in floats",
    ["I1"],
    miswritesSpans(({ report, ...span }) => ({
      ...span,
      report: report && { ...report, toldCostPico: report.toldCostPico && BigInt(Number(report.toldCostPico)) },
    })),
  ),
  spanMutant(
    "takes an empty text for none",
    ["I1"],
    miswritesSpans((span) => ({ ...span, service: span.service || null, keyId: span.keyId || null })),
  ),
  spanMutant(
    "takes no usage for a usage of nothing",
    ["I1"],
    miswritesSpans(({ report, ...span }) => ({
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
    miswritesSpans((span) => ({
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
    miswritesSpans(({ report, ...span }) => ({
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
