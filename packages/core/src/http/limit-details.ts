import { formatInstant } from "../time/instant.ts";
import type { HttpFailure } from "./http-failure.ts";

/** What an error's body says of the limit that said no, beside the words for people. */
export interface LimitDetails {
  readonly limit: string;
  /** `nothing`: waiting does not help. */
  readonly wait_for: "calls-in-flight" | "reset" | "nothing";
  readonly retry_after_ms: number | null;
  /** When the count is back to what this call needs; null where nobody knows or waiting does not help. */
  readonly reset_at: string | null;
}

/** Null where no limit said no. */
export function limitDetails({ limit, retryAfterMs }: HttpFailure): LimitDetails | null {
  if (limit === undefined) return null;
  const { limitId, waitFor, resetAt } = limit;
  return {
    limit: limitId,
    wait_for: waitFor ?? "nothing",
    retry_after_ms: retryAfterMs,
    reset_at: resetAt === null ? null : formatInstant(resetAt),
  };
}
