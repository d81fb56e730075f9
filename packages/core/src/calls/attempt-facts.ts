import type { TenantryError } from "../errors/tenantry-error.ts";
import type { UpstreamFailure } from "../errors/upstream-failure.ts";
import type { AttemptOutcome, UsageSource } from "../metering/ledger-line.ts";
import type { Reading } from "../ports/exchange.ts";
import { noTokens, tokensProblem, type Usage } from "../pricing/usage.ts";

/** What an attempt came to, before it is priced. */
export interface AttemptFacts {
  readonly outcome: AttemptOutcome;
  readonly source: UsageSource;
  /** Null with source `unknown`, and with `estimated` until it has been counted. */
  readonly usage: Usage | null;
}

const nothingUsed: Usage = { tokens: noTokens, fees: {}, serviceTier: "standard" };

/**
 * The outcome table (DESIGN, Decisions: Outcomes):
 *
 * | what happened                                        | outcome          | usage                       |
 * | ---------------------------------------------------- | ---------------- | --------------------------- |
 * | answered, usage reported                             | ok               | measured                    |
 * | answered, no usage                                   | ok               | estimated: counted by us    |
 * | refused before work, or nothing sent                 | refused/not-sent | measured 0                  |
 * | stream broke off or was aborted after it had begun   | cut/aborted/…    | estimated: a report may be  |
 * |                                                      |                  | of its beginning alone      |
 * | failed before that, usage reported all the same      | by the failure   | measured                    |
 * | anything else after the first byte was sent          | by the failure   | unknown, never 0            |
 */
export function attemptFacts(reading: Reading | null, error: TenantryError | null): AttemptFacts {
  if (error === null) {
    const usage = reading === null ? null : reliableUsage(reading.usage);
    return { outcome: "ok", source: usage === null ? "estimated" : "measured", usage };
  }
  const failure = error.upstream;
  if (failure === null) return { outcome: "failed", source: "unknown", usage: null };
  const outcome = outcomeOf(failure);
  if (failure.kind === "refused" || failure.kind === "not-sent")
    return { outcome, source: "measured", usage: nothingUsed };
  const begun = reading !== null && (reading.responseId !== null || reading.usage !== null || reading.begun);
  if (begun) return { outcome, source: "estimated", usage: null };
  const reported = reliableUsage(failure.usage);
  return { outcome, source: reported === null ? "unknown" : "measured", usage: reported };
}

/** A report that is no count of anything is no report (R6). */
export function reliableUsage(usage: Usage | null): Usage | null {
  if (usage === null || tokensProblem(usage.tokens) !== null) return null;
  return Object.values(usage.fees).every((units) => Number.isSafeInteger(units) && units >= 0) ? usage : null;
}

function outcomeOf(failure: UpstreamFailure): AttemptOutcome {
  switch (failure.kind) {
    case "refused":
      return "refused";
    case "not-sent":
      return "not-sent";
    case "timeout":
      return "timeout";
    case "aborted":
      return "aborted";
    case "cut":
      return "cut";
    case "server-error":
    case "reset":
    case "malformed":
      return "failed";
  }
}
