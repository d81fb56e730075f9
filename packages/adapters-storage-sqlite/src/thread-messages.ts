import { type ErrorCode, type Issue, TenantryError } from "@tenantry/core";
import type { UsageReadings } from "./usage-readings.ts";

/** What the thread is started with. */
export interface ThreadStart {
  readonly path: string;
  readonly busyTimeoutMs: number;
}

export interface Question {
  readonly id: number;
  readonly method: keyof UsageReadings;
  readonly values: readonly unknown[];
}

/** `checkpoint` is answered by `checkpointed`, `close` by the end of the thread. */
export type ThreadRequest = Question | "checkpoint" | "close";

export type ThreadAnswer =
  | "checkpointed"
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: SentError };

/** An error as it crosses threads, where its class would be lost. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly publicMessage: string;
  readonly retryable: boolean;
  readonly issues: readonly Issue[];
}

export function toSentError({ code, message, publicMessage, retryable, issues }: TenantryError): SentError {
  return { code, message, publicMessage, retryable, issues };
}

export function fromSentError({ code, message, publicMessage, retryable, issues }: SentError): TenantryError {
  return new TenantryError(code, message, { publicMessage, retryable, issues });
}
