import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarFitsAt, fitsBudget, rollingFitsAt, rollingResetAt, spentInWindow } from "./budget-window.ts";

const windowMs = 20;

const spending = fc
  .array(fc.record({ stamp: fc.integer({ min: 100, max: 140 }), amountPico: fc.bigInt({ min: 0n, max: 2n ** 70n }) }), {
    maxLength: 20,
  })
  .map((entries) => entries.toSorted((a, b) => a.stamp - b.stamp));

describe("budget arithmetic", () => {
  it("fits up to the last pico and not beyond, at any size", () => {
    const limit = 2n ** 66n;
    expect(fitsBudget(limit, 2n ** 65n, 2n ** 65n - 1n, 1n)).toBe(true);
    expect(fitsBudget(limit, 2n ** 65n, 2n ** 65n - 1n, 2n)).toBe(false);
  });

  it("spends over (t - window, t] exactly", () => {
    fc.assert(
      fc.property(spending, fc.integer({ min: 140, max: 180 }), (spent, t) => {
        const within = spent.filter(({ stamp }) => stamp > t - windowMs && stamp <= t);
        expect(spentInWindow(spent, windowMs, t)).toBe(within.reduce((sum, { amountPico }) => sum + amountPico, 0n));
      }),
      { numRuns: 200 },
    );
  });

  it("names the first instant at which a claim fits a rolling budget", () => {
    const limits = fc.bigInt({ min: 0n, max: 2n ** 71n });
    fc.assert(
      fc.property(spending, limits, limits, (spent, limitPico, amountPico) => {
        const t = 141;
        const instants = Array.from({ length: windowMs + 1 }, (_, index) => t + index);
        const first = instants.find((at) => fitsBudget(limitPico, spentInWindow(spent, windowMs, at), 0n, amountPico));
        expect(rollingFitsAt(spent, [], limitPico, windowMs, t, amountPico)).toBe(first ?? null);
      }),
      { numRuns: 300 },
    );
  });

  it("takes open holds for spent at their stamps, and never names a past instant", () => {
    const holds = [{ stamp: 130, amountPico: 60n }];
    expect(rollingFitsAt([], holds, 100n, windowMs, 141, 50n)).toBe(150);
    expect(rollingFitsAt([], holds, 100n, windowMs, 200, 50n)).toBe(200);
  });

  it("resets a rolling budget with its last spending, and not at all without any", () => {
    expect(rollingResetAt([], windowMs, 141)).toBeNull();
    const spent = [
      { stamp: 120, amountPico: 5n },
      { stamp: 130, amountPico: 5n },
      { stamp: 135, amountPico: 0n },
    ];
    expect(rollingResetAt(spent, windowMs, 141)).toBe(150);
    expect(rollingResetAt(spent, windowMs, 150)).toBeNull();
  });

  it("resets a calendar budget with its period, unless the claim is more than the whole budget", () => {
    expect(calendarFitsAt(500, 100n, 100n)).toBe(500);
    expect(calendarFitsAt(500, 100n, 101n)).toBeNull();
  });
});
