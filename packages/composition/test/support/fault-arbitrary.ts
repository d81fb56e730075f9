import type { Fault, FaultPlan } from "@tenantry/provider-simulator";
import fc from "fast-check";

/** Every way of the simulator to misbehave, but the one that no books can explain: reports that are lies. */
export type HonestFaultKind = Exclude<Fault["kind"], "usage-lies">;

/**
 * Models that answer instead of the one asked for, per vendor. None is dearer than the models the tests ask for: a
 * dearer one breaks the hold, which has a test of its own.
 */
const substitutes = {
  openai: ["gpt-4.1-nano", "a-model-nobody-priced"],
  anthropic: ["claude-3-haiku-20240307", "another-model-nobody-priced"],
} as const;

const statuses = [400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 529];
const short = fc.integer({ min: 0, max: 40 });

function faults(provider: "openai" | "anthropic"): { readonly [Kind in HonestFaultKind]: fc.Arbitrary<Fault> } {
  const kind = <Kind extends Fault["kind"]>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);
  return {
    status: fc.record({ kind: kind("status"), status: fc.constantFrom(...statuses), retryAfterMs: short }),
    "billed-then-status": fc.record({
      kind: kind("billed-then-status"),
      status: fc.constantFrom(500, 502, 503),
    }),
    "billed-then-reset": fc.record({ kind: kind("billed-then-reset") }),
    reset: fc.record({ kind: kind("reset") }),
    hang: fc.record({ kind: kind("hang") }),
    "broken-json": fc.record({ kind: kind("broken-json") }),
    "usage-missing": fc.record({ kind: kind("usage-missing") }),
    "cached-tokens": fc.record({ kind: kind("cached-tokens"), n: fc.integer({ min: 1, max: 400 }) }),
    "stream-cut": fc.record({
      kind: kind("stream-cut"),
      afterEvents: fc.integer({ min: 0, max: 12 }),
      generated: fc.constantFrom("all", "sent"),
    }),
    "other-model": fc.record({ kind: kind("other-model"), model: fc.constantFrom(...substitutes[provider]) }),
    refusal: fc.record({ kind: kind("refusal") }),
    length: fc.record({ kind: kind("length") }),
    slow: fc.record({ kind: kind("slow"), ms: short }),
    "keeps-generating": fc.record({ kind: kind("keeps-generating") }),
  };
}

const rule = fc.constantFrom("openai" as const, "anthropic" as const).chain((provider) =>
  fc.record({
    match: fc.record({ provider: fc.constant(provider), probability: fc.constantFrom(0.15, 0.3, 0.6) }),
    fault: fc.oneof(...Object.values(faults(provider))),
  }),
);

/** Up to six kinds of trouble at once, each for a part of the calls. */
export const faultPlan: fc.Arbitrary<FaultPlan> = fc.array(rule, { minLength: 1, maxLength: 6 });

/** Faults of one kind. */
export function faultOf(kind: HonestFaultKind, provider: "openai" | "anthropic"): fc.Arbitrary<Fault> {
  return faults(provider)[kind];
}

/** The names of all of them. */
export const faultKinds: readonly HonestFaultKind[] = Object.keys(faults("openai")) as HonestFaultKind[];
