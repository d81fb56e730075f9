import { hash } from "node:crypto";
import {
  type AnswerKey,
  failureOfError,
  httpFailure,
  type HttpFailure,
  type StoredAnswer,
  TenantryError,
} from "@tenantry/core";
import type { Incoming } from "./incoming.ts";
import type { DataPlanePorts } from "./ports.ts";

/** What a call with an `Idempotency-Key` owes its key. Without one nothing is owed. */
export interface Claim {
  /** Whether a finished answer is wanted. */
  readonly keeps: boolean;
  /** Before anything is sent; for `CallInput.beforeFirstAttempt`. */
  begin(callId: string): Promise<void> | void;
  /** The chain has ended: keeps the answer, or with null only that it was made. */
  finish(answer: StoredAnswer | null): Promise<void>;
  /** Nothing was sent. After `begin` the same as `finish(null)`. */
  free(): Promise<void>;
}

export type Claiming =
  | { readonly kind: "go"; readonly claim: Claim }
  | { readonly kind: "replay"; readonly answer: StoredAnswer }
  | { readonly kind: "refused"; readonly failure: HttpFailure };

const longestKey = 255;
const runningRetryMs = 1_000;
const param = "Idempotency-Key";

const nothingOwed: Claiming = {
  kind: "go",
  claim: { keeps: false, begin: () => undefined, finish: async () => {}, free: async () => {} },
};

/** Takes the request's key, or answers what became of it before. */
export async function claimKey(
  ports: DataPlanePorts,
  incoming: Incoming,
  payload: Buffer,
  mayKeep: boolean,
): Promise<Claiming> {
  const given = incoming.req.headers["idempotency-key"];
  if (given === undefined) return nothingOwed;
  if (typeof given !== "string" || !/^[\u0020-\u007e]+$/.test(given) || given.length > longestKey) {
    const message = `${param}: must be 1 to ${longestKey} visible ASCII characters`;
    return { kind: "refused", failure: httpFailure(400, "invalid_request", message, { param }) };
  }
  const key: AnswerKey = { tenantId: incoming.who.tenantId, route: incoming.route, idempotencyKey: given };
  const now = ports.clock.now();
  const { keysRememberedMs, answersKeptMs } = ports.options;
  const lifetime = { expiresAt: now + Math.max(keysRememberedMs, answersKeptMs), keepUntil: now + answersKeptMs };
  try {
    const result = await ports.answers.claim(key, hash("sha256", payload, "hex"), lifetime);
    switch (result.kind) {
      case "claimed":
        return { kind: "go", claim: claimOf(ports, key, mayKeep && answersKeptMs > 0) };
      case "finished":
        return { kind: "replay", answer: result.answer };
      case "mismatch":
        return conflict("idempotency_key_reused", "this Idempotency-Key was used with another body", null);
      case "running":
        return conflict(
          "idempotency_key_in_use",
          "the request with this Idempotency-Key is still running",
          runningRetryMs,
        );
      case "spent":
        return conflict(
          "idempotency_key_spent",
          `a request with this Idempotency-Key was made${result.callId === null ? "" : ` as ${result.callId}`} and its answer is not kept; look the call up, or use another key`,
          null,
        );
    }
  } catch (error) {
    return { kind: "refused", failure: failureOfError(TenantryError.from(error)) };
  }
}

function conflict(code: string, message: string, retryAfterMs: number | null): Claiming {
  const failure = httpFailure(409, code, message, { param, retryAfterMs, shouldRetry: retryAfterMs !== null });
  return { kind: "refused", failure };
}

function claimOf({ answers, options, log }: DataPlanePorts, key: AnswerKey, keeps: boolean): Claim {
  let begun = false;
  // What the store cannot note after the fact must not take the answer away; the claim then ends with this process.
  const quietly = async (work: Promise<void>): Promise<void> =>
    await work.catch((error: unknown) =>
      log.error("idempotency-not-noted", { reason: TenantryError.from(error).message }),
    );
  return {
    keeps,
    async begin(callId) {
      await answers.start(key, callId);
      begun = true;
    },
    async finish(answer) {
      const isKept = keeps && answer !== null && answer.body.byteLength <= options.keptBytes;
      await quietly(begun ? answers.finish(key, isKept ? lasting(answer) : null) : answers.free(key));
    },
    free: async () => await quietly(answers.free(key)),
  };
}

/** What is true of a moment and not of the answer: when to retry, and where the windows stood. */
const momentary = /^(?:retry-after|retry-after-ms|ratelimit|ratelimit-policy|x-ratelimit-.+)$/;

function lasting(answer: StoredAnswer): StoredAnswer {
  const headers = Object.entries(answer.headers).filter(([name]) => !momentary.test(name));
  return { ...answer, headers: Object.fromEntries(headers) };
}
