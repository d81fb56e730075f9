import { describe, expect, it } from "vitest";
import type { AdmitRequest } from "../ports/limit-store.port.ts";
import { aLine } from "./builders.ts";
import { createManualClock } from "./manual-clock.ts";
import { createMemoryLimitStore } from "./memory-limit-store.ts";
import { createMemoryState } from "./memory-state.ts";
import { createMemoryUsageStore } from "./memory-usage-store.ts";

const hourMs = 3_600_000;

function request(id: number, tenant: string): AdmitRequest {
  return {
    callId: `call-${id}`,
    attemptId: `att-${id}`,
    windows: [
      { key: `w/${tenant}`, limitId: "tokens-1h", metric: "tokens", capacity: 1e9, windowMs: hourMs, amount: 5 },
    ],
    leases: [{ key: `l/${tenant}`, limitId: "flight", capacity: 10 }],
    holds: [
      {
        key: `b/${tenant}`,
        budgetId: "rolling",
        limitPico: 10n ** 18n,
        span: { kind: "rolling", windowMs: hourMs },
        amountPico: 10n,
        breach: "block",
      },
    ],
  };
}

describe("createMemoryLimitStore", () => {
  it("keeps no more than what is in force, however many calls and tenants come by", async () => {
    const clock = createManualClock();
    const state = createMemoryState();
    const store = createMemoryLimitStore({ clock, state });
    let largest = 0;
    for (let id = 0; id < 20_000; id += 1) {
      const asked = request(id, `tenant-${id}`);
      expect((await store.admit(asked)).kind).toBe("admitted");
      await store.settle({ callId: asked.callId, attemptId: asked.attemptId, spentPico: 3n });
      await store.release({ callId: asked.callId, tokens: 2 });
      void clock.advance(hourMs / 100);
      largest = Math.max(largest, state.windows.size + state.budgets.size);
    }
    // About 100 tenants have something in force at any time; a sweep waits until a thousand keys are held.
    expect(largest).toBeLessThan(3_000);
    expect([state.leases.size, state.holds.size, state.tokenStamps.size]).toEqual([0, 0, 0]);
  });

  it("keeps one tenant's busy window to the stamps that count", async () => {
    const clock = createManualClock();
    const state = createMemoryState();
    const store = createMemoryLimitStore({ clock, state });
    for (let id = 0; id < 5_000; id += 1) {
      await store.admit({ ...request(id, "busy"), leases: [], holds: [] });
      await store.release({ callId: `call-${id}`, tokens: 1 });
      void clock.advance(hourMs / 50);
    }
    expect(state.windows.get("w/busy")?.stamps.length).toBeLessThanOrEqual(50);
  });

  it("recovers a hold whose line was written before its process died as what the line cost", async () => {
    const clock = createManualClock();
    const state = createMemoryState();
    const asked = request(1, "tenant");
    await createMemoryLimitStore({ clock, state, owner: "dying" }).admit(asked);
    await createMemoryUsageStore({ state }).settle({ line: aLine({ attemptId: "att-1", costPico: 7n }), call: null });
    state.dead.add("dying");
    const store = createMemoryLimitStore({ clock, state });
    expect(await store.recover()).toEqual({ leases: 1, holds: 1 });
    expect((await store.peek(asked)).budgets).toMatchObject([{ spentPico: 7n, heldPico: 0n }]);
  });
});
