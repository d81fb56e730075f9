import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { UpstreamFailure, UpstreamFailureKind } from "../errors/upstream-failure.ts";
import type { AttemptOutcome } from "../metering/ledger-line.ts";
import type { Reading } from "../ports/exchange.ts";
import { noTokens, usageOf } from "../pricing/usage.ts";
import { attemptFacts } from "./attempt-facts.ts";
import { emptyReading } from "./work.ts";

const reported = usageOf({ input: 7, output: 3 });
const reading = (some: Partial<Reading> = {}): Reading => ({ ...emptyReading(), ...some });

const failed = (kind: UpstreamFailureKind, some: Partial<UpstreamFailure> = {}): TenantryError =>
  new TenantryError(
    kind === "timeout" ? "upstream_timeout" : kind === "aborted" ? "cancelled" : "upstream_error",
    kind,
    {
      upstream: {
        kind,
        provider: "acme",
        status: null,
        providerCode: null,
        requestId: null,
        retryAfterMs: null,
        fault: "provider",
        usage: null,
        ...some,
      },
    },
  );

/** Kinds of failure after which the provider may have worked, and what the line calls them. */
const afterSending: readonly (readonly [UpstreamFailureKind, AttemptOutcome])[] = [
  ["server-error", "failed"],
  ["reset", "failed"],
  ["malformed", "failed"],
  ["timeout", "timeout"],
  ["cut", "cut"],
  ["aborted", "aborted"],
];

describe("what an attempt came to", () => {
  it("answered with usage reported is measured", () => {
    expect(attemptFacts(reading({ usage: reported }), null)).toEqual({
      outcome: "ok",
      source: "measured",
      usage: reported,
    });
  });

  it("answered with usage of zero reported is measured: a reported 0 is a figure (R6)", () => {
    const zero = usageOf({});
    expect(attemptFacts(reading({ usage: zero }), null)).toEqual({ outcome: "ok", source: "measured", usage: zero });
  });

  it.each([[null], [reading({ responseId: "r", begun: true })]])(
    "answered without usage is estimated, to be counted by us",
    (heard) => {
      expect(attemptFacts(heard, null)).toEqual({ outcome: "ok", source: "estimated", usage: null });
    },
  );

  it.each(["refused", "not-sent"] as const)("%s is a measured nothing", (kind) => {
    expect(attemptFacts(null, failed(kind, { status: 429 }))).toEqual({
      outcome: kind,
      source: "measured",
      usage: { tokens: noTokens, fees: {}, serviceTier: "standard" },
    });
  });

  it.each(afterSending)("%s before any answer is unknown, never 0 (R6)", (kind, outcome) => {
    expect(attemptFacts(null, failed(kind))).toEqual({ outcome, source: "unknown", usage: null });
    expect(attemptFacts(reading(), failed(kind))).toEqual({ outcome, source: "unknown", usage: null });
  });

  it.each(afterSending)("%s before any answer, with usage reported all the same, is measured", (kind, outcome) => {
    expect(attemptFacts(null, failed(kind, { usage: reported }))).toEqual({
      outcome,
      source: "measured",
      usage: reported,
    });
  });

  it.each(
    afterSending.flatMap(([kind, outcome]) => [
      [kind, "an answer's id", { responseId: "r" }, outcome] as const,
      [kind, "the first text", { begun: true }, outcome] as const,
      [kind, "usage of its beginning", { usage: reported }, outcome] as const,
    ]),
  )(
    "%s after %s is estimated, to be counted by us: a report may be of the beginning alone",
    (kind, _heard, some, outcome) => {
      expect(attemptFacts(reading(some), failed(kind))).toEqual({ outcome, source: "estimated", usage: null });
      expect(attemptFacts(reading(some), failed(kind, { usage: reported }))).toMatchObject({
        source: "estimated",
        usage: null,
      });
    },
  );

  it("ended by something of ours, with the request on its way, is unknown", () => {
    const error = new TenantryError("internal", "a bug");
    expect(attemptFacts(null, error)).toEqual({ outcome: "failed", source: "unknown", usage: null });
  });
});
