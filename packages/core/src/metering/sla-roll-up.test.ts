import { describe, expect, it } from "vitest";
import { aCallRecord } from "../testing/builders.ts";
import { foldSla } from "./sla-roll-up.ts";

const noon = Date.UTC(2026, 0, 15, 12);
const period = { from: noon, to: noon + 1_000 };

describe("foldSla", () => {
  it("counts verdicts exactly, per tenant and objective", () => {
    const verdicts = (["good", "bad", "good", "excluded"] as const).map((verdict, index) =>
      aCallRecord({ callId: `call-${index}`, verdicts: [{ objectiveId: "p95", verdict }] }),
    );
    const other = aCallRecord({
      tenantId: "tenant-0",
      callId: "other",
      verdicts: [{ objectiveId: "p95", verdict: "bad" }],
    });
    expect(foldSla([...verdicts, other], { period }).counts).toEqual([
      { tenantId: "tenant-0", objectiveId: "p95", good: 0, bad: 1, excluded: 0 },
      { tenantId: "tenant-a", objectiveId: "p95", good: 2, bad: 1, excluded: 1 },
    ]);
  });

  it("measures answered calls alone, and counts every admitted one", () => {
    const calls = [
      aCallRecord({ latencyMs: 100, ttftMs: 50 }),
      aCallRecord({ callId: "call-2", latencyMs: 300, ttftMs: null }),
      aCallRecord({ callId: "call-3", outcome: "failed", latencyMs: 9_000, ttftMs: 8_000 }),
      aCallRecord({ callId: "call-4", outcome: "lost", latencyMs: null, ttftMs: null }),
    ];
    const [tenant] = foldSla(calls, { period }).latencies;
    expect(tenant).toMatchObject({ tenantId: "tenant-a", calls: 4 });
    expect([tenant?.latency.count, tenant?.latency.min, tenant?.latency.max]).toEqual([2, 100, 300]);
    expect([tenant?.ttft.count, tenant?.ttft.max]).toEqual([1, 50]);
  });

  it("looks at the calls admitted in the half-open period, of the tenant asked for", () => {
    const calls = [noon - 1, noon, noon + 999, noon + 1_000].map((admittedAt) =>
      aCallRecord({ callId: `call-${admittedAt}`, admittedAt }),
    );
    expect(foldSla(calls, { period }).latencies).toMatchObject([{ calls: 2 }]);
    expect(foldSla(calls, { period, tenantId: "tenant-b" })).toEqual({ counts: [], latencies: [] });
  });
});
