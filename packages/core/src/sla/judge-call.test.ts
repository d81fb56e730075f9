import { describe, expect, it } from "vitest";
import { type Judged, judgeCall } from "./judge-call.ts";
import type { Objective } from "./objective.ts";

const latency: Objective = { id: "latency", metric: "latency", quantile: 0.95, thresholdMs: 2_000, minCalls: 20 };
const ttft: Objective = { id: "ttft", metric: "ttft", quantile: 0.95, thresholdMs: 500, minCalls: 20 };
const errors: Objective = { id: "errors", metric: "errors", quantile: 0.99, thresholdMs: null, minCalls: 100 };

const call = (some: Partial<Judged>): Judged => ({
  outcome: "ok",
  callerFault: false,
  latencyMs: 1_500,
  ttftMs: 300,
  ...some,
});

/** The verdicts on latency, ttft and errors. */
const verdicts = (some: Partial<Judged>): string =>
  judgeCall([latency, ttft, errors], call(some))
    .map(({ verdict }) => verdict)
    .join(" ");

describe("a call's verdict", () => {
  it.each<[string, Partial<Judged>, string]>([
    ["answered in time is good", {}, "good good good"],
    ["answered exactly at the threshold is good", { latencyMs: 2_000, ttftMs: 500 }, "good good good"],
    ["answered just after it is bad, and no error", { latencyMs: 2_000.01, ttftMs: 500.01 }, "bad bad good"],
    ["slow to the last byte but not to the first", { latencyMs: 9_000 }, "bad good good"],
    ["slow to the first byte but not to the last", { ttftMs: 501 }, "good bad good"],
    ["answered in no time at all is good", { latencyMs: 0, ttftMs: 0 }, "good good good"],
    ["answered, but never measured, is not called good", { latencyMs: null, ttftMs: null }, "bad bad good"],
    ["failed is bad, however fast", { outcome: "failed", latencyMs: 1, ttftMs: null }, "bad bad bad"],
    ["failed after a first byte in time is bad all the same", { outcome: "failed" }, "bad bad bad"],
    ["lost with its process is bad", { outcome: "lost", latencyMs: null, ttftMs: null }, "bad bad bad"],
    ["the caller's own fault is excluded", { outcome: "failed", callerFault: true }, "excluded excluded excluded"],
    [
      "the caller's own fault is excluded, however slow",
      { outcome: "failed", callerFault: true, latencyMs: 90_000, ttftMs: null },
      "excluded excluded excluded",
    ],
    [
      "given up before the thresholds is excluded",
      { outcome: "aborted", latencyMs: 400, ttftMs: null },
      "excluded excluded excluded",
    ],
    [
      "given up exactly at a threshold is excluded",
      { outcome: "aborted", latencyMs: 500, ttftMs: null },
      "excluded excluded excluded",
    ],
    ["given up at the other", { outcome: "aborted", latencyMs: 2_000, ttftMs: null }, "excluded bad excluded"],
    ["given up after both", { outcome: "aborted", latencyMs: 2_001, ttftMs: null }, "bad bad excluded"],
    [
      "given up after a first byte in time is good for the first byte",
      { outcome: "aborted", latencyMs: 9_000, ttftMs: 500 },
      "bad good excluded",
    ],
    [
      "given up early after a first byte in time",
      { outcome: "aborted", latencyMs: 600, ttftMs: 300 },
      "excluded good excluded",
    ],
    ["given up after a late first byte", { outcome: "aborted", latencyMs: 700, ttftMs: 501 }, "excluded bad excluded"],
    [
      "given up, nobody knows when",
      { outcome: "aborted", latencyMs: null, ttftMs: null },
      "excluded excluded excluded",
    ],
  ])("%s", (_name, some, expected) => {
    expect(verdicts(some)).toBe(expected);
  });

  it("names the objective it is on, in their order", () => {
    expect(judgeCall([errors, latency], call({ latencyMs: 3_000 }))).toEqual([
      { objectiveId: "errors", verdict: "good" },
      { objectiveId: "latency", verdict: "bad" },
    ]);
  });

  it("is not given where nothing was promised", () => {
    expect(judgeCall([], call({}))).toEqual([]);
  });
});
