import type { Attribution } from "../metering/ledger-line.ts";
import type { CancelSignal } from "../ports/cancel-signal.ts";
import { idProblem } from "../ids/external-id.ts";
import { tenantIdProblem } from "../tenancy/unattributed.ts";
import { TenantryError } from "../errors/tenantry-error.ts";

/** Who makes a call, for what, and on which terms. */
export interface CallInput {
  readonly tenantId: string;
  readonly userId?: string;
  readonly sessionId?: string;
  /** What the call is for (`meeting-summary`). Cost groups by it. */
  readonly feature?: string;
  /** Features of the tier it makes use of; absent means all the tier has. */
  readonly features?: readonly string[];
  /** The key that made the call, when one did. */
  readonly keyId?: string;
  /** Name of the operation, for telemetry. Default: the feature, or `call`. */
  readonly operation?: string;
  /** A model of the tier, as `provider/model` or by its bare name. Absent or `default`: the tier's route. */
  readonly model?: string;
  /** Shortens the tier's time for the whole call, ms. */
  readonly timeoutMs?: number;
  readonly signal?: CancelSignal;
  /** W3C trace context of the caller. */
  readonly traceparent?: string;
  /**
   * Told once, before the first intent is written, in the same turn; nothing is sent before it resolves. When it throws, nothing is sent and the call
   * ends with that error at no cost.
   */
  readonly beforeFirstAttempt?: (callId: string) => Promise<void> | void;
}

/** The ids of a call, checked, and its time limit. Throws `invalid_request` that names the field. */
export function attributionOf(input: CallInput, featuresUsed: readonly string[]): Attribution {
  for (const field of ["tenantId", "userId", "sessionId", "feature", "keyId"] as const) {
    const id: unknown = input[field];
    if (id === undefined && field !== "tenantId") continue;
    const check = field === "tenantId" ? tenantIdProblem : idProblem;
    const problem = typeof id === "string" ? check(id) : "must be a text";
    if (problem !== null) throw TenantryError.invalidRequest(field, problem);
  }
  const { timeoutMs } = input;
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
    throw TenantryError.invalidRequest("timeoutMs", `must be a number above 0, not ${String(timeoutMs)}`);
  }
  return {
    tenantId: input.tenantId,
    userId: input.userId ?? null,
    sessionId: input.sessionId ?? null,
    feature: input.feature ?? null,
    featuresUsed: [...new Set(featuresUsed)].sort(),
    keyId: input.keyId ?? null,
  };
}
