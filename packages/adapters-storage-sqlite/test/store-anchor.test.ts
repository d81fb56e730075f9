import type { Clock, WindowClaim } from "@tenantry/core";
import { createManualClock, type ManualClock } from "@tenantry/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteStorage } from "../src/index.ts";
import { type Bench, createBench } from "./open-subjects.ts";

const minuteMs = 60_000;
const claim: WindowClaim = { key: "w", limitId: "w", metric: "calls", capacity: 1, windowMs: minuteMs, amount: 1 };
let bench: Bench;
let ids = 0;

beforeEach(() => {
  bench = createBench();
});

afterEach(() => bench.close());

/** The machine as its nth start finds it. */
function boot(clock: ManualClock, bootId: string): Clock {
  const startMs = clock.monotonicMs();
  return { ...clock, sinceBoot: { bootId, ms: () => clock.monotonicMs() - startMs } };
}

/** A process that asks for one slot and ends. */
async function ask(clock: Clock): Promise<string> {
  const storage = await openSqliteStorage({ path: bench.path }, { clock });
  const id = `call-${(ids += 1)}`;
  const request = { callId: id, attemptId: id, windows: [claim], leases: [], holds: [] };
  const result = await storage.limits.admit(request);
  await storage.limits.release({ callId: id, tokens: null });
  await storage.close();
  return result.kind === "refused" && result.refusal.kind === "window"
    ? `wait ${(result.refusal.fitsAt ?? 0) - clock.now()}`
    : result.kind;
}

it("keeps the time of limits from process to process while the machine runs, whatever the wall clock is set to", async () => {
  const clock = createManualClock();
  const machine = boot(clock, "one");
  expect(await ask(machine)).toBe("admitted");
  for (const stepMs of [3_600_000, -7_200_000, 86_400_000]) {
    clock.setWall(clock.now() + stepMs);
    expect(await ask(machine)).toBe(`wait ${minuteMs}`);
  }
  await clock.advance(minuteMs - 1);
  expect(await ask(machine)).toBe("wait 1");
  await clock.advance(1);
  expect(await ask(machine)).toBe("admitted");
});

it("goes on from the wall clock when the machine was started again, and never back behind what a key has seen", async () => {
  const clock = createManualClock();
  expect(await ask(boot(clock, "one"))).toBe("admitted");
  clock.setWall(clock.now() - 3_600_000);
  const again = boot(clock, "two");
  expect(await ask(again)).toBe(`wait ${minuteMs}`);
  await clock.advance(minuteMs);
  expect(await ask(again)).toBe("admitted");
  // What the machine does not know: how long it was off. The wall clock is all there is.
  await clock.advance(1);
  clock.setWall(clock.now() + 2 * 3_600_000);
  expect(await ask(again)).toBe(`wait ${minuteMs - 1}`);
  expect(await ask(boot(clock, "three"))).toBe("admitted");
});
