import assert from "node:assert/strict";
import type { Rule } from "../contract.ts";
import {
  aClaim,
  anAnswer,
  type AnswerStoreSubject,
  claim,
  claims,
  keepMs,
  lifetimeMs,
  otherPayload,
  payload,
  replays,
} from "./subject.ts";

/** What is kept, for how long, and what a crash leaves. */
export const keepingRules: readonly Rule<AnswerStoreSubject>[] = [
  {
    id: "A10",
    sentence: "a finished answer is replayed to every client as often as asked, equal in every byte",
    reason: "a replay that differs is a second answer",
    async check(subject) {
      const { store } = subject;
      const other = await subject.another();
      const large = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 31) % 251);
      const answers = [
        anAnswer(),
        anAnswer({ status: 429, headers: {}, body: new Uint8Array() }),
        anAnswer({ callId: "call-2", body: large }),
      ];
      for (const [index, answer] of answers.entries()) {
        const key = aClaim({ idempotencyKey: `order-${index}` });
        await claims(subject, store, key);
        await store.start(key, answer.callId);
        await store.finish(key, answer);
        for (const client of [store, other, store]) await replays(subject, client, answer, key);
      }
    },
  },
  {
    id: "A11",
    sentence: "what callers do to their buffers afterwards changes no answer",
    reason: "buffers are reused by servers; the next request must not show in an answer kept (R4)",
    async check(subject) {
      const { store } = subject;
      const answer = anAnswer();
      await claims(subject, store);
      await store.start(aClaim(), answer.callId);
      const finishing = store.finish(aClaim(), answer);
      answer.body.fill(0);
      await finishing;
      const result = await claim(subject, store);
      if (result.kind === "finished") result.answer.body.fill(0);
      await replays(subject, store, anAnswer());
    },
  },
  {
    id: "A12",
    sentence: "a key finished without an answer is spent, and tells its call when it knows it",
    reason: "what may not be kept must not be run again either",
    async check(subject) {
      const { store } = subject;
      const unknown = aClaim({ idempotencyKey: "never started" });
      await claims(subject, store);
      await claims(subject, store, unknown);
      await store.start(aClaim(), "call-1");
      await store.finish(aClaim(), null);
      await store.finish(unknown, null);
      assert.deepEqual(await claim(subject, store), { kind: "spent", callId: "call-1" });
      assert.deepEqual(await claim(subject, store, unknown), { kind: "spent", callId: null });
    },
  },
  {
    id: "A13",
    sentence: "after a crash a claim that was started is spent for its lifetime, and one that was not is free",
    reason: "something may have been sent, or certainly nothing: the first must not run again, the second should",
    async check(subject) {
      const { store, clock } = subject;
      const idle = aClaim({ idempotencyKey: "not started" });
      await claims(subject, store);
      await store.start(aClaim(), "call-1");
      await claims(subject, store, idle);
      const next = await subject.crash();
      await claims(subject, next, idle, otherPayload);
      assert.deepEqual(await claim(subject, next), { kind: "spent", callId: "call-1" });
      assert.deepEqual(await claim(subject, next, aClaim(), otherPayload), { kind: "mismatch" });
      await clock.advance(lifetimeMs - 1);
      assert.deepEqual(await claim(subject, next), { kind: "spent", callId: "call-1" });
      await clock.advance(1);
      await claims(subject, next);
    },
  },
  {
    id: "A14",
    sentence: "a crash leaves finished answers and the claims of the living alone",
    reason: "one process's end must not run another's requests twice",
    async check(subject) {
      const { store } = subject;
      const living = await subject.another();
      const [begun, idle] = [aClaim({ idempotencyKey: "begun" }), aClaim({ idempotencyKey: "idle" })];
      await claims(subject, store);
      await store.start(aClaim(), "call-1");
      await store.finish(aClaim(), anAnswer());
      await claims(subject, living, begun);
      await living.start(begun, "call-2");
      await claims(subject, living, idle);
      const next = await subject.crash();
      await replays(subject, next, anAnswer());
      assert.deepEqual(await claim(subject, next, begun), { kind: "running", callId: "call-2" });
      assert.deepEqual(await claim(subject, next, idle), { kind: "running", callId: null });
    },
  },
  {
    id: "A15",
    sentence: "everything ended is forgotten at its expiry, not before, also for another payload",
    reason: "a key is remembered as long as was said, and not longer",
    async check(subject) {
      const { store, clock } = subject;
      for (const [index, end] of [anAnswer(), null].entries()) {
        const key = aClaim({ idempotencyKey: `order-${index}` });
        const expiresAt = clock.now() + 1_000;
        assert.deepEqual(await store.claim(key, payload, { expiresAt, keepUntil: expiresAt }), { kind: "claimed" });
        await store.start(key, "call-1");
        await store.finish(key, end);
        await clock.advance(999);
        assert.equal((await claim(subject, store, key)).kind, end === null ? "spent" : "finished");
        await clock.advance(1);
        await claims(subject, store, key, otherPayload);
      }
    },
  },
  {
    id: "A16",
    sentence: "a claim that its living process has open runs on past its expiry, and is forgotten when it ends",
    reason: "a call that takes longer than its key is remembered must not run twice (R1)",
    async check(subject) {
      const { store, clock } = subject;
      const other = await subject.another();
      const idle = aClaim({ idempotencyKey: "idle" });
      await claims(subject, store);
      await store.start(aClaim(), "call-1");
      await claims(subject, store, idle);
      await clock.advance(2 * lifetimeMs);
      assert.deepEqual(await claim(subject, other), { kind: "running", callId: "call-1" });
      assert.deepEqual(await claim(subject, store, idle), { kind: "running", callId: null });
      await store.finish(aClaim(), anAnswer());
      await store.finish(idle, null);
      await claims(subject, other, aClaim(), otherPayload);
      await claims(subject, other, idle, otherPayload);
    },
  },
  {
    id: "A18",
    sentence: "when an answer's time is over its key is spent until its expiry, and is not run again",
    reason: "how long content is kept (R10) must not decide how often a request may be billed (R1)",
    async check(subject) {
      const { store, clock } = subject;
      const other = await subject.another();
      await claims(subject, store);
      await store.start(aClaim(), "call-1");
      await store.finish(aClaim(), anAnswer());
      await clock.advance(keepMs - 1);
      await replays(subject, other, anAnswer());
      await clock.advance(1);
      for (const client of [store, other]) {
        assert.deepEqual(await claim(subject, client), { kind: "spent", callId: "call-1" });
        assert.deepEqual(await claim(subject, client, aClaim(), otherPayload), { kind: "mismatch" });
      }
      await clock.advance(lifetimeMs - keepMs - 1);
      assert.deepEqual(await claim(subject, store), { kind: "spent", callId: "call-1" });
      await clock.advance(1);
      await claims(subject, store);
    },
  },
  {
    id: "A19",
    sentence: "an answer that comes after its time, or may not be kept at all, leaves its key spent",
    reason: "to keep nothing is a choice about content, not leave to run the request twice (R1, R10)",
    async check(subject) {
      const { store, clock } = subject;
      const late = aClaim({ idempotencyKey: "late" });
      const lifetime = { expiresAt: clock.now() + lifetimeMs, keepUntil: clock.now() };
      assert.deepEqual(await store.claim(aClaim(), payload, lifetime), { kind: "claimed" });
      await store.start(aClaim(), "call-1");
      await store.finish(aClaim(), anAnswer());
      assert.deepEqual(await claim(subject, store), { kind: "spent", callId: "call-1" });
      await claims(subject, store, late);
      await store.start(late, "call-2");
      await clock.advance(keepMs);
      assert.deepEqual(await claim(subject, store, late), { kind: "running", callId: "call-2" });
      await store.finish(late, anAnswer({ callId: "call-2" }));
      assert.deepEqual(await claim(subject, store, late), { kind: "spent", callId: "call-2" });
    },
  },
  {
    id: "A17",
    sentence: "nothing of an answer can be read where it is kept",
    reason: "answers are customers' content; a copy of the disk must not hold it in the clear (R10)",
    async check(subject) {
      const { store, atRest } = subject;
      const secrets = ["the merger closes on Friday", "x-content-of-header"];
      await claims(subject, store);
      await store.start(aClaim(), "call-1");
      const body = Buffer.from(`data: ${secrets[0]}\n\n`.repeat(50));
      await store.finish(aClaim(), anAnswer({ body, headers: { "x-note": secrets[1] ?? "" } }));
      for (const bytes of await atRest()) {
        for (const secret of secrets) assert.equal(Buffer.from(bytes).includes(secret), false, secret);
      }
      await replays(subject, store, anAnswer({ body, headers: { "x-note": secrets[1] ?? "" } }));
    },
  },
];
