import type { Instant } from "../time/instant.ts";

/** What a caller's `Idempotency-Key` stands for. All parts together are the identity. */
export interface AnswerKey {
  readonly tenantId: string;
  /** `POST /v1/chat/completions`. */
  readonly route: string;
  readonly idempotencyKey: string;
}

/** A finished answer, to be replayed byte by byte. */
export interface StoredAnswer {
  readonly callId: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** How long what is known of a key is kept. */
export interface ClaimLifetime {
  /** Until then the key stands for one chain of attempts at most; then it is anybody's. */
  readonly expiresAt: Instant;
  /** Until then a finished answer is given again; then its content is deleted, and the key is spent until `expiresAt`. */
  readonly keepUntil: Instant;
}

export type ClaimResult =
  /** Nobody has used the key: it is claimed now, and the caller goes on. */
  | { readonly kind: "claimed" }
  /** Used with another payload. */
  | { readonly kind: "mismatch" }
  /** The same request is being answered, by a living process. The call is known once it was started. */
  | { readonly kind: "running"; readonly callId: string | null }
  /** It ran, and how it ended is not known or was not kept: never run it again. */
  | { readonly kind: "spent"; readonly callId: string | null }
  | { readonly kind: "finished"; readonly answer: StoredAnswer };

/**
 * At most one attempt chain per key and payload (at-most-once), also across processes and crashes.
 *
 * - `claim` is atomic: of any number of callers with one key exactly one gets `claimed`. `payloadHash` is compared.
 * - `start` notes that the chain of this call is about to send its first attempt; durable before it resolves. A claim that was started
 *   and whose process died is `spent` for its lifetime; one that was not started is free again.
 *   Without an open claim of this process, or with one started for another call, it is a `conflict`: nothing may be sent.
 * - `finish` keeps the answer (null: it may not or need not be kept; the key is `spent`). `free` gives the claim back: a denial or a
 *   failure before any attempt is not remembered. A claim that was started is not given back: `free` makes it `spent`.
 *   Both change nothing but an open claim of this process, so they may be repeated.
 * - The answer is gone from `keepUntil` on, which may be at once, and the key is `spent` from then on: how long content is
 *   kept says nothing about how often a request may run.
 * - Everything is forgotten at `expiresAt`, except that a claim which a living process has open stays `running` until it
 *   is finished or freed. Bodies are encrypted at rest; tenants never share a key.
 * Errors: `unavailable`; then nothing was claimed, started, kept or freed.
 */
export interface AnswerStore {
  claim(key: AnswerKey, payloadHash: string, lifetime: ClaimLifetime): Promise<ClaimResult>;
  start(key: AnswerKey, callId: string): Promise<void>;
  finish(key: AnswerKey, answer: StoredAnswer | null): Promise<void>;
  free(key: AnswerKey): Promise<void>;
}
