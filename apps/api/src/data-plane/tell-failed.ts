import {
  type CallRecord,
  type Denial,
  failureOfError,
  formatModelRef,
  type LedgerLine,
  type Policy,
  type TenantryError,
} from "@tenantry/core";
import { sendJson } from "../http/send.ts";
import type { Claim } from "./idempotency.ts";
import { failureAnswer, type Incoming } from "./incoming.ts";

/** A call that was made and has no answer. */
export interface FailedCall {
  readonly callId: string;
  readonly error: TenantryError;
  readonly denial: Denial | null;
}

/** A failure whose cost is known is an answer, and is kept as one; one of unknown cost is never repeated. */
export async function tellFailed(
  { note, protocol, res }: Incoming,
  claim: Claim,
  { callId, error, denial }: FailedCall,
  policy: Policy | null,
  { record, lines }: { readonly record: CallRecord; readonly lines: readonly LedgerLine[] },
): Promise<void> {
  note.callId = callId;
  note.model = formatModelRef(record.model);
  note.attempts = record.attempts;
  const failure = failureOfError(error, denial, policy);
  note.code = failure.code;
  const answer = failureAnswer(protocol, failure, callId, {
    "x-tenantry-model": note.model,
    "x-tenantry-attempts": String(note.attempts),
  });
  const isKnown = error.code !== "cancelled" && lines.every(({ source }) => source !== "unknown");
  const headers = { "content-type": "application/json", ...answer.headers };
  await claim.finish(
    isKnown ? { callId, status: answer.status, headers, body: Buffer.from(JSON.stringify(answer.body)) } : null,
  );
  sendJson(res, answer.status, answer.headers, answer.body);
}
