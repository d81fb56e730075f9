import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, it } from "vitest";
import { type PlannedRequest, type RequestPattern, requestPatterns, type ServeRequest } from "./request-patterns.ts";
import type { OtlpAttribute, ReceivedSpan } from "./wire/otlp-collector.ts";
import { wrongSpanIds } from "./wrong-span-ids.ts";

type Ids = Pick<PlannedRequest, "tenantId" | "userId" | "sessionId">;

/** A call's span and its attempt's. */
function spansFor(callId: string, ids: Ids): readonly ReceivedSpan[] {
  const attributes = Object.entries({
    "tenantry.call_id": callId,
    "netra.tenant_id": ids.tenantId,
    "netra.user_id": ids.userId,
    "netra.session_id": ids.sessionId,
  }).flatMap(([key, value]): OtlpAttribute[] => (value === null ? [] : [{ key, value: { stringValue: value } }]));
  const span = (name: string, spanId: string, parentSpanId?: string): ReceivedSpan["span"] => ({
    traceId: `trace-${callId}`,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: 3,
    startTimeUnixNano: "1",
    endTimeUnixNano: "2",
    attributes,
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: 1 },
    flags: 257,
  });
  return [
    { scope: { name: "netra" }, resource: [], span: span("call", callId) },
    { scope: { name: "netra.instrumentation.openai" }, resource: [], span: span("attempt", `${callId}/1`, callId) },
  ];
}

async function problemsOf(
  pattern: RequestPattern,
  tell: (one: PlannedRequest) => Promise<Ids>,
): Promise<readonly string[]> {
  const spans: ReceivedSpan[] = [];
  const serve: ServeRequest = async (one) => {
    const callId = `call-${one.index}`;
    spans.push(...spansFor(callId, await tell(one)));
    return [callId];
  };
  const callIds = await pattern.run(serve);
  return wrongSpanIds(spans, pattern.planned, callIds);
}

describe("the patterns in which ids leak", () => {
  it.each(requestPatterns.map((pattern) => [pattern.name, pattern] as const))(
    "%s: nothing is wrong where ids are passed along",
    async (_name, pattern) => {
      assert.deepEqual(
        await problemsOf(pattern, async (one) => {
          await nextTurn();
          return one;
        }),
        [],
      );
    },
  );

  it.each(requestPatterns.slice(1).map((pattern) => [pattern.name, pattern] as const))(
    "%s: a process-global setter is found out",
    async (_name, pattern) => {
      let current: Ids = { tenantId: "", userId: null, sessionId: null };
      const problems = await problemsOf(pattern, async ({ tenantId, userId, sessionId }) => {
        // As in the cookbook: what is not known is not set, and so keeps its last value.
        current = { tenantId, userId: userId ?? current.userId, sessionId: sessionId ?? current.sessionId };
        await nextTurn();
        return current;
      });
      assert.ok(problems.length > 20, `${problems.length} problems`);
    },
  );
});

describe("what is found wrong with spans", () => {
  const [one, other] = [0, 1].map((index) => requestPatterns[0]?.planned[index] as PlannedRequest);
  const planned = [one, other] as readonly PlannedRequest[];
  const callIds = [["call-0"], ["call-1"]];
  const [call, attempt] = spansFor("call-0", one as Ids) as [ReceivedSpan, ReceivedSpan];
  const others = spansFor("call-1", other as Ids);
  const changed = (received: ReceivedSpan, change: Partial<ReceivedSpan["span"]>): ReceivedSpan => ({
    ...received,
    span: { ...received.span, ...change },
  });

  it.each<[string, readonly ReceivedSpan[], RegExp]>([
    ["a call without an attempt", [call, ...others], /call-0 has no span, or no attempt/],
    ["a call without its span", [attempt, ...others], /call-0 has no span/],
    ["a span of no call", [call, attempt, ...others, ...spansFor("stray", one as Ids)], /belongs to no call: stray/],
    ["an attempt below another call", [call, changed(attempt, { parentSpanId: "call-1" }), ...others], /not below it/],
    ["an attempt in another trace", [call, changed(attempt, { traceId: "elsewhere" }), ...others], /not below it/],
    [
      "calls that share a trace",
      [...[call, attempt].map((span) => changed(span, { traceId: "trace-call-1" })), ...others],
      /2 calls share 1 traces/,
    ],
    [
      "another's id anywhere in it",
      [changed(call, { name: String(other?.userId) }), attempt, ...others],
      /carries user/,
    ],
  ])("%s", (_name, spans, said) => {
    assert.match(wrongSpanIds(spans, planned, callIds).join("\n"), said);
  });
});
