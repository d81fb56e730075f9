import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../errors/error-code.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { UpstreamFailure } from "../errors/upstream-failure.ts";
import type { Denial, DenialCode } from "../limits/denial.ts";
import { failureHeaders } from "./failure-headers.ts";
import { failureOfDenial, failureOfError } from "./failure-of.ts";
import { limitDetails } from "./limit-details.ts";
import { httpFailure } from "./http-failure.ts";

function denial(code: DenialCode, retryAfterMs: number | null = null): Denial {
  const unlimited = { limitId: null, limit: null, remaining: null, resetAt: null };
  return { code, message: "refused", ...unlimited, waitFor: retryAfterMs === null ? null : "reset", retryAfterMs };
}

function refused(status: number, fault: UpstreamFailure["fault"], retryAfterMs: number | null = null): TenantryError {
  const upstream: UpstreamFailure = {
    kind: "refused",
    provider: "one",
    status,
    providerCode: null,
    requestId: null,
    retryAfterMs,
    fault,
    usage: null,
  };
  return new TenantryError("upstream_error", "the provider refused", { upstream });
}

describe("a denial", () => {
  test.each<[DenialCode, number, string]>([
    ["rate_limited", 429, "rate_limited"],
    ["budget_exceeded", 402, "budget_exceeded"],
    ["unpriced_model", 403, "unpriced_model"],
    ["model_not_in_tier", 403, "model_not_in_tier"],
    ["feature_not_in_tier", 403, "feature_not_in_tier"],
    ["tenant_suspended", 403, "tenant_suspended"],
    ["unknown_tenant", 401, "unauthenticated"],
  ])("%s is %i", (code, status, told) => {
    expect(failureOfDenial(denial(code), { showCost: true })).toMatchObject({ status, code: told, message: "refused" });
  });

  test("that waiting heals leaves retrying to the client, any other forbids it", () => {
    expect(failureOfDenial(denial("rate_limited", 900), { showCost: true })).toMatchObject({
      retryAfterMs: 900,
      shouldRetry: null,
    });
    expect(failureOfDenial(denial("budget_exceeded"), { showCost: true })).toMatchObject({
      retryAfterMs: null,
      shouldRetry: false,
    });
    expect(failureOfDenial(denial("rate_limited", 60_000), { showCost: true })).toMatchObject({ shouldRetry: null });
    expect(failureOfDenial(denial("rate_limited", 60_001), { showCost: true })).toMatchObject({ shouldRetry: false });
  });

  test("of a budget tells what a call may cost, and what is left, only to who may see provider cost", () => {
    const told: Denial = {
      ...denial("budget_exceeded", 1_000),
      message: "may cost $3, $1 left",
      limitId: "month",
      waitFor: "calls-in-flight",
    };
    expect(failureOfDenial(told, { showCost: true }).message).toBe("may cost $3, $1 left");
    for (const reader of [null, { showCost: false }]) {
      expect(failureOfDenial(told, reader).message).toBe(
        "budget month does not cover what this call may cost; calls in flight hold the rest; retry after 1s",
      );
      const atReset = { ...told, waitFor: "reset", retryAfterMs: 3_600_000 } as const;
      expect(failureOfDenial(atReset, reader).message).toBe(
        "budget month does not cover what this call may cost; what is left is too little until its period ends; retry after 1h",
      );
      expect(failureOfDenial({ ...told, waitFor: null, retryAfterMs: null }, reader).message).toMatch(/larger budget$/);
      expect(failureOfError(refused(500, "provider"), told, reader).message).not.toContain("$");
    }
  });

  test("of a limit says in headers and details whether waiting helps, and for what", () => {
    const resetAt = Date.UTC(2026, 1, 1);
    const told: Denial = { ...denial("budget_exceeded", 1_000), limitId: "month", resetAt, waitFor: "calls-in-flight" };
    const soon = failureOfDenial(told, null);
    expect(failureHeaders(soon)).toMatchObject({ "x-tenantry-wait-for": "calls-in-flight", "retry-after": "1" });
    expect(limitDetails(soon)).toEqual({
      limit: "month",
      wait_for: "calls-in-flight",
      retry_after_ms: 1_000,
      reset_at: "2026-02-01T00:00:00.000Z",
    });
    const never = failureOfDenial({ ...told, waitFor: null, resetAt: null, retryAfterMs: null }, null);
    expect(failureHeaders(never)).toEqual({ "x-tenantry-wait-for": "nothing", "x-should-retry": "false" });
    expect(limitDetails(never)).toMatchObject({ wait_for: "nothing", retry_after_ms: null, reset_at: null });
    expect(limitDetails(failureOfDenial(denial("tenant_suspended"), null))).toBeNull();
    expect(limitDetails(failureOfError(refused(500, "provider"), told))).toMatchObject({ limit: "month" });
  });

  test("of a model names its field", () => {
    expect(failureOfDenial(denial("model_not_in_tier"), { showCost: true }).param).toBe("model");
    expect(failureOfDenial(denial("unpriced_model"), { showCost: true }).param).toBe("model");
    expect(failureOfDenial(denial("feature_not_in_tier"), { showCost: true }).param).toBeNull();
  });
});

describe("an error", () => {
  test.each<[ErrorCode, number]>([
    ["invalid_request", 400],
    ["not_found", 404],
    ["conflict", 409],
    ["cancelled", 499],
    ["invalid_configuration", 500],
    ["internal", 500],
    ["upstream_error", 502],
    ["unavailable", 503],
    ["overloaded", 503],
    ["upstream_timeout", 504],
  ])("%s is %i", (code, status) => {
    expect(failureOfError(new TenantryError(code, "what happened"))).toMatchObject({ status, code });
  });

  test("of a store of ours says when to come back; one of the request does not", () => {
    expect(failureOfError(new TenantryError("unavailable", "the store is away")).retryAfterMs).toBe(1_000);
    expect(failureOfError(TenantryError.invalidRequest("model", "is odd"))).toMatchObject({
      param: "model",
      retryAfterMs: null,
    });
  });

  test("that the provider blames on the request keeps the provider's status", () => {
    expect(failureOfError(refused(422, "caller"))).toMatchObject({ status: 422, code: "invalid_request" });
    expect(failureOfError(refused(413, "caller"))).toMatchObject({ status: 413, code: "payload_too_large" });
  });

  test("of the provider or of our account there is 502, whatever its status was", () => {
    expect(failureOfError(refused(500, "provider"))).toMatchObject({ status: 502, code: "upstream_error" });
    expect(failureOfError(refused(401, "account"))).toMatchObject({ status: 502, code: "upstream_error" });
    expect(failureOfError(refused(429, "provider", 2_500)).retryAfterMs).toBe(2_500);
  });

  test("that a budget kept from being tried again says so, and is not for the client to try", () => {
    const failure = failureOfError(refused(500, "provider"), denial("budget_exceeded"));
    expect(failure).toMatchObject({ status: 502, code: "upstream_error", shouldRetry: false });
    expect(failure.message).toContain("budget_exceeded");
  });
});

describe("headers of a failure", () => {
  test("are whole seconds rounded up, and milliseconds", () => {
    const failure = httpFailure(429, "rate_limited", "wait", { retryAfterMs: 1_200.5 });
    expect(failureHeaders(failure)).toEqual({ "retry-after": "2", "retry-after-ms": "1201" });
  });

  test("never say to come back at once", () => {
    const failure = httpFailure(429, "rate_limited", "wait", { retryAfterMs: 0 });
    expect(failureHeaders(failure)).toEqual({ "retry-after": "1", "retry-after-ms": "1" });
  });

  test("say what is known of retrying, and how to show a key", () => {
    expect(failureHeaders(httpFailure(402, "budget_exceeded", "spent", { shouldRetry: false }))).toEqual({
      "x-should-retry": "false",
    });
    expect(failureHeaders(httpFailure(401, "unauthenticated", "who?"))).toHaveProperty("www-authenticate");
    expect(failureHeaders(httpFailure(502, "upstream_error", "failed"))).toEqual({});
  });
});
