import assert from "node:assert/strict";
import type { AnswerKey } from "@tenantry/core";
import { awkwardIds } from "../awkward-ids.ts";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import {
  aClaim,
  aLifetime,
  anAnswer,
  type AnswerStoreSubject,
  claim,
  claims,
  otherPayload,
  payload,
  replays,
} from "./subject.ts";

/** Who gets a key, and what everybody else is told. */
export const claimRules: readonly Rule<AnswerStoreSubject>[] = [
  {
    id: "A1",
    sentence: "of many callers at once, of two clients, exactly one gets the key; the others are told it is running",
    reason: "two chains for one request are two bills for one answer (R1)",
    async check(subject) {
      const other = await subject.another();
      for (let round = 0; round < 10; round += 1) {
        const key = aClaim({ idempotencyKey: `order-${round}` });
        const asking = Array.from({ length: 20 }, (_, n) => claim(subject, n % 2 === 0 ? subject.store : other, key));
        const results = await Promise.all(asking);
        assert.equal(results.filter(({ kind }) => kind === "claimed").length, 1);
        const running = results.filter(({ kind }) => kind !== "claimed");
        for (const result of running) assert.deepEqual(result, { kind: "running", callId: null });
      }
    },
  },
  {
    id: "A2",
    sentence: "another payload under the key is a mismatch while it is claimed, started, finished or spent",
    reason: "an answer to another question is worse than none",
    async check(subject) {
      const { store } = subject;
      const mismatches = async (key: AnswerKey): Promise<void> =>
        assert.deepEqual(await claim(subject, store, key, otherPayload), { kind: "mismatch" });
      for (const end of [anAnswer(), null]) {
        const key = aClaim({ idempotencyKey: `order-${String(end?.callId)}` });
        await claims(subject, store, key);
        await mismatches(key);
        await store.start(key, "call-1");
        await mismatches(key);
        await store.finish(key, end);
        await mismatches(key);
      }
      await replays(subject, store, anAnswer(), aClaim({ idempotencyKey: "order-call-1" }));
    },
  },
  {
    id: "A3",
    sentence: "a running key tells its call once it was started",
    reason: "a client that waits wants to know for what",
    async check(subject) {
      const { store } = subject;
      const other = await subject.another();
      await claims(subject, store);
      assert.deepEqual(await claim(subject, other), { kind: "running", callId: null });
      await store.start(aClaim(), "call-1");
      assert.deepEqual(await claim(subject, store), { kind: "running", callId: "call-1" });
      assert.deepEqual(await claim(subject, other), { kind: "running", callId: "call-1" });
    },
  },
  {
    id: "A4",
    sentence: "tenant, route and key are matched together and exactly: none of them runs into another",
    reason: "an answer replayed to another tenant is a leak (R4)",
    async check(subject) {
      const { store } = subject;
      const names = [...awkwardIds, "a", "b", "a:b:c", "b:c"];
      const keys = [
        ...names.flatMap((name) => [
          aClaim({ tenantId: name }),
          aClaim({ route: name }),
          aClaim({ idempotencyKey: name }),
        ]),
        { tenantId: "a", route: "b:c", idempotencyKey: "d" },
        { tenantId: "a:b", route: "c", idempotencyKey: "d" },
        { tenantId: "a", route: "b", idempotencyKey: "c:d" },
      ];
      for (const key of keys) await claims(subject, store, key);
      for (const [index, key] of keys.entries()) {
        await store.start(key, `call-${index}`);
        await store.finish(key, index % 2 === 0 ? null : anAnswer({ callId: `call-${index}` }));
      }
      for (const [index, key] of keys.entries()) {
        if (index % 2 === 1) await replays(subject, store, anAnswer({ callId: `call-${index}` }), key);
        else assert.deepEqual(await claim(subject, store, key), { kind: "spent", callId: `call-${index}` });
      }
    },
  },
  {
    id: "A5",
    sentence: "a claim that was given back is nobody's, also for another payload",
    reason: "a denied request that is put right and sent again must run",
    async check(subject) {
      const { store } = subject;
      const other = await subject.another();
      await claims(subject, store);
      await store.free(aClaim());
      await claims(subject, other, aClaim(), otherPayload);
      await other.free(aClaim());
      await other.free(aClaim());
      await claims(subject, store, aClaim(), otherPayload);
    },
  },
  {
    id: "A6",
    sentence: "to start without an open claim of one's own, or for a second call, is a conflict",
    reason: "it is the last moment before something is sent: who is not sure must not send (R1)",
    async check(subject) {
      const { store } = subject;
      const other = await subject.another();
      await rejectsWith("conflict", () => store.start(aClaim(), "call-1"));
      await claims(subject, store);
      await rejectsWith("conflict", () => other.start(aClaim(), "call-2"));
      await store.start(aClaim(), "call-1");
      await store.start(aClaim(), "call-1");
      await rejectsWith("conflict", () => store.start(aClaim(), "call-3"));
      assert.deepEqual(await claim(subject, other), { kind: "running", callId: "call-1" });
      await store.finish(aClaim(), anAnswer());
      await rejectsWith("conflict", () => store.start(aClaim(), "call-1"));
      await replays(subject, other, anAnswer());
    },
  },
  {
    id: "A7",
    sentence: "finish and free change nothing but an open claim of their own process",
    reason: "a late or repeated word must not open the door to a second chain, nor to a stranger's answer",
    async check(subject) {
      const { store } = subject;
      const other = await subject.another();
      await store.finish(aClaim(), anAnswer());
      await store.free(aClaim());
      await claims(subject, store);
      await other.finish(aClaim(), anAnswer({ callId: "call-2" }));
      await other.free(aClaim());
      assert.deepEqual(await claim(subject, other), { kind: "running", callId: null });
      await store.start(aClaim(), "call-1");
      await store.finish(aClaim(), anAnswer());
      await store.finish(aClaim(), anAnswer({ status: 500 }));
      await store.finish(aClaim(), null);
      await store.free(aClaim());
      await replays(subject, store, anAnswer());
    },
  },
  {
    id: "A8",
    sentence: "a claim that was started is not given back: it is spent",
    reason: "something may have been sent, and sent again would be a second bill (R1)",
    async check(subject) {
      const { store } = subject;
      await claims(subject, store);
      await store.start(aClaim(), "call-1");
      await store.free(aClaim());
      assert.deepEqual(await claim(subject, store), { kind: "spent", callId: "call-1" });
    },
  },
  {
    id: "A9",
    sentence: "a store that cannot write says unavailable and did nothing, and works again when it can",
    reason: "a claim half taken locks a request out; one half given lets it run twice",
    async check(subject) {
      const { store, breakWrites, mendWrites } = subject;
      const [begun, ended] = [aClaim({ idempotencyKey: "begun" }), aClaim({ idempotencyKey: "ended" })];
      await claims(subject, store, begun);
      await claims(subject, store, ended);
      await store.start(ended, "call-2");
      await breakWrites();
      await rejectsWith("unavailable", () => store.claim(aClaim(), payload, aLifetime(subject)));
      await rejectsWith("unavailable", () => store.start(begun, "call-1"));
      await rejectsWith("unavailable", () => store.finish(ended, anAnswer()));
      await rejectsWith("unavailable", () => store.free(begun));
      await mendWrites();
      await claims(subject, store);
      assert.deepEqual(await claim(subject, store, begun), { kind: "running", callId: null });
      assert.deepEqual(await claim(subject, store, ended), { kind: "running", callId: "call-2" });
      await store.finish(ended, anAnswer());
      await replays(subject, store, anAnswer(), ended);
    },
  },
];
