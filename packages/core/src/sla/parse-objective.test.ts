import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDataReader } from "../errors/data-reader.ts";
import type { Objective } from "./objective.ts";
import { parseObjective } from "./parse-objective.ts";

function read(raw: unknown): { objective: Objective | null; issues: string[] } {
  const reader = createDataReader();
  const objective = parseObjective(reader, raw, "at");
  return { objective, issues: reader.issues.map(({ path, message }) => `${path}: ${message}`) };
}

describe("an objective", () => {
  it.each<[unknown, Objective]>([
    [
      { latency: "p95", under: "2s" },
      { id: "latency-p95-2000ms", metric: "latency", quantile: 0.95, thresholdMs: 2_000, minCalls: 20 },
    ],
    [
      { ttft: "p99", under: "500ms" },
      { id: "ttft-p99-500ms", metric: "ttft", quantile: 0.99, thresholdMs: 500, minCalls: 100 },
    ],
    [
      { errors: "99.9%" },
      { id: "errors-p99.9", metric: "errors", quantile: 0.999, thresholdMs: null, minCalls: 1_000 },
    ],
    [
      { latency: "p90", under: "1m", minCalls: 5 },
      { id: "latency-p90-60000ms", metric: "latency", quantile: 0.9, thresholdMs: 60_000, minCalls: 5 },
    ],
    [
      { latency: "p99.9999", under: "1ms", minCalls: 1 },
      { id: "latency-p99.9999-1ms", metric: "latency", quantile: 0.999999, thresholdMs: 1, minCalls: 1 },
    ],
  ])("reads %j", (raw, objective) => {
    expect(read(raw)).toEqual({ objective, issues: [] });
  });

  it.each([
    ["p50", 2],
    ["p66.6666", 3],
    ["p66.6667", 4],
    ["p90", 10],
    ["p95", 20],
    ["p99", 100],
    ["p99.9", 1_000],
    ["p99.99", 10_000],
    ["p99.9999", 1_000_000],
    ["p0.0001", 2],
  ])("%s needs ⌈1 / (1 − q)⌉ calls: %d", (latency, minCalls) => {
    expect(read({ latency, under: "1s" }).objective?.minCalls).toBe(minCalls);
  });

  it("needs just so many calls that one bad one alone does not decide, for every share", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), (ppm) => {
        const digits = String(ppm).padStart(5, "0");
        const text = `${digits.slice(0, -4)}.${digits.slice(-4)}`;
        const { objective, issues } = read({ latency: `p${text}`, under: "1s" });
        expect(issues).toEqual([]);
        expect(objective!.quantile).toBe(ppm / 1_000_000);
        expect(objective!.minCalls * (1_000_000 - ppm)).toBeGreaterThanOrEqual(1_000_000);
        expect((objective!.minCalls - 1) * (1_000_000 - ppm)).toBeLessThan(1_000_000);
        expect(read({ errors: `${text}%` }).objective!.quantile).toBe(objective!.quantile);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same one however its share is written", () => {
    const ids = ["p95", "p95.0", "p95.0000"].map((latency) => read({ latency, under: "2s" }).objective?.id);
    expect(new Set(ids)).toEqual(new Set(["latency-p95-2000ms"]));
    expect(read({ latency: "p05", under: "2s" }).objective?.id).toBe("latency-p5-2000ms");
  });

  const quantile = 'at.latency: must be a quantile such as "p95", above 0 and below 100 with at most 4 decimals';
  const share =
    'at.errors: must be the share that must succeed, such as "99.9%", above 0 and below 100 with at most 4 decimals';
  it.each([
    "95",
    "P95",
    "p",
    "p100",
    "p0",
    "p00.0000",
    "p95.",
    "p95.12345",
    "p.5",
    " p95",
    "p95 ",
    "xp95",
    "p95x",
    "95%",
    95,
    null,
    ["p95"],
    {},
  ])("refuses the quantile %j", (latency) => {
    expect(read({ latency, under: "2s" })).toEqual({ objective: null, issues: [quantile] });
  });

  it.each(["99", "100%", "0%", "0.0%", "99.12345%", "x99%", "99%x", "p99", 99, null])(
    "refuses the share %j",
    (errors) => {
      expect(read({ errors })).toEqual({ objective: null, issues: [share] });
    },
  );

  it.each<[string, unknown, string[]]>([
    ["is no object", "p95", ["at: must be an object with latency, ttft, errors, under, minCalls"]],
    ["names no metric", { under: "2s" }, ["at: must set exactly one of latency, ttft, errors"]],
    [
      "names two metrics",
      { latency: "p95", errors: "99%", under: "2s" },
      ["at: must set exactly one of latency, ttft, errors"],
    ],
    [
      "has a threshold for errors",
      { errors: "99%", under: "2s" },
      ["at.under: does not apply to errors; leave it out"],
    ],
    ["asks for no calls", { errors: "99%", minCalls: 0 }, ["at.minCalls: must be a whole number of at least 1, not 0"]],
    [
      "asks for null calls",
      { errors: "99%", minCalls: null },
      ["at.minCalls: must be a whole number of at least 1, not nothing"],
    ],
    [
      "has a field nobody knows",
      { errors: "99%", over: "30d" },
      ["at.over: is not a known field; known are latency, ttft, errors, under, minCalls"],
    ],
  ])("is refused with its place when it %s", (_name, raw, issues) => {
    expect(read(raw).issues).toEqual(issues);
  });

  it("reports every problem at once", () => {
    const { objective, issues } = read({ ttft: "fast", under: 2000, minCalls: 1.5 });
    expect(objective).toBeNull();
    expect(issues.map((issue) => issue.split(":")[0])).toEqual(["at.ttft", "at.under", "at.minCalls"]);
  });

  it("without a threshold is refused where one is needed", () => {
    const { objective, issues } = read({ latency: "p95" });
    expect(objective).toBeNull();
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(/^at\.under: write the duration/);
  });
});
