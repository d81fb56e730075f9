import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AdmitResult, HoldClaim } from "../ports/limit-store.port.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { bindStoreClock, resultOnWall, spendingOnStore } from "./store-clock.ts";

const steps = fc.array(
  fc.oneof(
    fc.record({ passMs: fc.nat({ max: 100_000 }) }),
    fc.record({ stepMs: fc.integer({ min: -1e9, max: 1e9 }) }),
    fc.constant("another process" as const),
  ),
  { maxLength: 30 },
);

describe("the time of a store", () => {
  it("moves on by exactly what passes, for every process, whatever becomes of the wall clock", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const clock = createManualClock();
        let time = bindStoreClock(clock, null);
        const { anchor } = time;
        const start = time.now();
        let passedMs = 0;
        for (const step of sequence) {
          if (step === "another process") time = bindStoreClock(clock, anchor);
          else if ("stepMs" in step) clock.setWall(clock.now() + step.stepMs);
          else {
            await clock.advance(step.passMs);
            passedMs += step.passMs;
          }
          expect(time.now()).toBe(start + passedMs);
          expect(Math.abs(time.now() + time.lagMs() - clock.now())).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("does not tremble with the ticks of its clocks, nor when the process stands still between two looks", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (phase, pauses) => {
          // Every look takes time, and now and then a long one.
          let passedMs = 0;
          let look = 0;
          const tick = (): number => (passedMs += (pauses[look++ % pauses.length] ?? 0) ** 8 / 40 ** 7);
          const clock = {
            ...createManualClock(),
            now: () => Math.floor(1_000_000 + phase + tick()),
            sinceBoot: { bootId: "boot", ms: () => tick() },
          };
          const time = bindStoreClock(clock, { bootId: "boot", wall: 1_000_000, bootMs: 0 });
          for (let call = 0; call < 100; call += 1) expect(time.lagMs()).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("begins anew with the machine, and is the wall clock's where the machine has none", () => {
    const clock = createManualClock();
    const stored = { bootId: "before", wall: 5, bootMs: 1 };
    expect(bindStoreClock(clock, stored)).toMatchObject({ anchor: { bootId: "manual", wall: clock.now(), bootMs: 0 } });
    const { now, monotonicMs, sleep } = clock;
    const plain = bindStoreClock({ now, monotonicMs, sleep }, stored);
    clock.setWall(77);
    expect([plain.anchor, plain.now(), plain.lagMs()]).toEqual([null, 77, 0]);
  });

  it("tells instants on the wall clock, but for ends of calendar periods, which are there already", () => {
    const hold = (budgetId: string, span: HoldClaim["span"]): HoldClaim => ({
      key: budgetId,
      budgetId,
      limitPico: 1n,
      amountPico: 1n,
      breach: "block",
      span,
    });
    const holds = [
      hold("month", { kind: "calendar", period: { from: 0, to: 900 } }),
      hold("rolling", { kind: "rolling", windowMs: 5 }),
    ];
    const budget = { limitPico: 1n, spentPico: 1n, heldPico: 0n, breach: "block" } as const;
    const window = { limitId: "w", metric: "calls", capacity: 1, windowMs: 5, remaining: 0, resetAt: 105 } as const;
    const admitted: AdmitResult = {
      kind: "admitted",
      at: 100,
      states: {
        windows: [window],
        leases: [],
        budgets: [
          { ...budget, budgetId: "month", resetAt: 900 },
          { ...budget, budgetId: "rolling", resetAt: 105 },
        ],
      },
    };
    expect(resultOnWall(admitted, { holds }, 0)).toBe(admitted);
    expect(resultOnWall(admitted, { holds }, 30)).toMatchObject({
      at: 130,
      states: { windows: [{ resetAt: 135 }], budgets: [{ resetAt: 900 }, { resetAt: 135 }] },
    });
    const refused = (budgetId: string, resetAt: number | null): AdmitResult => ({
      kind: "refused",
      at: 100,
      refusal: { kind: "budget", budgetId, limitPico: 1n, spentPico: 1n, heldPico: 0n, amountPico: 1n, resetAt },
    });
    expect(resultOnWall(refused("month", 900), { holds }, 30)).toMatchObject({ at: 130, refusal: { resetAt: 900 } });
    expect(resultOnWall(refused("rolling", 105), { holds }, 30)).toMatchObject({ refusal: { resetAt: 135 } });
    expect(resultOnWall(refused("rolling", null), { holds }, 30)).toMatchObject({ refusal: { resetAt: null } });
  });

  it("takes back from the earlier, and adds from the later, of the instants a fact can mean", () => {
    const of = (amountPico: bigint, lagMs: number): number =>
      spendingOnStore({ spendingId: "s", claims: [], amountPico, at: 100 }, lagMs).at;
    expect([of(-1n, 30), of(-1n, -30), of(1n, 30), of(1n, -30), of(1n, 0)]).toEqual([70, 100, 100, 130, 100]);
  });
});
