import assert from "node:assert/strict";
import type { StoredSpan, StoredTrace, TraceListQuery } from "@tenantry/core";
import { awkwardIds } from "../awkward-ids.ts";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import { createSeededRandom, type SeededRandom } from "../seeded-random.ts";
import { aSpan, hex, installation, noon, spansOf, tenant, traceId, traceQuery, tracesOf, write } from "./questions.ts";
import type { SpanStoreSubject } from "./subject.ts";

/** Lists of traces and of the spans in one. */
export const listingRules: readonly Rule<SpanStoreSubject>[] = [
  {
    id: "I14",
    sentence: "traces are what their spans come to, over random writes, repetitions and moves by two processes",
    reason: "a list that is kept beside the spans must never say anything else than they do",
    async check(subject) {
      const spans = await writeRandomSpans(subject, 5);
      for (const scope of [installation, tenant("tenant-a"), tenant("nobody")]) {
        for (const order of ["oldest-first", "newest-first"] as const) {
          for (const limit of [1_000, 3]) {
            const found = await tracesOf(subject.spans, scope, { order, limit });
            const starts = found.map(({ startedAt }) => (order === "oldest-first" ? startedAt : -startedAt));
            assert.deepEqual(
              starts,
              starts.toSorted((a, b) => a - b),
              `${order} by start`,
            );
            assert.deepEqual(sorted(found), sorted(expectedTraces(spans, scope)));
          }
        }
      }
    },
  },
  {
    id: "I15",
    sentence: "traces narrow by half-open start, trace, tenant, user and session, also from page to page",
    reason: "a customer's page that shows another's traces shows their names (R4)",
    async check(subject) {
      const spans = await writeRandomSpans(subject, 6);
      const all = expectedTraces(spans, installation);
      const at = all.map(({ startedAt }) => startedAt).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? noon;
      const filters: readonly [Partial<TraceListQuery>, (trace: StoredTrace) => boolean][] = [
        [{ period: { from: at, to: at + 1 } }, ({ startedAt }) => startedAt === at],
        [{ period: { from: 0, to: at } }, ({ startedAt }) => startedAt < at],
        [{ traceId: traceId(3) }, (trace) => trace.traceId === traceId(3)],
        [{ tenantId: "tenant-b" }, ({ tenantId }) => tenantId === "tenant-b"],
        [{ userId: "user-1" }, ({ userId }) => userId === "user-1"],
        [{ sessionId: "s", userId: "user-2" }, ({ sessionId, userId }) => sessionId === "s" && userId === "user-2"],
        [
          { tenantId: "tenant-a", sessionId: "s" },
          ({ sessionId, tenantId }) => sessionId === "s" && tenantId === "tenant-a",
        ],
        [{ userId: "nobody" }, () => false],
      ];
      for (const [filter, isAsked] of filters) {
        for (const order of ["oldest-first", "newest-first"] as const) {
          const found = await tracesOf(subject.spans, installation, { ...filter, order, limit: 2 });
          assert.deepEqual(sorted(found), sorted(all.filter(isAsked)), JSON.stringify(filter));
        }
        const ofTenant = await tracesOf(subject.spans, tenant("tenant-a"), { limit: 2, ...filter });
        const own = all.filter(({ tenantId }) => tenantId === "tenant-a");
        assert.deepEqual(sorted(ofTenant), sorted(own.filter(isAsked)), `tenant-a: ${JSON.stringify(filter)}`);
      }
    },
  },
  {
    id: "I16",
    sentence: "a reader may go on behind any item, and none comes twice or is missed while others are written",
    reason: "a page that was cut short is read on from where it was cut",
    async check({ spans: store }) {
      // Of one instant, so that ids alone order them; equal traces of two scopes as well.
      const added = [1, 2, 3, 4, 5].flatMap((n) => [aSpan(n, 1), aSpan(n, 1, { scope: tenant("tenant-a") })]);
      await write(store, { added });
      for (const order of ["oldest-first", "newest-first"] as const) {
        const first = await store.traces(installation, traceQuery({ order }));
        assert.ok(first.items.length >= 10 && !first.hasMore);
        for (const [index, { cursor }] of first.items.entries()) {
          const rest = await store.traces(installation, traceQuery({ order, cursor }));
          assert.deepEqual(rest.items, first.items.slice(index + 1));
          const one = await store.traces(installation, traceQuery({ order, cursor, limit: 1 }));
          assert.deepEqual(one.items, first.items.slice(index + 1, index + 2));
          assert.equal(one.hasMore, first.items.length - index - 1 > 1);
        }
        const half = await store.traces(installation, traceQuery({ order, limit: 5 }));
        // Before what was read already.
        const shift = order === "oldest-first" ? -9 : 9;
        await write(store, { added: [aSpan(90 + shift, 1, { startedAt: noon + shift })] });
        const cursor = half.items.at(-1)?.cursor ?? "";
        assert.deepEqual((await store.traces(installation, traceQuery({ order, cursor }))).items, first.items.slice(5));
      }
    },
  },
  {
    id: "I17",
    sentence: "a tenant sees spans placed under it, whoever brought them, and a trace that two tenants have is two",
    reason: "one trace through two customers' code must show each its own part (R4)",
    async check({ spans: store }) {
      const of = (span: number, tenantId: string, scope = installation): StoredSpan =>
        aSpan(1, span, { tenantId, scope, startedAt: noon + span, claims: { ...noClaims, userId: `of ${tenantId}` } });
      await write(store, { added: awkwardIds.map((id, n) => of(n + 1, id)) });
      await write(store, { added: [of(1, "plain", tenant("plain")), of(2, "PLAIN", tenant("plain"))] });
      for (const [n, id] of awkwardIds.entries()) {
        const spans = await spansOf(store, tenant(id), { traceId: traceId(1) });
        const own = [hex(n + 1, 16), ...(id === "plain" ? [hex(1, 16)] : id === "PLAIN" ? [hex(2, 16)] : [])];
        assert.deepEqual(spans.map(({ spanId }) => spanId).toSorted(), own.toSorted(), id);
        assert.ok(spans.every(({ tenantId }) => tenantId === id));
        const traces = await tracesOf(store, tenant(id));
        assert.equal(traces.length, own.length, id);
        assert.ok(traces.every((trace) => trace.tenantId === id && trace.userId === `of ${id}` && trace.spans === 1));
        assert.deepEqual(await tracesOf(store, tenant(id), { tenantId: `${id}!` }), []);
        assert.deepEqual(await tracesOf(store, tenant("other"), { tenantId: id }), []);
      }
      assert.deepEqual(await spansOf(store, tenant("other"), { traceId: traceId(1) }), []);
    },
  },
  {
    id: "I18",
    sentence: "spans of a trace come by start, then by id, page by page, narrowed by name",
    reason: "a tree is drawn in this order",
    async check({ spans: store }) {
      const random = createSeededRandom(3);
      const added = Array.from({ length: 30 }, (_, n) =>
        aSpan(1, 30 - n, {
          startedAt: noon + random.int(0, 4),
          name: random.pick(["chat", "Chat", "it's"]),
          tenantId: random.pick(["tenant-a", "tenant-b"]),
        }),
      );
      await write(store, { added: [...added, aSpan(2, 1)] });
      const order = (spans: readonly StoredSpan[]): StoredSpan[] =>
        spans.toSorted((a, b) => a.startedAt - b.startedAt || (a.spanId < b.spanId ? -1 : 1));
      for (const limit of [1, 7, 1_000]) {
        assert.deepEqual(await spansOf(store, installation, { traceId: traceId(1), limit }), order(added));
        for (const name of ["chat", "it's", "nothing"]) {
          const named = added.filter((span) => span.name === name);
          assert.deepEqual(await spansOf(store, installation, { traceId: traceId(1), name, limit }), order(named));
          const own = named.filter(({ tenantId }) => tenantId === "tenant-b");
          assert.deepEqual(await spansOf(store, tenant("tenant-b"), { traceId: traceId(1), name, limit }), order(own));
        }
      }
      assert.deepEqual(await spansOf(store, installation, { traceId: traceId(9) }), []);
    },
  },
  {
    id: "I19",
    sentence: "a question that cannot be answered is refused with the name of its field",
    reason: "a page of nothing would be taken for the end",
    async check({ spans: store }) {
      await write(store, { added: [aSpan(1, 1), aSpan(2, 1)] });
      const refused = async (field: string, ask: () => Promise<unknown>): Promise<void> => {
        const { issues } = await rejectsWith("invalid_request", ask);
        assert.deepEqual(
          issues.map(({ path }) => path),
          [field],
        );
      };
      for (const limit of [0, 1_001, 1.5, Number.NaN]) {
        await refused("limit", async () => await store.pending(limit));
        await refused("limit", async () => await store.traces(installation, traceQuery({ limit })));
        await refused("limit", async () => await store.spans(installation, { traceId: traceId(1), limit }));
      }
      await refused("period", async () => await store.traces(installation, traceQuery({ period: { from: 2, to: 1 } })));
      for (const cursor of ["", "nonsense", "W10", "WyJ4Il0"]) {
        await refused("cursor", async () => await store.traces(installation, traceQuery({ cursor })));
        await refused("cursor", async () => await store.spans(installation, { traceId: traceId(1), limit: 5, cursor }));
      }
    },
  },
];

const noClaims = { tenantId: null, userId: null, sessionId: null, feature: null } as const;

function sorted(traces: readonly StoredTrace[]): string[] {
  return traces.map((trace) => JSON.stringify(Object.entries(trace).toSorted())).toSorted();
}

/** Writes spans of a few traces in random parts, some again, some moved, by two processes; answers what there is. */
async function writeRandomSpans(subject: SpanStoreSubject, seed: number): Promise<readonly StoredSpan[]> {
  const random = createSeededRandom(seed);
  const other = await subject.another();
  const known = new Map<string, StoredSpan>();
  const keyOf = ({ scope, traceId: id, spanId }: Pick<StoredSpan, "scope" | "traceId" | "spanId">): string =>
    JSON.stringify([scope, id, spanId]);
  for (let round = 0; round < 20; round += 1) {
    const { spans } = random.chance(0.5) ? subject : other;
    const added = Array.from({ length: random.int(1, 6) }, () => randomSpan(random));
    const changed = [...known.values()]
      .filter(() => random.chance(0.1))
      .map(({ scope, traceId: id, spanId }) => ({
        ...{ scope, traceId: id, spanId, bookedAs: null },
        tenantId: random.pick(["tenant-a", "tenant-b", "tenant-c"]),
      }));
    await write(spans, { added, changed });
    for (const span of added) if (!known.has(keyOf(span))) known.set(keyOf(span), span);
    for (const { tenantId, ...ref } of changed) {
      const span = known.get(keyOf(ref));
      if (span !== undefined) known.set(keyOf(ref), { ...span, tenantId });
    }
  }
  return [...known.values()];
}

function randomSpan(random: SeededRandom): StoredSpan {
  const startedAt = noon + random.int(0, 20);
  return aSpan(random.int(1, 6), random.int(1, 12), {
    scope: random.pick([installation, installation, tenant("tenant-a")]),
    tenantId: random.pick(["tenant-a", "tenant-b"]),
    parentSpanId: random.chance(0.3) ? null : hex(random.int(1, 12), 16),
    name: random.pick(["one", "two", "three"]),
    service: random.pick(["app", "other", null]),
    environment: random.pick(["test", null]),
    startedAt,
    endedAt: startedAt + random.int(0, 50),
    status: random.pick(["ok", "unset", "unset", "error"]),
    claims: {
      ...noClaims,
      userId: random.pick([null, null, "user-1", "user-2"]),
      sessionId: random.pick([null, "s", "S"]),
    },
  });
}

/** By the words of the port: of each group of spans by scope, trace and tenant. */
function expectedTraces(spans: readonly StoredSpan[], scope: typeof installation): readonly StoredTrace[] {
  const seen = spans.filter(({ tenantId }) => scope.kind === "installation" || scope.tenantId === tenantId);
  const groups = Map.groupBy(seen, (span) => JSON.stringify([span.scope, span.traceId, span.tenantId]));
  return [...groups.values()].map((group) => {
    const rank = ({ parentSpanId }: StoredSpan): number => (parentSpanId === null ? 0 : 1);
    const order = group.toSorted(
      (a, b) => a.startedAt - b.startedAt || rank(a) - rank(b) || (a.spanId < b.spanId ? -1 : 1),
    );
    const first = order[0] as StoredSpan;
    const { name, service, environment, startedAt, tenantId } = first;
    return {
      traceId: first.traceId,
      ...{ tenantId, name, service, environment, startedAt },
      userId: order.find(({ claims }) => claims.userId !== null)?.claims.userId ?? null,
      sessionId: order.find(({ claims }) => claims.sessionId !== null)?.claims.sessionId ?? null,
      endedAt: Math.max(...order.map(({ endedAt }) => endedAt)),
      hasError: order.some(({ status }) => status === "error"),
      spans: order.length,
    };
  });
}
