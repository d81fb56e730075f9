import { TenantryError } from "@tenantry/core";
import type { ChatModelSubject } from "../chat-model/subject.ts";
import type { Mutant } from "../contract.ts";
import { changeCall, changeFailure, changeFetch, retell, retold, rewriteStream } from "./chat-model-faults.ts";
import { chatModelMutant, patienceMs } from "./chat-model-mutant.ts";
import { referenceParts } from "./chat-model-reference.ts";

export const failureMutants: readonly Mutant<ChatModelSubject>[] = [
  chatModelMutant(
    "blames the provider for a bad request",
    ["M36"],
    retell(({ fault }) => fault === "caller", { fault: "provider" }),
  ),
  chatModelMutant(
    "retries what the caller must mend",
    ["M36"],
    retell(({ fault }) => fault === "caller", {}, true),
  ),
  chatModelMutant(
    "blames the caller for our credentials",
    ["M37"],
    retell(({ fault }) => fault === "account", { fault: "caller" }),
  ),
  chatModelMutant(
    "gives up at a rate limit",
    ["M38"],
    retell(({ status }) => status === 429, {}, false),
  ),
  chatModelMutant(
    "calls a server error a refusal",
    ["M39", "M52"],
    retell(({ kind }) => kind === "server-error", { kind: "refused" }),
  ),
  chatModelMutant(
    "loses the provider's request id",
    ["M40"],
    retell(() => true, { requestId: null }),
  ),
  chatModelMutant(
    "loses the provider's error code",
    ["M40"],
    retell(() => true, { providerCode: null }),
  ),
  chatModelMutant(
    "understands retry-after in seconds only",
    ["M41"],
    retell(({ retryAfterMs }) => retryAfterMs !== null && retryAfterMs % 1000 !== 0, { retryAfterMs: null }),
  ),
  chatModelMutant(
    "waits a second when it is not told",
    ["M41"],
    retell(({ retryAfterMs }) => retryAfterMs === null, { retryAfterMs: 1000 }),
  ),
  chatModelMutant(
    "calls a refused connection a reset",
    ["M42"],
    retell(({ kind }) => kind === "not-sent", { kind: "reset" }),
  ),
  chatModelMutant(
    "calls a reset connection not sent",
    ["M43", "M52"],
    retell(({ kind }) => kind === "reset", { kind: "not-sent" }),
  ),
  chatModelMutant(
    "calls an unreadable answer a server error",
    ["M48"],
    retell(({ kind }) => kind === "malformed", { kind: "server-error" }),
  ),
  chatModelMutant(
    "takes a cut stream for a finished one",
    ["M49"],
    rewriteStream(async function* (events) {
      try {
        yield* events;
      } catch (error) {
        if (!TenantryError.is(error) || error.upstream?.kind !== "cut") throw error;
        yield { type: "end", finishReason: "stop" };
      }
    }),
  ),
  chatModelMutant(
    "does not know error events",
    ["M50"],
    retell(({ kind, status }) => kind === "server-error" && status === null, { kind: "cut", providerCode: null }),
  ),
  chatModelMutant(
    "forgets usage when a stream fails",
    ["M51"],
    retell(() => true, { usage: null }),
  ),
  chatModelMutant(
    "shows the key",
    ["M53"],
    changeFailure(
      (error) =>
        new TenantryError(error.code, `${error.message} (with reference-key-0123456789)`, {
          retryable: error.retryable,
          ...(error.upstream === null ? {} : { upstream: error.upstream }),
          ...(error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }),
        }),
    ),
  ),
];

const deaf = {
  ...new AbortController().signal,
  aborted: false,
  reason: undefined,
  addEventListener() {},
  removeEventListener() {},
};

export const cancelMutants: readonly Mutant<ChatModelSubject>[] = [
  chatModelMutant(
    "takes the deadline for the caller",
    ["M44"],
    changeFailure((error) =>
      error.code === "upstream_timeout"
        ? retold(error, { kind: "aborted", fault: "caller" }, false, "cancelled")
        : error,
    ),
  ),
  chatModelMutant(
    "takes the caller for the deadline",
    ["M45"],
    changeFailure((error) =>
      error.code === "cancelled"
        ? retold(error, { kind: "timeout", fault: "provider" }, true, "upstream_timeout")
        : error,
    ),
  ),
  chatModelMutant(
    "sends though the signal has fired",
    ["M46"],
    changeCall((request, options) => [request, options.signal.aborted ? { ...options, signal: deaf } : options]),
  ),
  chatModelMutant(
    "goes on listening",
    ["M47"],
    changeCall((request, options) => {
      options.signal.addEventListener("abort", () => undefined);
      return [request, options];
    }),
  ),
  chatModelMutant("does not hear the signal", ["M44", "M45", "M54"], {
    ...changeCall((request, options) => [request, { ...options, signal: deaf }]),
    // A limit of its own keeps its run short.
    ...changeFetch((url, init) => [url, { ...init, signal: AbortSignal.timeout(patienceMs) }]),
  }),
  chatModelMutant("follows redirects", ["M57"], { parts: { fetch: async (url, init) => await fetch(url, init) } }),
  chatModelMutant("takes its key to where it is sent", ["M57"], {
    parts: {
      async fetch(url, init) {
        const answer = await referenceParts.fetch(url, init);
        const location = answer.headers.get("location");
        return location === null ? answer : await referenceParts.fetch(location, init);
      },
    },
  }),
];
