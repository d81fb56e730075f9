import { formatUsd } from "../money/decimal.ts";
import type { Refusal } from "../ports/limit-store.port.ts";
import { formatDuration } from "../time/duration.ts";
import { formatInstant, type Instant } from "../time/instant.ts";
import type { Denial } from "./denial.ts";

/** Waiting for a place among calls in flight: nobody knows how long, a second is a fair guess. */
const leaseRetryMs = 1_000;

/** What a store's refusal means for the caller. */
export function refusalToDenial(refusal: Refusal, now: Instant): Denial {
  switch (refusal.kind) {
    case "window": {
      const retryAfterMs = refusal.fitsAt === null ? null : Math.max(0, refusal.fitsAt - now);
      return {
        code: "rate_limited",
        message:
          retryAfterMs === null
            ? refusal.capacity === 0
              ? admitsNothing(refusal.limitId)
              : `this call alone needs more ${refusal.metric} than the limit ${refusal.limitId} of ${refusal.capacity} allows; make it smaller`
            : `limit ${refusal.limitId} of ${refusal.capacity} ${refusal.metric} is used up; retry after ${seconds(retryAfterMs)}`,
        limitId: refusal.limitId,
        limit: refusal.capacity,
        remaining: refusal.remaining,
        resetAt: refusal.fitsAt,
        waitFor: retryAfterMs === null ? null : "reset",
        retryAfterMs,
      };
    }
    case "lease": {
      // Where there is no place at all, none gets free.
      const isNever = refusal.capacity === 0;
      return {
        code: "rate_limited",
        message: isNever
          ? admitsNothing(refusal.limitId)
          : `${refusal.capacity} calls are in flight, the most ${refusal.limitId} allows; retry when one has ended`,
        limitId: refusal.limitId,
        limit: refusal.capacity,
        remaining: 0,
        resetAt: isNever ? null : now + leaseRetryMs,
        waitFor: isNever ? null : "calls-in-flight",
        retryAfterMs: isNever ? null : leaseRetryMs,
      };
    }
    case "budget":
      return budgetDenial(refusal, now);
  }
}

function admitsNothing(limitId: string): string {
  return `limit ${limitId} of 0 admits no call; ask for a larger one`;
}

function budgetDenial(refusal: Extract<Refusal, { kind: "budget" }>, now: Instant): Denial {
  const left = refusal.limitPico - refusal.spentPico - refusal.heldPico;
  const remaining = left < 0n ? 0n : left;
  const { waitFor, retryAfterMs } = waitOf(refusal, now);
  const help =
    waitFor === null
      ? "ask for less output or a larger budget"
      : waitFor === "calls-in-flight"
        ? "calls in flight hold the rest; retry in a moment"
        : `it is full again at ${formatInstant(refusal.resetAt ?? now)}`;
  return {
    code: "budget_exceeded",
    message:
      `this call may cost up to $${formatUsd(refusal.amountPico)}, and budget ${refusal.budgetId} ` +
      `of $${formatUsd(refusal.limitPico)} has $${formatUsd(remaining)} left; ${help}`,
    limitId: refusal.budgetId,
    limit: formatUsd(refusal.limitPico),
    remaining: formatUsd(remaining),
    resetAt: refusal.resetAt,
    waitFor,
    retryAfterMs,
  };
}

/** Money held by calls in flight may come back within moments; spent money only when its period or window ends. */
function waitOf(
  { limitPico, spentPico, amountPico, resetAt }: Extract<Refusal, { kind: "budget" }>,
  now: Instant,
): Pick<Denial, "waitFor" | "retryAfterMs"> {
  if (spentPico + amountPico <= limitPico) return { waitFor: "calls-in-flight", retryAfterMs: leaseRetryMs };
  if (resetAt === null || amountPico > limitPico) return { waitFor: null, retryAfterMs: null };
  return { waitFor: "reset", retryAfterMs: Math.max(0, resetAt - now) };
}

function seconds(ms: number): string {
  return formatDuration(Math.max(1, Math.ceil(ms / 1000)) * 1000);
}
