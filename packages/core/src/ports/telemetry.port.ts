import type { BudgetEvent } from "../budgets/budget-event.ts";
import type { CallRecord } from "../metering/call-record.ts";
import type { Attribution, LedgerLine } from "../metering/ledger-line.ts";
import type { DenialCode } from "../limits/denial.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { Objective } from "../sla/objective.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { ChatMessage, ToolCall, ToolDefinition } from "../calls/chat-request.ts";

/** What is known when a call starts. */
export interface CallStart extends Attribution {
  readonly callId: string;
  /** Name of the span: `meeting-summarization`. */
  readonly operation: string;
  readonly tierId: string;
  /** First model of the route. */
  readonly model: ModelRef;
  /** W3C `traceparent` of the caller; null joins the active span where there is one, and else starts a trace. */
  readonly traceparent: string | null;
}

/** What is known when a call ends. `costPico` is null when a part of it is unknown. */
export interface CallEnd {
  readonly record: CallRecord;
  readonly lines: readonly LedgerLine[];
  readonly costPico: PicoUsd | null;
  readonly objectives: readonly Objective[];
  /** Shares of budgets that this call's spending reached; told once each, so they belong to this call alone. */
  readonly budgetEvents: readonly BudgetEvent[];
}

export interface AttemptStart {
  readonly attemptId: string;
  readonly ordinal: number;
  readonly target: ModelRef;
  /** `chat`, `embedding`, `response`. */
  readonly kind: string;
  readonly streamed: boolean;
  readonly request: {
    readonly temperature: number | null;
    readonly topP: number | null;
    readonly maxOutputTokens: number;
  };
  /** Set only where the tier allows content to be traced (R10). */
  readonly messages: readonly ChatMessage[] | null;
  /** Tools the model may call. Set only where the tier allows content to be traced (R10). */
  readonly tools: readonly ToolDefinition[] | null;
}

export interface AttemptEnd {
  readonly line: LedgerLine;
  /** In core's words (`stop`, `length`); null when the attempt did not finish. */
  readonly finishReason: string | null;
  /** Attempt start to first byte for the caller, ms, monotonic; null where the caller was given none. */
  readonly ttftMs: number | null;
  /** The provider's message, for failed attempts. */
  readonly error: string | null;
  /** Set only where the tier allows content to be traced (R10). */
  readonly text: string | null;
  /** Tools the model called. Set only where the tier allows content to be traced (R10). */
  readonly toolCalls: readonly ToolCall[] | null;
}

export interface AttemptSpan {
  /** Runs `work` with this span as the active one, so that spans made inside become its children. */
  within<T>(work: () => T): T;
  /** At most once counts; later calls change nothing. */
  end(end: AttemptEnd): void;
}

/** Why a call was not made. Every `Denial` is one. */
export interface CallRefusal {
  readonly code: DenialCode | "unavailable";
  readonly message: string;
  /** The limit or budget that said no, if one did. */
  readonly limitId: string | null;
}

export interface CallSpan {
  startAttempt(start: AttemptStart): AttemptSpan;
  end(end: CallEnd): void;
  /** Ends the span of a call that was not made: denied, or refused because a store of ours is `unavailable`. */
  deny(refusal: CallRefusal): void;
}

/**
 * Watches calls. It never changes a result and never adds latency or memory without bound (R9): no method throws,
 * blocks or awaits a network; what it cannot keep it drops and counts.
 *
 * The tenant is an argument here and is scoped to the span: there is no "set tenant", and interleaved calls never see
 * each other's ids (R4).
 */
export interface Telemetry {
  startCall(start: CallStart): CallSpan;
  /** Sends what is queued; resolves after delivery or `deadlineMs`, whichever is first. Never rejects. */
  flush(deadlineMs: number): Promise<void>;
  /** `flush`, then stops for good. Idempotent. */
  close(deadlineMs: number): Promise<void>;
  /** Counts since the start. `dropped` is spans that will never arrive. */
  counts(): { readonly sent: number; readonly dropped: number; readonly queued: number };
}
