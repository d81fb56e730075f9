import assert from "node:assert/strict";
import type { LedgerLine, SharedId } from "@tenantry/core";
import { aCallRecord, aLine } from "@tenantry/core/testing";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import {
  aCallSpan,
  aSpan,
  find,
  hex,
  idsIn,
  installation,
  pendingIds,
  refOf,
  shared,
  tenant,
  traceId,
  write,
} from "./questions.ts";
import type { SpanClient, SpanStoreSubject } from "./subject.ts";

async function settle({ ledger }: Pick<SpanClient, "ledger">, overrides: Partial<LedgerLine>): Promise<void> {
  await ledger.settle({
    line: aLine({ callId: `call-of-${overrides.attemptId ?? "att-1"}`, ...overrides }),
    call: null,
  });
}

/** Ids of the lines found, sorted; each must come once. */
async function lineIds(
  { spans }: Pick<SpanClient, "spans">,
  question: { readonly calls?: SharedId[]; readonly responses?: SharedId[]; readonly attempts?: SharedId[] },
): Promise<string[]> {
  const lines = await spans.lines({ calls: [], responses: [], attempts: [], ...question });
  return lines.map(({ lineId }) => lineId).toSorted();
}

/** What what is booked depends on: who else wrote, which lines there are, and which come later. */
export const decidingRules: readonly Rule<SpanStoreSubject>[] = [
  {
    id: "I8",
    sentence: "a write is alone when nobody wrote spans since its find, and not when anybody did, of any process",
    reason: "two processes that each see half of a call's spans would book it twice (R1)",
    async check(subject) {
      const other = await subject.another();
      const { seen } = await find(subject.spans);
      const again = (await find(other.spans)).seen;
      assert.deepEqual(await write(subject.spans, { added: [aSpan(1, 1)], seen }), { isAlone: true });
      assert.deepEqual(await write(other.spans, { added: [aSpan(2, 1)], seen: again }), { isAlone: false });
      // What was written all the same is there.
      assert.deepEqual(await idsIn(subject.spans, 2), [hex(1, 16)]);
      const third = (await find(subject.spans)).seen;
      const to = { ...refOf(aSpan(1, 1)), spanId: hex(1, 16), tenantId: "tenant-b", bookedAs: null };
      assert.deepEqual(await write(other.spans, { changed: [to] }), { isAlone: true });
      assert.deepEqual(await write(subject.spans, { added: [aSpan(3, 1)], seen: third }), { isAlone: false });
      assert.deepEqual(await write(subject.spans, { added: [aSpan(4, 1)] }), { isAlone: true });
      assert.deepEqual(await write(subject.spans, { added: [aSpan(5, 1)], seen: "" }), { isAlone: false });
    },
  },
  {
    id: "I9",
    sentence: "of many writes at once with the same find, by two processes, exactly one is alone",
    reason: "the others decide again; were none told, or two, calls would be booked twice or never",
    async check(subject) {
      const other = await subject.another();
      for (let round = 0; round < 5; round += 1) {
        const { seen } = await find(subject.spans);
        const writes = Array.from({ length: 8 }, (_, n) =>
          write(n % 2 === 0 ? subject.spans : other.spans, { added: [aSpan(round + 1, n + 1)], seen }),
        );
        const alone = (await Promise.all(writes)).filter(({ isAlone }) => isAlone);
        assert.equal(alone.length, 1);
        assert.equal((await idsIn(other.spans, round + 1)).length, 8);
      }
    },
  },
  {
    id: "I10",
    sentence:
      "lines are those in force: of the calls asked for, and of calls of ours with the answers and attempts asked for",
    reason: "a span of an answer that came through us is that call, and another tenant's never is (R4)",
    async check(subject) {
      const { ledger } = subject;
      await settle(subject, { attemptId: "a1", responseId: "r1" });
      await settle(subject, { attemptId: "a1", lineId: "a1+", supersedes: "a1", responseId: "r1" });
      await settle(subject, { attemptId: "a2", callId: "call-of-a1", responseId: "r2", ordinal: 2 });
      await settle(subject, { attemptId: "i1", origin: "ingest", responseId: "r1" });
      await settle(subject, { attemptId: "b1", tenantId: "tenant-b", responseId: "r1" });
      // Before the line it supersedes.
      await settle(subject, { attemptId: "a4", lineId: "a4+", supersedes: "a4", responseId: "r4" });
      const other = await subject.another();
      for (const client of [subject, other]) {
        assert.deepEqual(await lineIds(client, { responses: [shared("r1"), shared("r1")] }), ["a1+"]);
        assert.deepEqual(await lineIds(client, { responses: [shared("r1", "tenant-b")] }), ["b1"]);
        assert.deepEqual(await lineIds(client, { attempts: [shared("a1"), shared("i1"), shared("b1")] }), ["a1+"]);
        assert.deepEqual(await lineIds(client, { attempts: [shared("a4")] }), ["a4+"]);
        const calls = [shared("call-of-a1"), shared("call-of-i1"), shared("call-of-b1")];
        assert.deepEqual(await lineIds(client, { calls }), ["a1+", "a2", "i1"]);
        const all = { calls, responses: [shared("r1"), shared("r2")], attempts: [shared("a2")] };
        assert.deepEqual(await lineIds(client, all), ["a1+", "a2", "i1"]);
        assert.deepEqual(await lineIds(client, {}), []);
      }
      const [line] = await other.spans.lines({ calls: [shared("call-of-i1")], responses: [], attempts: [] });
      assert.deepEqual(line, aLine({ attemptId: "i1", callId: "call-of-i1", origin: "ingest", responseId: "r1" }));
      await ledger.settle({ line: null, call: aCallRecord({ callId: "call-of-i1", origin: "ingest" }) });
      await ledger.retract({ tenantId: "tenant-a", callId: "call-of-i1", sameAs: "call-of-a1", recordedAt: 1 });
      assert.deepEqual(await lineIds(other, { calls: [shared("call-of-i1")] }), []);
    },
  },
  {
    id: "I11",
    sentence: "a line of a call of ours that tells of a span's answer or attempt puts the span's trace on the list",
    reason: "the call was booked from the span, and now it is one that we made (R1)",
    async check(subject) {
      const other = await subject.another();
      const added = [
        aCallSpan(1, 1, { responseId: "r1" }),
        aCallSpan(2, 1, { attemptId: "a2" }),
        aCallSpan(3, 1, { responseId: "r3" }, { scope: tenant("tenant-a") }),
        aCallSpan(4, 1, { responseId: "r4" }),
        aCallSpan(5, 1, { responseId: "r5" }, { tenantId: "tenant-b" }),
        aCallSpan(6, 1, { responseId: "a6", attemptId: "r6" }),
        aCallSpan(7, 1, { responseId: "r7" }),
      ];
      await write(subject.spans, { added });
      await settle(other, { attemptId: "x", responseId: "r1" });
      assert.deepEqual(await pendingIds(subject.spans), [traceId(1)]);
      await settle(subject, { attemptId: "a2" });
      await settle(subject, { attemptId: "z3", responseId: "r3" });
      assert.deepEqual(await pendingIds(other.spans), [traceId(1), traceId(2), traceId(3)]);
      const [, , third] = await other.spans.pending(3);
      assert.deepEqual(third, { scope: tenant("tenant-a"), traceId: traceId(3) });
      assert.equal((await other.spans.pending(2)).length, 2);
      await settle(subject, { attemptId: "i4", origin: "ingest", responseId: "r4" });
      await settle(subject, { attemptId: "a5", responseId: "r5" });
      await settle(subject, { attemptId: "a6", responseId: "r6" });
      await subject.ledger.settle({ line: null, call: aCallRecord({ callId: "call-7" }) });
      assert.deepEqual(await pendingIds(subject.spans), [traceId(1), traceId(2), traceId(3)]);
      await write(other.spans, {
        settled: [refOf(added[0]!), refOf(added[1]!), { scope: installation, traceId: traceId(3) }],
      });
      assert.deepEqual(await pendingIds(subject.spans), [traceId(3)]);
      await settle(subject, { attemptId: "x", responseId: "r1" });
      assert.deepEqual(await pendingIds(subject.spans), [traceId(3)], "a repetition says nothing new");
      await settle(other, { attemptId: "x", lineId: "x+", supersedes: "x", responseId: "r1" });
      assert.deepEqual(await pendingIds(subject.spans), [traceId(1), traceId(3)]);
    },
  },
  {
    id: "I12",
    sentence: "a line that comes between a find and its write is not missed: its trace is pending afterwards",
    reason: "neither the settlement nor the decision knew of the other, and the call would be in the books twice (R1)",
    async check(subject) {
      const other = await subject.another();
      const { seen } = await find(subject.spans);
      await settle(other, { attemptId: "a1", responseId: "r1" });
      await settle(other, { attemptId: "i2", origin: "ingest", responseId: "r2" });
      const [one, two] = [
        aCallSpan(1, 1, { responseId: "r1" }),
        aCallSpan(2, 1, { responseId: "r2", attemptId: "i2" }),
      ];
      await write(subject.spans, { added: [one, two], seen });
      assert.deepEqual(await pendingIds(other.spans), [traceId(1)]);
      const later = (await find(subject.spans)).seen;
      await settle(other, { attemptId: "a1", lineId: "a1+", supersedes: "a1", responseId: "r1" });
      await write(subject.spans, { settled: [refOf(one)], seen: later });
      assert.deepEqual(await pendingIds(other.spans), [traceId(1)], "the line came after what was looked at");
      await write(subject.spans, { settled: [refOf(one)] });
      assert.deepEqual(await pendingIds(other.spans), []);
      // Known by the find already: nothing to look at again.
      await write(subject.spans, { added: [aCallSpan(3, 1, { responseId: "r1", attemptId: "a1" })] });
      assert.deepEqual(await pendingIds(other.spans), []);
      const moving = (await find(subject.spans)).seen;
      await settle(other, { attemptId: "b2", tenantId: "tenant-b", responseId: "r2" });
      await write(subject.spans, {
        changed: [{ ...refOf(two), spanId: two.spanId, tenantId: "tenant-b", bookedAs: null }],
        seen: moving,
      });
      assert.deepEqual(await pendingIds(other.spans), [traceId(2)]);
    },
  },
  {
    id: "I13",
    sentence:
      "a write that is rejected left no trace and can be repeated; a resolved one, and what is pending, survives the process",
    reason: "the exporter sends the batch again, or never (R2)",
    async check(subject) {
      const { spans: store } = subject;
      const span = aCallSpan(1, 1, { responseId: "r1" });
      await write(store, { added: [span] });
      await settle(subject, { attemptId: "a1", responseId: "r1" });
      const { seen } = await find(store);
      await subject.breakWrites();
      await rejectsWith("unavailable", async () =>
        write(store, {
          added: [aSpan(2, 1)],
          changed: [{ ...refOf(span), spanId: span.spanId, tenantId: "tenant-b", bookedAs: "c" }],
          settled: [refOf(span)],
          seen,
        }),
      );
      assert.deepEqual((await find(store, { traces: [refOf(span)] })).spans, [span]);
      assert.deepEqual(await idsIn(store, 2), []);
      await subject.mendWrites();
      assert.deepEqual(await write(store, { added: [aSpan(2, 1)], seen }), { isAlone: true });
      const again = await subject.crash();
      assert.deepEqual(await idsIn(again.spans, 2), [hex(1, 16)]);
      assert.deepEqual(await pendingIds(again.spans), [traceId(1)]);
      assert.deepEqual(await write(again.spans, { added: [aSpan(3, 1)], seen }), { isAlone: false });
    },
  },
];
