import assert from "node:assert/strict";
import type { StoredSpan } from "@tenantry/core";
import { aReport, aStoredSpan } from "@tenantry/core/testing";
import { awkwardIds } from "../awkward-ids.ts";
import type { Rule } from "../contract.ts";
import {
  aCallSpan,
  aSpan,
  find,
  hex,
  idsIn,
  installation,
  noon,
  refOf,
  shared,
  spansOf,
  tenant,
  traceId,
  write,
} from "./questions.ts";
import type { SpanStoreSubject } from "./subject.ts";

/** Everything a span can say, with the values that stores tend to lose. */
const fullSpan: StoredSpan = aStoredSpan({
  scope: tenant("*"),
  tenantId: "*",
  keyId: "",
  bookedAs: "call-1",
  parentSpanId: hex(9, 16),
  name: "chat ünïcode/😀",
  kind: "client",
  startedAt: -5,
  endedAt: noon,
  status: "error",
  service: "",
  environment: null,
  instrumentation: null,
  claims: { tenantId: null, userId: "", sessionId: "sess", feature: null },
  attributes: { text: "", whole: 7, float: 0.1, yes: true, no: false, "a.b c": "null" },
  report: {
    attemptId: "att-1",
    responseId: "",
    requested: { provider: "example", model: "vendor/large-1" },
    reportedModel: "large-1-2026",
    usage: {
      tokens: {
        input: 1,
        cacheRead: 2,
        cacheWrite5m: 3,
        cacheWrite1h: 4,
        output: 5,
        reasoning: 6,
        audioInput: 7,
        audioOutput: 2 ** 53 - 1,
      },
      fees: { webSearch: 3 },
      serviceTier: "batch",
    },
    toldCostPico: 2n ** 70n + 1n,
    outcome: "aborted",
    status: 499,
    ttftMs: 1.5,
  },
});

/** What is kept of spans and how they are found. */
export const findingRules: readonly Rule<SpanStoreSubject>[] = [
  {
    id: "I1",
    sentence: "a span is given back equal in every field, empty, missing and zero apart, money beyond 2⁶³ exact",
    reason: "what is booked is decided anew from spans as they are kept (R5, R6)",
    async check(subject) {
      const nothing = aSpan(2, 1, { report: aReport({ usage: null, requested: { provider: "", model: "" } }) });
      const zero = aSpan(2, 2, { report: aReport({ toldCostPico: 0n, ttftMs: 0, responseId: null }) });
      await write(subject.spans, { added: [fullSpan, nothing, zero] });
      const other = await subject.another();
      for (const { spans } of [subject, other]) {
        assert.deepEqual((await find(spans, { traces: [refOf(fullSpan)] })).spans, [fullSpan]);
        assert.deepEqual((await find(spans, { traces: [refOf(nothing)] })).spans, [nothing, zero]);
        assert.deepEqual(await spansOf(spans, tenant("*"), { traceId: fullSpan.traceId }), [fullSpan]);
      }
    },
  },
  {
    id: "I2",
    sentence: "traces, answers and attempts asked for together give each span once, by trace id, then span id",
    reason: "a span that comes twice is two calls, and another order is another decision",
    async check({ spans: store }) {
      const [a, b, c, d] = [
        aCallSpan(3, 2, { responseId: "r", attemptId: "a" }),
        aCallSpan(1, 9, { responseId: "r" }),
        aCallSpan(2, 1, { attemptId: "a" }),
        aSpan(3, 1),
      ];
      const crossed = aCallSpan(4, 1, { responseId: "a", attemptId: "r" });
      await write(store, { added: [a, b, c, d, crossed] });
      const question = {
        traces: [refOf(a), refOf(a), refOf(b)],
        responses: [shared("r"), shared("r")],
        attempts: [shared("a"), shared("unknown")],
      };
      assert.deepEqual((await find(store, question)).spans, [b, c, d, a]);
      assert.deepEqual((await find(store, { responses: [shared("r")] })).spans, [b, a]);
      assert.deepEqual((await find(store, { attempts: [shared("a")] })).spans, [c, a]);
      assert.deepEqual((await find(store, { attempts: [shared("r")] })).spans, [crossed]);
      assert.deepEqual((await find(store)).spans, []);
    },
  },
  {
    id: "I3",
    sentence: "a span that is known changes nothing, in one write, in the next and by another process: the first wins",
    reason: "exports are repeated, and a repetition must not rewrite what was booked (R7)",
    async check(subject) {
      const first = aCallSpan(1, 1, { responseId: "r" });
      const second: StoredSpan = {
        ...first,
        name: "again",
        tenantId: "tenant-b",
        report: aReport({ responseId: "s" }),
      };
      const other = await subject.another();
      await write(subject.spans, { added: [first, second] });
      await write(subject.spans, { added: [second] });
      await write(other.spans, { added: [second, aSpan(1, 2)] });
      const { spans } = await find(subject.spans, { traces: [refOf(first)] });
      assert.deepEqual(spans, [first, aSpan(1, 2)]);
      assert.deepEqual((await find(subject.spans, { responses: [shared("s"), shared("s", "tenant-b")] })).spans, []);
      const traces = await subject.spans.traces(installation, {
        period: { from: 0, to: noon + 1 },
        order: "oldest-first",
        limit: 10,
      });
      assert.deepEqual(
        traces.items.map(({ item }) => [item.tenantId, item.name, item.spans]),
        [["tenant-a", first.name, 2]],
      );
    },
  },
  {
    id: "I4",
    sentence: "equal span ids of two keys' scopes are two spans, and a trace is that of the scope asked for",
    reason: "a tenant that guesses another's span id could keep its calls from being booked (R4)",
    async check({ spans: store }) {
      const scopes = [installation, ...awkwardIds.map(tenant), tenant("*"), tenant("=plain"), tenant("installation")];
      const spanOf = (scope: StoredSpan["scope"], n: number): StoredSpan => aSpan(1, 1, { scope, name: `n${n}` });
      await write(store, { added: scopes.slice(0, 5).map(spanOf) });
      await write(store, { added: scopes.map(spanOf) });
      for (const [n, scope] of scopes.entries()) {
        const { spans } = await find(store, { traces: [{ scope, traceId: traceId(1) }] });
        assert.deepEqual(
          spans.map((span) => [span.scope, span.name]),
          [[scope, `n${n}`]],
        );
      }
      assert.equal((await spansOf(store, installation, { traceId: traceId(1), limit: 7 })).length, scopes.length);
    },
  },
  {
    id: "I5",
    sentence:
      "an answer's or attempt's id is that of the tenant the span counts for; awkward ids are told apart exactly",
    reason: "two tenants may have the same id, and neither may pay for the other (R4)",
    async check({ spans: store }) {
      const added = awkwardIds.flatMap((id, n) => [
        aCallSpan(1, 2 * n + 1, { responseId: id }, { tenantId: "tenant-a" }),
        aCallSpan(2, 2 * n + 1, { attemptId: id }, { tenantId: id }),
      ]);
      await write(store, { added });
      for (const [n, id] of awkwardIds.entries()) {
        const ids = async (question: Parameters<typeof find>[1]): Promise<readonly string[]> =>
          (await find(store, question)).spans.map((span) => `${span.traceId}/${span.spanId}`);
        const span = hex(2 * n + 1, 16);
        assert.deepEqual(await ids({ responses: [shared(id)] }), [`${traceId(1)}/${span}`], id);
        assert.deepEqual(await ids({ attempts: [shared(id, id)] }), [`${traceId(2)}/${span}`], id);
        assert.deepEqual(await ids({ responses: [shared(id, "tenant-b")], attempts: [shared(id)] }), [], id);
      }
    },
  },
  {
    id: "I6",
    sentence: "of an id that many spans report up to 32 are found; of a trace all",
    reason: "one id repeated without end would make every batch dearer than the one before",
    async check({ spans: store }) {
      const added = Array.from({ length: 40 }, (_, n) =>
        aCallSpan(1 + (n % 2), n + 1, { responseId: "r", attemptId: "a" }),
      );
      await write(store, { added });
      for (const question of [{ responses: [shared("r")] }, { attempts: [shared("a")] }]) {
        const { spans } = await find(store, question);
        assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 32);
        assert.equal(spans.length, 32);
      }
      const both = await find(store, { responses: [shared("r")], traces: added.slice(0, 2).map(refOf) });
      assert.equal(both.spans.length, 40);
    },
  },
  {
    id: "I7",
    sentence: "a changed span counts for another tenant and is booked as another call from then on, in every question",
    reason: "its parent may come after it and say whose it is",
    async check(subject) {
      const other = await subject.another();
      const [one, two] = [aCallSpan(1, 1, { responseId: "r", attemptId: "a" }), aSpan(1, 2)];
      await write(subject.spans, { added: [one, two] });
      const to = { scope: installation, traceId: one.traceId, tenantId: "tenant-b", bookedAs: "call-9" };
      await write(subject.spans, {
        changed: [
          { ...to, spanId: one.spanId },
          { ...to, spanId: hex(99, 16) },
          { ...to, scope: tenant("tenant-a"), spanId: two.spanId },
        ],
      });
      const moved = { ...one, tenantId: "tenant-b", bookedAs: "call-9" };
      for (const { spans: store } of [subject, other]) {
        assert.deepEqual((await find(store, { traces: [refOf(one)] })).spans, [moved, two]);
        assert.deepEqual((await find(store, { responses: [shared("r")], attempts: [shared("a")] })).spans, []);
        assert.deepEqual((await find(store, { responses: [shared("r", "tenant-b")] })).spans, [moved]);
        assert.deepEqual(await spansOf(store, tenant("tenant-b"), { traceId: one.traceId }), [moved]);
        assert.deepEqual(await spansOf(store, tenant("tenant-a"), { traceId: one.traceId }), [two]);
      }
      await write(other.spans, { changed: [{ ...to, spanId: one.spanId, tenantId: "tenant-b", bookedAs: null }] });
      assert.equal((await find(subject.spans, { traces: [refOf(one)] })).spans[0]?.bookedAs, null);
      assert.deepEqual(await idsIn(subject.spans, 1, tenant("tenant-a")), []);
    },
  },
];
