import assert from "node:assert/strict";
import type { AnswerKey, AnswerStore, ClaimLifetime, ClaimResult, StoredAnswer } from "@tenantry/core";
import type { ManualClock } from "@tenantry/core/testing";

/** What the AnswerStore rules need of an implementation. */
export interface AnswerStoreSubject {
  /** A client over empty data, with a living owner. */
  readonly store: AnswerStore;
  /** The clock that every client of this data runs on. */
  readonly clock: ManualClock;
  /** One more client of the same data with a living owner of its own: what another process sees. */
  readonly another: () => Promise<AnswerStore>;
  /**
   * The owner of `store` dies without closing anything, and everybody can know it. Resolves to a client of a new owner
   * over the same data; `store` is not used again.
   */
  readonly crash: () => Promise<AnswerStore>;
  /** Everything that is kept outside the process, as a thief of the disk or the database would find it. */
  readonly atRest: () => Promise<readonly Uint8Array[]>;
  /** From now on nothing can be written, until `mendWrites`. */
  readonly breakWrites: () => Promise<void> | void;
  readonly mendWrites: () => Promise<void> | void;
}

/** How long the rules' claims live unless they say otherwise. */
export const lifetimeMs = 600_000;
/** How long their answers are kept. */
export const keepMs = 60_000;

export const payload: string = "a".repeat(64);
export const otherPayload: string = "b".repeat(64);

export function aClaim(overrides: Partial<AnswerKey> = {}): AnswerKey {
  return { tenantId: "tenant-a", route: "POST /v1/chat/completions", idempotencyKey: "order-1", ...overrides };
}

/** Every byte there is, and headers that are easily changed on the way. */
export function anAnswer(overrides: Partial<StoredAnswer> = {}): StoredAnswer {
  return {
    callId: "call-1",
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8", "x-empty": "", __proto__x: 'é, "quoted"' },
    body: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    ...overrides,
  };
}

/** The rules' lifetime, from now. */
export function aLifetime({ clock }: Pick<AnswerStoreSubject, "clock">): ClaimLifetime {
  return { expiresAt: clock.now() + lifetimeMs, keepUntil: clock.now() + keepMs };
}

/** Claims with the rules' lifetime. */
export async function claim(
  subject: Pick<AnswerStoreSubject, "clock">,
  store: AnswerStore,
  key: AnswerKey = aClaim(),
  hash: string = payload,
): Promise<ClaimResult> {
  return await store.claim(key, hash, aLifetime(subject));
}

/** Passes when nobody had the key: it is this client's now. */
export async function claims(
  subject: Pick<AnswerStoreSubject, "clock">,
  store: AnswerStore,
  key: AnswerKey = aClaim(),
  hash: string = payload,
): Promise<void> {
  assert.deepEqual(await claim(subject, store, key, hash), { kind: "claimed" });
}

/** Passes when the answer is there, equal to the last byte. */
export async function replays(
  subject: Pick<AnswerStoreSubject, "clock">,
  store: AnswerStore,
  answer: StoredAnswer,
  key: AnswerKey = aClaim(),
): Promise<void> {
  const result = await claim(subject, store, key);
  if (result.kind !== "finished") assert.fail(`expected the answer, not ${result.kind}`);
  const { body, ...head } = result.answer;
  const { body: expectedBody, ...expectedHead } = answer;
  assert.deepEqual(head, expectedHead);
  // Not deepEqual, which would write out the difference of a million bytes.
  assert.ok(body instanceof Uint8Array && Buffer.from(expectedBody).equals(body), "the body is another");
}
