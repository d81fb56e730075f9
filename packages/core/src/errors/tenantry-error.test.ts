import { describe, expect, it } from "vitest";
import { formatIssues } from "./issue.ts";
import { TenantryError } from "./tenantry-error.ts";
import type { UpstreamFailure } from "./upstream-failure.ts";

const upstream: UpstreamFailure = {
  kind: "reset",
  provider: "acme",
  status: null,
  providerCode: null,
  requestId: "req-1",
  retryAfterMs: null,
  fault: "provider",
  usage: null,
};

describe("an error of ours", () => {
  it("says only what it was told, and is not retryable unless it says so", () => {
    const error = new TenantryError("conflict", "the id is taken");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "TenantryError",
      code: "conflict",
      message: "the id is taken",
      publicMessage: "the id is taken",
      retryable: false,
      retryAfterMs: null,
      issues: [],
      upstream: null,
    });
    expect("cause" in error).toBe(false);
  });

  it("carries everything it was told", () => {
    const cause = new Error("socket");
    const issues = [{ path: "a", message: "b" }];
    const error = new TenantryError("upstream_error", "host 10.0.0.7 reset", {
      publicMessage: "the provider failed",
      retryable: true,
      retryAfterMs: 0,
      issues,
      upstream,
      cause,
    });
    expect(error).toMatchObject({
      message: "host 10.0.0.7 reset",
      publicMessage: "the provider failed",
      retryable: true,
      retryAfterMs: 0,
      issues,
      upstream,
      cause,
    });
  });

  it("is known by its brand, also from another copy of the package", () => {
    const foreign = Object.assign(new Error("from another copy"), { brand: "@tenantry/error" });
    expect(TenantryError.is(new TenantryError("internal", ""))).toBe(true);
    expect(TenantryError.is(foreign)).toBe(true);
    for (const other of [null, undefined, "@tenantry/error", 5, {}, new Error("x"), { brand: "other" }]) {
      expect(TenantryError.is(other)).toBe(false);
    }
  });
});

describe("anything thrown", () => {
  it("stays itself when it is ours", () => {
    const error = new TenantryError("not_found", "no such tenant");
    expect(TenantryError.from(error)).toBe(error);
  });

  it.each<[string, unknown, string]>([
    ["an error", new TypeError("x is not a function at secret.ts"), "x is not a function at secret.ts"],
    ["a text", "boom", "boom"],
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
  ])("becomes internal, with its words kept from the public: %s", (_name, thrown, message) => {
    const error = TenantryError.from(thrown);
    expect(error).toMatchObject({ code: "internal", message, publicMessage: "internal error", retryable: false });
    expect(error.cause).toBe(thrown);
  });
});

describe("a configuration or request that cannot be used", () => {
  it("lists every problem, one a line, with its place", () => {
    const issues = [
      { path: "tiers.gold", message: "must be an object" },
      { path: "", message: "is empty" },
    ];
    expect(formatIssues(issues)).toBe("tiers.gold: must be an object\nis empty");
    const error = TenantryError.invalidConfiguration(issues);
    expect(error.code).toBe("invalid_configuration");
    expect(error.message).toBe("2 problems in the configuration:\ntiers.gold: must be an object\nis empty");
    expect(error.issues).toEqual(issues);
    expect(TenantryError.invalidConfiguration(issues.slice(1)).message).toBe(
      "1 problem in the configuration:\nis empty",
    );
    expect(formatIssues([])).toBe("");
  });

  it("names the field", () => {
    const error = TenantryError.invalidRequest("userId", "must not be empty");
    expect(error).toMatchObject({
      code: "invalid_request",
      message: "userId: must not be empty",
      publicMessage: "userId: must not be empty",
      issues: [{ path: "userId", message: "must not be empty" }],
    });
  });
});
