import { expect, test } from "vitest";
import { createCounter, createExactCounter, createHistogram } from "./metric-family.ts";

test("sums are kept by label set, and written as Prometheus reads them", () => {
  const counter = createCounter("calls_total", "Calls.");
  counter.add({ route: "GET /", status: "200" }, 1);
  counter.add({ route: "GET /", status: "200" }, 2);
  counter.add({ route: 'a "quoted" \\ one\nline', status: "500" }, 1);
  expect(counter.text()).toBe(
    [
      "# HELP calls_total Calls.",
      "# TYPE calls_total counter",
      'calls_total{route="GET /",status="200"} 3',
      'calls_total{route="a \\"quoted\\" \\\\ one\\nline",status="500"} 1',
      "",
    ].join("\n"),
  );
});

test("money is exact beyond what a number holds", () => {
  const cost = createExactCounter("cost_total", "Cost.", String);
  cost.add({}, 9_007_199_254_740_993n);
  cost.add({}, 2n);
  expect(cost.text()).toContain("cost_total 9007199254740995\n");
});

test("a flood of names counts under one label and takes no memory without end", () => {
  const counter = createCounter("calls_total", "Calls.");
  for (let index = 0; index < 10_000; index += 1) counter.add({ model: `m${index}` }, 1);
  const lines = counter
    .text()
    .split("\n")
    .filter((line) => line.startsWith("calls_total{"));
  expect(lines.length).toBeLessThanOrEqual(501);
  expect(lines.at(-1)).toBe('calls_total{model="(other)"} 9500');
});

test("a histogram counts every observation once, below its bound and all above", () => {
  const latency = createHistogram("seconds", "Latency.", [0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 7]) latency.observe({ route: "r" }, seconds);
  expect(latency.text()).toContain(
    [
      'seconds_bucket{route="r",le="0.1"} 2',
      'seconds_bucket{route="r",le="1"} 3',
      'seconds_bucket{route="r",le="+Inf"} 4',
      'seconds_sum{route="r"} 7.65',
      'seconds_count{route="r"} 4',
    ].join("\n"),
  );
});
