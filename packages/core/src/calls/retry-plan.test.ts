import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UpstreamFailure, UpstreamFailureKind } from "../errors/upstream-failure.ts";
import { type ChainState, nextStep } from "./retry-plan.ts";

const kinds = ["not-sent", "refused", "server-error", "reset", "timeout", "malformed", "cut", "aborted"] as const;
const faults = ["caller", "account", "provider"] as const;

const failure = (some: Partial<UpstreamFailure> = {}): UpstreamFailure => ({
  kind: "server-error",
  provider: "acme",
  status: 500,
  providerCode: null,
  requestId: null,
  retryAfterMs: null,
  fault: "provider",
  usage: null,
  ...some,
});

const state = (some: Partial<ChainState> = {}): ChainState => ({
  failure: failure(),
  attempts: 1,
  retries: 2,
  hasNext: true,
  leftMs: 30_000,
  jitter: 0,
  ...some,
});

/** `retry 100`, `fallback` or `stop`. */
function step(some: Partial<ChainState>): string {
  const next = nextStep(state(some));
  return next.kind === "retry" ? `retry ${next.afterMs}` : next.kind;
}

const anyState = fc.record({
  failure: fc.option(
    fc.record({
      kind: fc.constantFrom<UpstreamFailureKind>(...kinds),
      fault: fc.constantFrom(...faults),
      status: fc.constantFrom(null, 400, 404, 429, 500, 529),
      retryAfterMs: fc.option(fc.nat(120_000)),
    }),
  ),
  attempts: fc.integer({ min: 1, max: 40 }),
  retries: fc.nat(40),
  hasNext: fc.boolean(),
  leftMs: fc.oneof(fc.constant(0), fc.nat(60_000)),
  jitter: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
});

const stateOf = (some: typeof anyState extends fc.Arbitrary<infer Value> ? Value : never): ChainState => ({
  ...some,
  failure: some.failure === null ? null : failure(some.failure),
});

describe("after a failed attempt", () => {
  it.each<[string, Partial<ChainState>, string]>([
    ["a failing provider is asked again", {}, "retry 100"],
    ["a busy provider is asked again", { failure: failure({ kind: "refused", status: 429 }) }, "retry 100"],
    ["a broken connection is tried again", { failure: failure({ kind: "reset", status: null }) }, "retry 100"],
    ["an unreadable answer is asked for again", { failure: failure({ kind: "malformed", status: 200 }) }, "retry 100"],
    ["a stream cut off is asked for again", { failure: failure({ kind: "cut", status: 200 }) }, "retry 100"],
    ["what was never sent is sent again", { failure: failure({ kind: "not-sent", status: null }) }, "retry 100"],
    ["the pause grows: the second", { attempts: 2 }, "retry 200"],
    ["the pause grows: the third", { attempts: 3, retries: 9 }, "retry 400"],
    ["the pause grows: the fourth", { attempts: 4, retries: 9 }, "retry 800"],
    ["the pause is spread up to its double", { jitter: 0.5 }, "retry 150"],
    ["a pause beyond a second is spent at the next model", { attempts: 5, retries: 9 }, "fallback"],
    [
      "a pause beyond a second is waited where there is no next",
      { attempts: 5, retries: 9, hasNext: false },
      "retry 1600",
    ],
    ["the pause stops growing", { attempts: 30, retries: 40, hasNext: false }, "retry 2500"],
    ["the provider's own pause is respected", { failure: failure({ retryAfterMs: 700 }) }, "retry 700"],
    ["a shorter one does not shorten ours", { failure: failure({ retryAfterMs: 3 }) }, "retry 100"],
    ["a pause of exactly a second is waited", { failure: failure({ retryAfterMs: 1_000 }) }, "retry 1000"],
    ["a longer one sends the call to the next model", { failure: failure({ retryAfterMs: 1_001 }) }, "fallback"],
    [
      "a longer one is waited where there is no next",
      { failure: failure({ retryAfterMs: 9_000 }), hasNext: false },
      "retry 9000",
    ],
    [
      "a pause as long as the time left is not begun",
      { failure: failure({ retryAfterMs: 9_000 }), hasNext: false, leftMs: 9_000 },
      "stop",
    ],
    [
      "a pause that ends in time is",
      { failure: failure({ retryAfterMs: 9_000 }), hasNext: false, leftMs: 9_001 },
      "retry 9000",
    ],
    ["too little time for a pause is enough for the next model", { leftMs: 100 }, "fallback"],
    ["no time left ends the chain", { leftMs: 0 }, "stop"],
    ["the last retry is followed by the next model", { attempts: 3 }, "fallback"],
    ["without retries the next model is asked", { retries: 0 }, "fallback"],
    ["without retries or a next model the chain ends", { retries: 0, hasNext: false }, "stop"],
    ["a time-out is not repeated: the next model", { failure: failure({ kind: "timeout", status: null }) }, "fallback"],
    [
      "a time-out without a next model ends the chain",
      { failure: failure({ kind: "timeout" }), hasNext: false },
      "stop",
    ],
    [
      "a fault of our account is not repeated: the next model",
      { failure: failure({ kind: "refused", status: 401, fault: "account" }) },
      "fallback",
    ],
    [
      "a fault of our account without a next model ends the chain",
      { failure: failure({ kind: "refused", status: 401, fault: "account" }), hasNext: false },
      "stop",
    ],
    [
      "a fault of the caller ends the chain",
      { failure: failure({ kind: "refused", status: 400, fault: "caller" }) },
      "stop",
    ],
    [
      "a model the provider does not know may be known by the next",
      { failure: failure({ kind: "refused", status: 404, fault: "caller" }) },
      "fallback",
    ],
    [
      "a model nobody else may know ends the chain",
      { failure: failure({ kind: "refused", status: 404, fault: "caller" }), hasNext: false },
      "stop",
    ],
    [
      "a caller who gave up ends the chain",
      { failure: failure({ kind: "aborted", fault: "caller", status: null }) },
      "stop",
    ],
    ["an abort ends the chain, whoever is at fault", { failure: failure({ kind: "aborted" }) }, "stop"],
    ["a failure of ours ends the chain", { failure: null }, "stop"],
  ])("%s", (_name, some, expected) => {
    expect(step(some)).toBe(expected);
  });

  it("never waits longer than the time left, and asks nobody when there is none", () => {
    fc.assert(
      fc.property(anyState, (some) => {
        const next = nextStep(stateOf(some));
        if (next.kind === "retry") {
          expect(next.afterMs).toBeGreaterThanOrEqual(0);
          expect(next.afterMs).toBeLessThan(some.leftMs);
        }
        if (some.leftMs === 0) expect(next.kind).toBe("stop");
      }),
      { numRuns: 1000 },
    );
  });

  it("never retries more often than the tier allows, and falls back only where there is another model", () => {
    fc.assert(
      fc.property(anyState, (some) => {
        const next = nextStep(stateOf(some));
        if (next.kind === "retry") expect(some.attempts).toBeLessThanOrEqual(some.retries);
        if (next.kind === "fallback") expect(some.hasNext).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("never retries what the provider is not at fault for, a time-out, or an abort", () => {
    fc.assert(
      fc.property(anyState, (some) => {
        const next = nextStep(stateOf(some));
        const isTheirs = some.failure?.fault === "provider" && !["timeout", "aborted"].includes(some.failure.kind);
        if (next.kind === "retry") expect(isTheirs).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("never asks again sooner than the provider wants, nor sooner than half the pause", () => {
    fc.assert(
      fc.property(anyState, (some) => {
        const next = nextStep(stateOf(some));
        if (next.kind !== "retry") return;
        expect(next.afterMs).toBeGreaterThanOrEqual(some.failure?.retryAfterMs ?? 0);
        expect(next.afterMs).toBeGreaterThanOrEqual(Math.min(2_500, 100 * 2 ** (some.attempts - 1)));
        expect(next.afterMs).toBeLessThanOrEqual(Math.max(some.failure?.retryAfterMs ?? 0, 5_000));
      }),
      { numRuns: 1000 },
    );
  });
});
