import { describe, expect, it } from "vitest";
import { translateOpenAIError, translateOpenAIErrorChunk } from "../src/index.ts";
import { readRetryAfterMs } from "../src/translate-openai-error.ts";

const context = { provider: "openai", secrets: ["sk-test-0123456789"] };

function translated(status: number, error: unknown, headers: Record<string, string> = {}) {
  return translateOpenAIError({ status, headers: new Headers(headers), body: { error } }, context);
}

describe("an error answer", () => {
  // https://developers.openai.com/api/docs/guides/error-codes
  it.each([
    [
      400,
      { type: "invalid_request_error", code: "context_length_exceeded" },
      "refused",
      "caller",
      "context_length_exceeded",
    ],
    [400, { type: "invalid_request_error", code: null }, "refused", "caller", "invalid_request_error"],
    [401, { type: "invalid_request_error", code: "invalid_api_key" }, "refused", "account", "invalid_api_key"],
    [402, { code: 402, message: "Insufficient credits" }, "refused", "account", "402"],
    [
      403,
      { code: "unsupported_country_region_territory" },
      "refused",
      "account",
      "unsupported_country_region_territory",
    ],
    [404, { code: "model_not_found" }, "refused", "caller", "model_not_found"],
    [408, {}, "refused", "provider", null],
    [409, {}, "refused", "provider", null],
    [413, {}, "refused", "caller", null],
    [422, {}, "refused", "caller", null],
    [429, { type: "requests", code: "rate_limit_exceeded" }, "refused", "provider", "rate_limit_exceeded"],
    [429, { type: "insufficient_quota", code: "insufficient_quota" }, "refused", "account", "insufficient_quota"],
    [429, { type: "insufficient_quota", code: "billing_limit" }, "refused", "account", "billing_limit"],
    [500, { type: "server_error", code: null }, "server-error", "provider", "server_error"],
    [503, { code: "slow_down" }, "server-error", "provider", "slow_down"],
    [529, {}, "server-error", "provider", null],
    [302, {}, "malformed", "provider", null],
  ] as const)("%i %j is %s, at fault: %s", (status, error, kind, fault, providerCode) => {
    const thrown = translated(status, error);
    expect(thrown).toMatchObject({
      code: "upstream_error",
      upstream: { kind, fault, status, providerCode, usage: null },
    });
    expect(thrown.retryable).toBe(fault === "provider");
  });

  it.each([undefined, null, "<html>Bad gateway</html>", [], { detail: "Not Found" }])(
    "may have any body: %j",
    (body) => {
      const thrown = translateOpenAIError({ status: 502, headers: new Headers(), body }, context);
      expect(thrown).toMatchObject({ upstream: { kind: "server-error", providerCode: null } });
    },
  );

  it("shows the caller what the caller can mend, and nobody the operator's account", () => {
    expect(translated(400, { message: "messages: too long" }).publicMessage).toContain("messages: too long");
    const quota = translated(429, { code: "insufficient_quota", message: "check plan of org-apex" });
    expect(quota.publicMessage).not.toContain("org-apex");
    expect(quota.message).toContain("org-apex");
  });

  it.each([400, 404, 413, 422])("with status %i shows the caller no id of the operator's account", (status) => {
    const message = "Project `proj_aB12` of org-Cd34 (acct_E5) has no such model: o3-org";
    const thrown = translated(status, { message });
    expect(thrown.publicMessage).toContain("Project `[account]` of [account] ([account]) has no such model: o3-org");
    expect(thrown.message).toContain("proj_aB12");
  });

  it.each([
    "Incorrect API key provided: sk-test-0123456789. Find yours online.",
    "Incorrect API key provided: sk-proj-********************abcd.",
  ])("does not repeat a key: %s", (message) => {
    const thrown = translated(401, { message, code: "invalid_api_key" });
    expect(thrown.message).toMatch(/\[secret\]/);
    expect(thrown.message).not.toMatch(/0123456789|abcd/);
  });

  it("repeats a bounded part of a long message", () => {
    expect(translated(400, { message: "x".repeat(100_000) }).message.length).toBeLessThan(600);
  });

  it("inside a stream or a 200 is a server error: work had begun", () => {
    const answer = { status: 200, headers: new Headers({ "x-request-id": "req-1" }) };
    const body = { error: { message: "upstream gone", code: 502 } };
    expect(translateOpenAIErrorChunk(body, answer, context)).toMatchObject({
      retryable: true,
      upstream: { kind: "server-error", providerCode: "502", requestId: "req-1", fault: "provider" },
    });
  });
});

describe("retry-after", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  it.each([
    [{ "retry-after-ms": "1500", "retry-after": "2" }, 1500],
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0.25" }, 250],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "Sun, 01 Mar 2026 12:01:00 GMT" }, 60_000],
    [{ "retry-after": "Sun, 01 Mar 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "" }, null],
    [{ "retry-after-ms": "-5" }, null],
    [{}, null],
  ])("%j is %s ms", (headers, expected) => {
    expect(readRetryAfterMs(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });
});
