import type { ExportAnswer } from "./send-request.ts";

/** What an answer means for the batch it is about. */
export type DeliveryOutcome =
  /** Taken, but for `rejected` of its items. */
  | { readonly kind: "delivered"; readonly rejected: number }
  /** Sending it again would not help. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "too-large" }
  /**
   * Worth another try: after `waitMs` when the collector named a time, else after a backoff. `counts` is whether the
   * batch itself may be the cause, so that it must not be tried for ever.
   */
  | { readonly kind: "later"; readonly reason: string; readonly waitMs: number | null; readonly counts: boolean };

/** Longest pause a collector may ask for: the SDK's own after a 429. */
const maxWaitMs = 15 * 60_000;

export interface AskedFor {
  readonly items: number;
  readonly nowMs: number;
  readonly rejectedIn: (body: Uint8Array) => number;
}

export function toOutcome(answer: ExportAnswer, { items, nowMs, rejectedIn }: AskedFor): DeliveryOutcome {
  if (answer.kind === "failed") return { kind: "later", reason: answer.reason, waitMs: null, counts: false };
  const { status } = answer;
  const reason = `status ${status}`;
  if (status >= 200 && status < 300) {
    return { kind: "delivered", rejected: rejectedOf(answer.body, items, rejectedIn) };
  }
  if (status === 413) return { kind: "too-large" };
  if (status === 429 || status === 503) {
    return { kind: "later", reason, waitMs: readRetryAfter(answer.retryAfter, nowMs), counts: status === 503 };
  }
  if (status === 408 || status >= 500) return { kind: "later", reason, waitMs: null, counts: true };
  return { kind: "refused", reason };
}

/** Milliseconds from a `Retry-After` of seconds or a date; null when there is none that can be read. */
export function readRetryAfter(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const trimmed = text.trim();
  const waitMs = /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) * 1_000 : Date.parse(trimmed) - nowMs;
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), maxWaitMs) : null;
}

/** A body that cannot be read says that everything was taken. */
function rejectedOf(body: string | Uint8Array, items: number, read: AskedFor["rejectedIn"]): number {
  try {
    const rejected = read(typeof body === "string" ? Buffer.from(body) : body);
    return Number.isInteger(rejected) ? Math.min(Math.max(rejected, 0), items) : 0;
  } catch {
    return 0;
  }
}

/** `partialSuccess.rejectedSpans` of an answer in JSON. */
export function rejectedInJson(body: Uint8Array): number {
  const parsed = JSON.parse(Buffer.from(body).toString("utf8")) as {
    partialSuccess?: { rejectedSpans?: unknown };
  } | null;
  return Number(parsed?.partialSuccess?.rejectedSpans ?? 0);
}
