import { expect, test } from "vitest";
import { slaView } from "./sla-view.ts";

const objective = {
  id: "latency-p95-2000ms",
  metric: "latency",
  quantile: 0.95,
  thresholdMs: 2000,
  minCalls: 20,
} as const;

test("a row has the fixed shape: the objective in three fields, the share as a fraction", () => {
  const counts = { calls: 40, good: 39, excluded: 1, share: 0.975, quantileMs: 812.4 };
  const view = slaView([{ tenantId: "apex", objective, ...counts, state: "compliant" }]);
  expect(view).toEqual({
    rows: [
      {
        tenantId: "apex",
        objective: { metric: "latency", quantile: 0.95, thresholdMs: 2000 },
        ...counts,
        state: "compliant",
      },
    ],
  });
});

test("best effort promises nothing, so no call of it is good", () => {
  const counts = { calls: 10, good: 0, excluded: 0, share: null, quantileMs: 263 };
  const view = slaView([{ tenantId: "techstart", objective: null, ...counts, state: "best-effort" }]);
  expect(view.rows).toEqual([{ tenantId: "techstart", objective: null, ...counts, good: null, state: "best-effort" }]);
});
