import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SlaReading } from "../metering/usage-query.ts";
import { complianceOf, complianceRows, type ComplianceState } from "./compliance.ts";
import type { Objective } from "./objective.ts";
import { emptySketch, insertIntoSketch, type QuantileSketch } from "./quantile-sketch.ts";

const p95: Objective = {
  id: "latency-p95-2000ms",
  metric: "latency",
  quantile: 0.95,
  thresholdMs: 2_000,
  minCalls: 20,
};
const firstByte: Objective = { ...p95, id: "ttft-p50-500ms", metric: "ttft", quantile: 0.5, thresholdMs: 500 };
const errors: Objective = {
  ...p95,
  id: "errors-p99",
  metric: "errors",
  quantile: 0.99,
  thresholdMs: null,
  minCalls: 1,
};

function sketchOf(...values: readonly number[]): QuantileSketch {
  const sketch = emptySketch();
  for (const value of values) insertIntoSketch(sketch, value);
  return sketch;
}

describe("compliance", () => {
  it.each<[number, number, number, number, ComplianceState]>([
    // good, bad, quantile, minCalls
    [19, 1, 0.95, 20, "compliant"],
    [18, 2, 0.95, 20, "breached"],
    [20, 0, 0.95, 20, "compliant"],
    [19, 0, 0.95, 20, "insufficient-data"],
    [0, 19, 0.95, 20, "insufficient-data"],
    [0, 20, 0.95, 20, "breached"],
    [99, 1, 0.99, 100, "compliant"],
    [98, 2, 0.99, 100, "breached"],
    [999, 1, 0.999, 1_000, "compliant"],
    [998, 2, 0.999, 1_000, "breached"],
    [9, 1, 0.9, 10, "compliant"],
    [7, 93, 0.07, 1, "compliant"],
    [1, 0, 0.95, 1, "compliant"],
    [0, 1, 0.95, 1, "breached"],
    [0, 0, 0.95, 20, "insufficient-data"],
    [0, 0, 0.95, 0, "insufficient-data"],
  ])("of %d good and %d bad calls at %d with at least %d calls is %s", (good, bad, quantile, minCalls, state) => {
    expect(complianceOf({ good, bad }, { ...p95, quantile, minCalls })).toBe(state);
  });

  it("is decided exactly as whole numbers decide it, never by a float artefact", () => {
    const ppm = fc.oneof(
      fc.integer({ min: 1, max: 999_999 }),
      fc.constantFrom(500_000, 900_000, 950_000, 990_000, 999_000, 999_900),
    );
    const counts = fc.tuple(ppm, fc.integer({ min: 1, max: 2_000_000 }), fc.integer({ min: -2, max: 2 }));
    fc.assert(
      fc.property(counts, ([share, calls, offset]) => {
        // Around the very count that decides.
        const good = Math.min(calls, Math.max(0, Math.ceil((calls * share) / 1_000_000) + offset));
        const isEnough = BigInt(good) * 1_000_000n >= BigInt(calls) * BigInt(share);
        const objective = { ...p95, quantile: share / 1_000_000, minCalls: 1 };
        expect(complianceOf({ good, bad: calls - good }, objective)).toBe(isEnough ? "compliant" : "breached");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a tenant's rows", () => {
  const reading: SlaReading = {
    counts: [
      { tenantId: "other", objectiveId: p95.id, good: 1, bad: 99, excluded: 7 },
      { tenantId: "mine", objectiveId: "something-else", good: 5, bad: 5, excluded: 5 },
      { tenantId: "mine", objectiveId: p95.id, good: 19, bad: 1, excluded: 3 },
      { tenantId: "mine", objectiveId: firstByte.id, good: 4, bad: 4, excluded: 0 },
      { tenantId: "mine", objectiveId: errors.id, good: 98, bad: 2, excluded: 1 },
    ],
    latencies: [
      { tenantId: "other", calls: 100, latency: sketchOf(9_000), ttft: sketchOf(8_000) },
      { tenantId: "mine", calls: 23, latency: sketchOf(100, 200, 300), ttft: sketchOf(10, 20, 30) },
    ],
  };

  it("count what is theirs, under the objective's own id, and leave out what is excluded", () => {
    const [row] = complianceRows("mine", [p95], reading);
    expect(row).toEqual({
      tenantId: "mine",
      objective: p95,
      calls: 20,
      good: 19,
      excluded: 3,
      share: 0.95,
      quantileMs: 300,
      state: "compliant",
    });
  });

  it("come one per objective, in order, each with its own clock and quantile", () => {
    const rows = complianceRows("mine", [errors, firstByte, p95], reading);
    expect(rows.map(({ objective, calls, share, state }) => [objective?.id, calls, share, state])).toEqual([
      [errors.id, 100, 0.98, "breached"],
      [firstByte.id, 8, 0.5, "insufficient-data"],
      [p95.id, 20, 0.95, "compliant"],
    ]);
    expect(rows[0]!.quantileMs).toBeNull();
    expect(rows[1]!.quantileMs).toBeCloseTo(20, 0);
    expect(rows[2]!.quantileMs).toBe(300);
  });

  it("of a tenant without calls say that nothing is known, not that it is good or 0", () => {
    expect(complianceRows("new", [p95], reading)).toEqual([
      {
        tenantId: "new",
        objective: p95,
        calls: 0,
        good: 0,
        excluded: 0,
        share: null,
        quantileMs: null,
        state: "insufficient-data",
      },
    ]);
  });

  it("of best effort are never reported as passing, and show the P95 of all calls", () => {
    const values = Array.from({ length: 100 }, (_, index) => (index + 1) * 10);
    const latencies = [
      { tenantId: "other", calls: 1, latency: sketchOf(1), ttft: sketchOf(1) },
      { tenantId: "mine", calls: 100, latency: sketchOf(...values), ttft: sketchOf(1) },
    ];
    const [row, ...more] = complianceRows("mine", [], { counts: reading.counts, latencies });
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      tenantId: "mine",
      objective: null,
      calls: 100,
      good: 0,
      excluded: 0,
      share: null,
      state: "best-effort",
    });
    expect(Math.abs(row!.quantileMs! - 950)).toBeLessThanOrEqual(9.5);
  });

  it("of best effort without calls are empty", () => {
    const [row] = complianceRows("new", [], reading);
    expect(row).toMatchObject({ objective: null, calls: 0, share: null, quantileMs: null, state: "best-effort" });
  });
});
