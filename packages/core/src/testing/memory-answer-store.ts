import { TenantryError } from "../errors/tenantry-error.ts";
import type { AnswerKey, AnswerStore, ClaimResult, StoredAnswer } from "../ports/answer-store.port.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { Instant } from "../time/instant.ts";
import { type MemoryClaim, type MemoryOwnerOptions, ownerOf, refuseReadOnly } from "./memory-state.ts";

export interface MemoryAnswerStoreOptions extends MemoryOwnerOptions {
  readonly clock: Clock;
}

/** Answers in memory; nothing is at rest anywhere. What has expired is dropped with the next claim. */
export function createMemoryAnswerStore(options: MemoryAnswerStoreOptions): AnswerStore {
  const { clock } = options;
  const { state, owner, isAlive } = ownerOf(options);
  const { claims } = state;

  const isOpen = (claim: MemoryClaim): boolean => claim.state !== "ended" && isAlive(claim.owner);

  function isForgotten(claim: MemoryClaim, now: Instant): boolean {
    if (isOpen(claim)) return false;
    return claim.expiresAt <= now || claim.state === "claimed";
  }

  /** The claim that this process has open. */
  function own(key: AnswerKey): MemoryClaim | null {
    const claim = claims.get(nameOf(key));
    return claim?.owner === owner && claim.state !== "ended" ? claim : null;
  }

  return {
    async claim(key, payloadHash, { expiresAt, keepUntil }) {
      refuseReadOnly(state);
      const now = clock.now();
      for (const [name, claim] of claims) if (isForgotten(claim, now)) claims.delete(name);
      for (const claim of claims.values()) if (claim.keepUntil <= now) claim.answer = null;
      const known = claims.get(nameOf(key));
      if (known !== undefined) return resultOf(known, payloadHash, isOpen(known));
      const claim = { owner, payloadHash, expiresAt, keepUntil, callId: null, answer: null };
      claims.set(nameOf(key), { ...claim, state: "claimed" });
      return { kind: "claimed" };
    },
    async start(key, callId) {
      refuseReadOnly(state);
      const claim = own(key);
      if (claim === null || (claim.state === "started" && claim.callId !== callId)) {
        throw new TenantryError("conflict", `call ${callId} has no claim to start`);
      }
      claim.state = "started";
      claim.callId = callId;
    },
    async finish(key, answer) {
      refuseReadOnly(state);
      const claim = own(key);
      if (claim === null) return;
      claim.state = "ended";
      claim.callId = answer?.callId ?? claim.callId;
      claim.answer = answer === null ? null : copyOf(answer);
    },
    async free(key) {
      refuseReadOnly(state);
      const claim = own(key);
      if (claim?.state === "started") claim.state = "ended";
      else if (claim !== null) claims.delete(nameOf(key));
    },
  };
}

function nameOf({ tenantId, route, idempotencyKey }: AnswerKey): string {
  return JSON.stringify([tenantId, route, idempotencyKey]);
}

function resultOf(claim: MemoryClaim, payloadHash: string, isOpen: boolean): ClaimResult {
  const { callId, answer } = claim;
  if (claim.payloadHash !== payloadHash) return { kind: "mismatch" };
  if (isOpen) return { kind: "running", callId };
  return answer === null ? { kind: "spent", callId } : { kind: "finished", answer: copyOf(answer) };
}

/** Callers own their buffers before and after. */
function copyOf(answer: StoredAnswer): StoredAnswer {
  return { ...answer, headers: { ...answer.headers }, body: answer.body.slice() };
}
