import { TenantryError } from "@tenantry/core";
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import type { Attempt } from "./attempt.ts";
import { CarriedFailure, readConnectionFailure } from "./connection-failure.ts";
import {
  toTenantryError,
  translateOpenAIError,
  translateOpenAIErrorChunk,
  type ErrorContext,
  type FailureFacts,
} from "./translate-openai-error.ts";

/** How far the attempt had come when something was thrown. */
export type AttemptProgress = Pick<Attempt, "signal" | "streamed" | "answer">;

/** Whatever the SDK threw while sending a request or reading its answer, as our error. Errors of ours stay as they are. */
export function translateSdkFailure(thrown: unknown, attempt: AttemptProgress, context: ErrorContext): TenantryError {
  const { answer, signal } = attempt;
  if (TenantryError.is(thrown)) return thrown;
  if (thrown instanceof APIError && typeof thrown.status === "number") {
    // The SDK hands on what is inside `error`.
    const { status, headers = new Headers(), error } = thrown;
    return translateOpenAIError({ status, headers, body: { error } }, context);
  }
  if (thrown instanceof APIError && thrown.error !== undefined && answer !== null) {
    return translateOpenAIErrorChunk({ error: thrown.error }, answer, context);
  }
  if (signal.aborted) return interruption(attempt, context);
  if (thrown instanceof APIConnectionTimeoutError) return brokenExchange("timeout", attempt, context);
  if (answer !== null) return unreadable(thrown, attempt, context);
  const cause = thrown instanceof APIConnectionError ? thrown.cause : thrown;
  if (!(cause instanceof CarriedFailure)) return unsendable(cause, context);
  if (TenantryError.is(cause.failure)) return cause.failure;
  const { kind, code } = readConnectionFailure(cause.failure);
  return brokenExchange(kind, attempt, context, code);
}

/**
 * The signal fired. Its reason says who fired it: a TenantryError `upstream_timeout` is the deadline, all else the
 * caller. Before anything was sent it is `not-sent`, and cost nothing.
 */
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

const whatHappened: Readonly<Record<"not-sent" | "timeout" | "reset" | "malformed" | "cut", string>> = {
  "not-sent": "could not be reached",
  timeout: "did not answer in time",
  reset: "lost the connection before its answer was complete",
  malformed: "answered something that cannot be read",
  cut: "ended its stream too early",
};

/** A failure of the connection or of what came over it: the provider's fault, as far as anybody can tell. */
export function brokenExchange(
  kind: keyof typeof whatHappened,
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
  return toTenantryError(facts, context);
}

/** The answer had begun, so the request was sent, whatever the error says. */
function unreadable(thrown: unknown, attempt: AttemptProgress, context: ErrorContext): TenantryError {
  if (thrown instanceof SyntaxError) return brokenExchange("malformed", attempt, context);
  const { kind, code } = readConnectionFailure(thrown);
  const lost = attempt.streamed ? "cut" : "reset";
  return brokenExchange(kind === "timeout" ? kind : lost, attempt, context, code);
}

/** `fetch` was never called: the request itself is at fault (it holds a cycle or a bigint). */
function unsendable(thrown: unknown, context: ErrorContext): TenantryError {
  const message = `was sent nothing: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return toTenantryError({ ...whatIsKnown({ answer: null }), kind: "not-sent", fault: "caller", message }, context);
}

function whatIsKnown({
  answer,
}: Pick<Attempt, "answer">): Pick<FailureFacts, "status" | "providerCode" | "requestId" | "retryAfterMs"> {
  return {
    status: answer?.status ?? null,
    providerCode: null,
    requestId: answer?.headers.get("x-request-id") ?? null,
    retryAfterMs: null,
  };
}
