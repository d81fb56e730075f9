import type { TenantryError } from "@tenantry/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { translateAnthropicError, translateAnthropicErrorEvent } from "./translate-anthropic-error.ts";

const context = { provider: "anthropic", secrets: ["a-key-of-some-gateway", ""] };

// https://platform.claude.com/docs/en/api/errors
function bodyOf(type: string, message = "the reason", details: unknown = null): unknown {
  return { type: "error", error: { type, message, details }, request_id: "req_011C" };
}

function translate(status: number, body: unknown, headers: Record<string, string> = {}): TenantryError {
  return translateAnthropicError({ status, headers: new Headers(headers), body }, context);
}

describe("an error answer", () => {
  it.each([
    [400, "invalid_request_error", "refused", "caller", false],
    [401, "authentication_error", "refused", "account", false],
    [402, "billing_error", "refused", "account", false],
    [403, "permission_error", "refused", "account", false],
    [404, "not_found_error", "refused", "caller", false],
    [408, "timeout_error", "refused", "provider", true],
    [413, "request_too_large", "refused", "caller", false],
    [422, "invalid_request_error", "refused", "caller", false],
    [429, "rate_limit_error", "refused", "provider", true],
    [500, "api_error", "server-error", "provider", true],
    [504, "timeout_error", "server-error", "provider", true],
    [529, "overloaded_error", "server-error", "provider", true],
  ] as const)("%i %s is %s, the fault of the %s", (status, type, kind, fault, retryable) => {
    const error = translate(status, bodyOf(type), { "request-id": "req_1" });
    expect(error).toMatchObject({ code: "upstream_error", retryable });
    expect(error.upstream).toEqual({
      kind,
      provider: "anthropic",
      status,
      providerCode: type,
      requestId: "req_1",
      retryAfterMs: null,
      fault,
      usage: null,
    });
  });

  it("that is about the account is the account's fault, under whatever status it comes", () => {
    const empty = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.";
    expect(translate(400, bodyOf("invalid_request_error", empty)).upstream?.fault).toBe("account");
    const details = { error_code: "code_of_tomorrow" };
    expect(translate(400, bodyOf("billing_error", "spent", details)).upstream?.fault).toBe("account");
    const limit = bodyOf("rate_limit_error", "spent", { error_code: "enforced_spend_limit_reached" });
    expect(translate(429, limit).upstream).toMatchObject({
      fault: "account",
      providerCode: "enforced_spend_limit_reached",
    });
  });

  it.each([
    ["a page", "<html>Bad gateway</html>"],
    ["nothing", undefined],
    ["another service's JSON", { message: "no" }],
  ])("whose body is %s is classified by its status, and the body is not repeated", (_name, body) => {
    const error = translate(502, body);
    expect(error.upstream).toMatchObject({
      kind: "server-error",
      fault: "provider",
      providerCode: null,
      requestId: null,
    });
    expect(error.message).toBe("anthropic answered 502");
  });

  it("shows the provider's words to the public only when the caller can mend it", () => {
    expect(translate(400, bodyOf("invalid_request_error")).publicMessage).toBe("anthropic answered 400: the reason");
    for (const status of [401, 402, 403, 429, 500]) {
      const error = translate(status, bodyOf("api_error"));
      expect(error.message).toContain("the reason");
      expect(error.publicMessage).not.toContain("the reason");
    }
  });

  it.each([400, 404, 413, 422])("with status %i shows the caller no id of the operator's account", (status) => {
    const words = "organization 01234567-89ab-cdef-0123-456789abcdef, org_Ab1, workspace wrkspc_01Cd: no such model";
    const error = translate(status, bodyOf("invalid_request_error", words));
    expect(error.publicMessage).toContain("organization [account], [account], workspace [account]: no such model");
    expect(error.message).toContain("wrkspc_01Cd");
  });

  it("never shows a secret, nor more than the beginning of a long message", () => {
    const message = "no such key: a-key-of-some-gateway, sk-ant-api03-AbC_9-x";
    expect(translate(400, bodyOf("invalid_request_error", message)).message).toBe(
      "anthropic answered 400: no such key: [secret], [secret]",
    );
    expect(translate(400, bodyOf("invalid_request_error", "x".repeat(100_000))).message.length).toBeLessThan(600);
  });
});

describe("the wait an error asks for", () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12, 0, 0) }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": "Mon, 23 Nov 2026 12:02:00 GMT" }, 120_000],
    [{ "retry-after": "Mon, 23 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
    [{ "retry-after-ms": "soon", "retry-after": "7" }, 7000],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "-7" }, null],
    [{ "retry-after": "" }, null],
    [{}, null],
  ])("%j is %s ms", (headers, ms) => {
    const error = translate(429, bodyOf("rate_limit_error"), headers as Record<string, string>);
    expect([error.upstream?.retryAfterMs, error.retryAfterMs]).toEqual([ms, ms]);
  });
});

describe("an error in the middle of a stream", () => {
  const answer = { status: 200, headers: new Headers({ "request-id": "req_1" }) };

  it.each([
    ["overloaded_error", "provider", true],
    ["api_error", "provider", true],
    ["rate_limit_error", "provider", true],
    ["invalid_request_error", "caller", false],
    ["billing_error", "account", false],
    ["error_of_tomorrow", "provider", true],
  ] as const)("%s may have been billed, and is the fault of the %s", (type, fault, retryable) => {
    const usage = null;
    const error = translateAnthropicErrorEvent(bodyOf(type, "Overloaded"), answer, { ...context, usage });
    expect(error).toMatchObject({ code: "upstream_error", retryable });
    expect(error.upstream).toMatchObject({
      kind: "server-error",
      status: 200,
      providerCode: type,
      requestId: "req_1",
      fault,
    });
  });

  it("that cannot be read is still one", () => {
    expect(translateAnthropicErrorEvent("overloaded", answer, context).upstream).toMatchObject({
      kind: "server-error",
      providerCode: null,
      fault: "provider",
    });
  });
});
