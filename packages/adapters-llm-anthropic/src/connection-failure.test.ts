import { describe, expect, it } from "vitest";
import { carryFailures, CarriedFailure, readConnectionFailure } from "./connection-failure.ts";

function fetchFailed(...causes: readonly object[]): Error {
  const cause = causes.reduceRight<unknown>(
    (inner, outer) => Object.assign(new Error("cause", { cause: inner }), outer),
    undefined,
  );
  return new TypeError("fetch failed", { cause });
}

describe("a connection that failed", () => {
  it.each([
    [{ code: "ECONNREFUSED" }, "not-sent"],
    [{ code: "ENOTFOUND", syscall: "getaddrinfo" }, "not-sent"],
    [{ code: "EAI_AGAIN" }, "not-sent"],
    [{ code: "EHOSTUNREACH" }, "not-sent"],
    [{ code: "ETIMEDOUT", syscall: "connect" }, "not-sent"],
    [{ code: "UND_ERR_CONNECT_TIMEOUT" }, "not-sent"],
    [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "not-sent"],
    [{ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }, "not-sent"],
    [{ code: "CERT_HAS_EXPIRED" }, "not-sent"],
    [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "not-sent"],
    [{ code: "ERR_SSL_WRONG_VERSION_NUMBER" }, "not-sent"],
    [{ code: "ETIMEDOUT", syscall: "read" }, "reset"],
    [{ code: "ECONNRESET" }, "reset"],
    [{ code: "EPIPE" }, "reset"],
    [{ code: "UND_ERR_SOCKET" }, "reset"],
    [{ code: "UND_ERR_HEADERS_TIMEOUT" }, "timeout"],
    [{ code: "UND_ERR_BODY_TIMEOUT" }, "timeout"],
    [{ name: "TimeoutError" }, "timeout"],
    [{ code: "ERR_OF_TOMORROW" }, "reset"],
    [{}, "reset"],
  ])("with %j is %s", (cause, kind) => {
    expect(readConnectionFailure(fetchFailed(cause)).kind).toBe(kind);
  });

  it("at every address of a host is told by the first", () => {
    const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const error = new TypeError("fetch failed", { cause: new AggregateError([refused, refused]) });
    expect(readConnectionFailure(error)).toEqual({ kind: "not-sent", code: "ECONNREFUSED" });
  });

  it("is told by the deepest cause that has a code", () => {
    expect(readConnectionFailure(fetchFailed({ code: "UND_ERR_SOCKET" }, { code: "ECONNRESET" }))).toEqual({
      kind: "reset",
      code: "ECONNRESET",
    });
  });

  it.each([undefined, null, "text", 7])("with %s thrown counts as sent", (thrown) => {
    expect(readConnectionFailure(thrown)).toEqual({ kind: "reset", code: null });
  });
});

describe("a fetch that carries its failures", () => {
  const throwing = (error: unknown): typeof fetch => carryFailures(() => Promise.reject(error));

  it("hides them whole, also a connect time-out, which the SDK would forget", async () => {
    const failure = fetchFailed({ code: "UND_ERR_CONNECT_TIMEOUT", message: "Connect Timeout Error" });
    const carried = await throwing(failure)("http://127.0.0.1").catch((error: unknown) => error);
    expect(carried).toBeInstanceOf(CarriedFailure);
    expect((carried as CarriedFailure).failure).toBe(failure);
    expect(`${String(carried)}${String((carried as CarriedFailure).cause)}`).not.toMatch(/timed? ?out/i);
  });

  it("lets an abort through", async () => {
    const abort = new DOMException("This operation was aborted", "AbortError");
    await expect(throwing(abort)("http://127.0.0.1")).rejects.toBe(abort);
  });
});
