import type { AdmitRequest, HoldClaim, LimitStore, Period, SettledLimits, WindowClaim } from "@tenantry/core";
import { createManualClock, createMemoryLimitStore } from "@tenantry/core/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openSqliteStorage } from "../src/index.ts";

const window: fc.Arbitrary<WindowClaim> = fc.record({
  key: fc.constantFrom("w", "x"),
  limitId: fc.constantFrom("one", "two"),
  metric: fc.constantFrom("calls", "tokens"),
  // Limits that go down while a window is full, and two lengths under one key.
  capacity: fc.constantFrom(1, 2, 3, 30),
  windowMs: fc.constantFrom(1_000, 1_000, 5_000),
  amount: fc.constantFrom(0, 1, 1, 1, 2, 10),
});
const hold: fc.Arbitrary<HoldClaim> = fc.record({
  key: fc.constantFrom("b", "c"),
  budgetId: fc.constant("budget"),
  limitPico: fc.constantFrom(1n, 3n, 90n, 2n ** 66n),
  span: fc.constantFrom<HoldClaim["span"]>(
    { kind: "rolling", windowMs: 2_000 },
    { kind: "rolling", windowMs: 2_000 },
    { kind: "rolling", windowMs: 6_000 },
    { kind: "calendar", period: { from: 0, to: 8_640_000_000_000 } },
  ),
  amountPico: fc.constantFrom(0n, 1n, 1n, 30n, 2n ** 65n),
  breach: fc.constantFrom("block", "block", "warn"),
  alertAtPercent: fc.constantFrom([], [80, 100], [50]),
});
const [lastMonth, thisMonth, nextMonth] = [11, 12, 13].map((month) => ({
  from: Date.UTC(2025, month, 1),
  to: Date.UTC(2025, month + 1, 1),
})) as [Period, Period, Period];
/** At most one a request: what a period inherits is then not claimed in the same breath. */
const rolled: fc.Arbitrary<HoldClaim> = fc
  .record({
    key: fc.constantFrom("r", "s"),
    budgetId: fc.constant("rolled"),
    limitPico: fc.constantFrom(3n, 90n, 120n),
    amountPico: fc.constantFrom(0n, 1n, 30n, 60n),
    breach: fc.constantFrom("block", "block", "warn"),
    alertAtPercent: fc.constantFrom([50, 80, 100], [80]),
    span: fc.constant({ kind: "calendar", period: nextMonth } as const),
    rollover: fc.constant({ previous: thisMonth, previousLimitPico: 90n, atMostPico: 40n }),
  })
  .chain((claim) =>
    fc.constantFrom(claim, {
      ...claim,
      span: { kind: "calendar", period: thisMonth },
      rollover: { previous: lastMonth, previousLimitPico: 90n, atMostPico: 70n },
    } as const),
  );
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("admit" as const),
      windows: fc.array(window, { maxLength: 3 }),
      leases: fc.array(fc.constant({ key: "l", limitId: "l", capacity: 4 }), { maxLength: 2 }),
      holds: fc.array(hold, { maxLength: 3 }),
      rolled: fc.array(rolled, { maxLength: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat(),
      tokens: fc.option(fc.integer({ min: 0, max: 6 })),
      spentPico: fc.constantFrom(0n, 1n, 1n, 2n, 40n, 2n ** 65n),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("late" as const),
      id: fc.constantFrom("f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8"),
      holds: fc.array(hold, { maxLength: 2 }),
      amountPico: fc.constantFrom(0n, 1n, 5n, 2n ** 65n, -1n, -3n, -(2n ** 65n)),
      agoMs: fc.constantFrom(0, 1, 300, 1_999, 3_000, 70_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.constantFrom(1, 300, 1_000, 2_500, -4_000) }),
  },
);

/** Claims every key's longest window first, because a store keeps no longer than it has been asked to. */
const longest: AdmitRequest = {
  callId: "first",
  attemptId: "first",
  windows: ["w", "x"].map((key) => ({ key, limitId: key, metric: "calls", capacity: 9, windowMs: 5_000, amount: 0 })),
  leases: [],
  holds: ["b", "c"].map((key) => ({
    key,
    budgetId: key,
    limitPico: 1n,
    span: { kind: "rolling", windowMs: 6_000 },
    amountPico: 0n,
    breach: "block",
  })),
};

interface Ended {
  readonly id: string;
  readonly spentPico: bigint;
  readonly tokens: number | null;
  readonly claims: readonly HoldClaim[];
}

async function end(of: LimitStore, { id, spentPico, tokens, claims }: Ended): Promise<SettledLimits> {
  const settled = await of.settle({ callId: id, attemptId: id, spentPico, claims });
  await of.release({ callId: id, tokens });
  return settled;
}

it("answers as the memory store does, also when limits shrink, windows share keys and the clock steps back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const clock = createManualClock();
      const storage = await openSqliteStorage({ path: ":memory:" }, { clock });
      const memory = createMemoryLimitStore({ clock });
      expect(await storage.limits.admit(longest)).toEqual(await memory.admit(longest));
      const open = ["first"];
      const claimed = new Map<string, readonly HoldClaim[]>();
      for (const [n, one] of steps.entries()) {
        if (one.kind === "time") {
          if (one.ms > 0) await clock.advance(one.ms);
          else clock.setWall(clock.now() + one.ms);
        } else if (one.kind === "late") {
          const { id: spendingId, holds: claims, amountPico, agoMs } = one;
          const spending = { spendingId, claims, amountPico, at: clock.now() - agoMs };
          await storage.limits.spend(spending);
          await memory.spend(spending);
        } else if (one.kind === "end") {
          const id = open.splice(one.which % Math.max(1, open.length), 1)[0] ?? "unknown";
          const ended = { ...one, id, claims: claimed.get(id) ?? [] };
          expect(await end(storage.limits, ended)).toEqual(await end(memory, ended));
        } else {
          const { windows, leases } = one;
          const holds = [...one.holds, ...one.rolled];
          const request: AdmitRequest = { windows, leases, holds, callId: `${n}`, attemptId: `${n}` };
          claimed.set(`${n}`, holds);
          const answer = await storage.limits.admit(request);
          expect(answer).toEqual(await memory.admit(request));
          if (answer.kind === "admitted") open.push(`${n}`);
          expect(await storage.limits.peek(request)).toEqual(await memory.peek(request));
        }
      }
      await storage.close();
    }),
    { numRuns: 250 },
  );
}, 60_000);

it("counts what is admitted after the clock stepped back behind what a refused claim had let go", async () => {
  const clock = createManualClock();
  const storage = await openSqliteStorage({ path: ":memory:" }, { clock });
  const claim: WindowClaim = { key: "w", limitId: "one", metric: "calls", capacity: 1, windowMs: 1_000, amount: 1 };
  const admit = async (id: string, amount = 1): Promise<string> => {
    const request = { callId: id, attemptId: id, windows: [{ ...claim, amount }], leases: [], holds: [] };
    return (await storage.limits.admit(request)).kind;
  };
  expect(await admit("first")).toBe("admitted");
  await clock.advance(1_000);
  expect(await admit("too much", 2)).toBe("refused");
  clock.setWall(clock.now() - 8_000);
  expect(await admit("second")).toBe("admitted");
  expect(await admit("third")).toBe("refused");
  await storage.close();
});

it("keeps what two claims of one request draw from a period that nothing was ever claimed of", async () => {
  const clock = createManualClock();
  const storage = await openSqliteStorage({ path: ":memory:" }, { clock });
  const memory = createMemoryLimitStore({ clock });
  const claim = (amountPico: bigint, period: Period, previous: Period): HoldClaim => ({
    key: "k",
    budgetId: `of ${amountPico}`,
    limitPico: 100n,
    amountPico,
    breach: "block",
    span: { kind: "calendar", period },
    rollover: { previous, previousLimitPico: 90n, atMostPico: 90n },
  });
  const requests = [
    [claim(120n, thisMonth, lastMonth), claim(60n, thisMonth, lastMonth)],
    // Of the 90 of December January has taken 80.
    [{ ...claim(10n, lastMonth, { from: 0, to: lastMonth.from }), limitPico: 90n }],
  ];
  for (const [n, holds] of requests.entries()) {
    const request: AdmitRequest = { callId: `${n}`, attemptId: `${n}`, windows: [], leases: [], holds };
    const answer = await storage.limits.admit(request);
    expect(answer).toEqual(await memory.admit(request));
    expect(answer.kind).toBe("admitted");
    expect(await storage.limits.peek(request)).toEqual(await memory.peek(request));
  }
  await storage.close();
});
