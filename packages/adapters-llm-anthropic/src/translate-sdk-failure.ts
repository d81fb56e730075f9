import { APIConnectionError, APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { TenantryError, type UpstreamFailureKind } from "@tenantry/core";
import type { Attempt } from "./attempt.ts";
import { CarriedFailure, readConnectionFailure } from "./connection-failure.ts";
import {
  toTenantryError,
  translateAnthropicError,
  translateAnthropicErrorEvent,
  type ErrorContext,
  type FailureFacts,
} from "./translate-anthropic-error.ts";

/** How far the attempt had come when something was thrown. */
export type AttemptProgress = Pick<Attempt, "signal" | "streamed" | "answer">;

/** Whatever the SDK threw while sending a request or reading its answer, as our error. Errors of ours stay as they are. */
export function translateSdkFailure(error: unknown, attempt: AttemptProgress, context: ErrorContext): TenantryError {
  const { answer, signal } = attempt;
  if (TenantryError.is(error)) return error;
  if (error instanceof APIError && typeof error.status === "number") {
    const { status, headers = new Headers(), error: body } = error;
    return translateAnthropicError({ status, headers, body }, context);
  }
  if (error instanceof APIError && error.error !== undefined && answer !== null) {
    return translateAnthropicErrorEvent(error.error, answer, context);
  }
  if (signal.aborted) return interruption(attempt, context);
  if (error instanceof APIConnectionTimeoutError) return brokenExchange("timeout", attempt, context);
  const thrown = error instanceof APIConnectionError ? error.cause : error;
  if (answer !== null) return unreadable(thrown, attempt, context);
  if (!(thrown instanceof CarriedFailure)) return unsendable(thrown, context);
  if (TenantryError.is(thrown.failure)) return thrown.failure;
  const { kind, code } = readConnectionFailure(thrown.failure);
  return brokenExchange(kind, attempt, context, code);
}

/** The signal fired: the deadline passed when its reason says so, else the caller gave up. */
export function interruption(attempt: AttemptProgress, context: ErrorContext, sent: boolean = true): TenantryError {
  const { reason } = attempt.signal;
  const late = TenantryError.is(reason) && reason.code === "upstream_timeout";
  const facts: FailureFacts = {
    ...whatIsKnown(attempt),
    code: late ? "upstream_timeout" : "cancelled",
    kind: sent ? (late ? "timeout" : "aborted") : "not-sent",
    fault: late ? "provider" : "caller",
    message: late ? whatHappened.timeout : "is not waited for any longer",
  };
  return toTenantryError(facts, context);
}

type BrokenKind = Exclude<UpstreamFailureKind, "refused" | "server-error" | "aborted">;

const whatHappened: Readonly<Record<BrokenKind, string>> = {
  "not-sent": "could not be reached",
  timeout: "did not answer in time",
  reset: "lost the connection before its answer was complete",
  malformed: "answered something that cannot be read",
  cut: "ended its stream too early",
};

/** A failure of the connection or of what came over it: the provider's fault, as far as anybody can tell. */
export function brokenExchange(
  kind: BrokenKind,
  attempt: AttemptProgress,
  context: ErrorContext,
  systemCode: string | null = null,
): TenantryError {
  const facts: FailureFacts = {
    ...whatIsKnown(attempt),
    code: kind === "timeout" ? "upstream_timeout" : "upstream_error",
    kind,
    fault: "provider",
    message: whatHappened[kind] + (systemCode === null ? "" : ` (${systemCode})`),
  };
  // Who writes what cannot be read is not believed about tokens either.
  return toTenantryError(facts, kind === "malformed" ? { ...context, usage: null } : context);
}

/** The answer had begun, so the request was sent, whatever the error says. */
function unreadable(error: unknown, attempt: AttemptProgress, context: ErrorContext): TenantryError {
  if (error instanceof SyntaxError) return brokenExchange("malformed", attempt, context);
  const { kind, code } = readConnectionFailure(error);
  const lost = attempt.streamed ? "cut" : "reset";
  return brokenExchange(kind === "timeout" ? kind : lost, attempt, context, code);
}

/** `fetch` was never called: the request itself is at fault. */
function unsendable(error: unknown, context: ErrorContext): TenantryError {
  const message = `was sent nothing: ${error instanceof Error ? error.message : String(error)}`;
  return toTenantryError({ ...whatIsKnown({ answer: null }), kind: "not-sent", fault: "caller", message }, context);
}

function whatIsKnown({
  answer,
}: Pick<Attempt, "answer">): Pick<FailureFacts, "status" | "providerCode" | "requestId" | "retryAfterMs"> {
  return {
    status: answer?.status ?? null,
    providerCode: null,
    requestId: answer?.headers.get("request-id") ?? null,
    retryAfterMs: null,
  };
}
