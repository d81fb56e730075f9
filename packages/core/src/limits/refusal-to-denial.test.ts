import { describe, expect, it } from "vitest";
import type { Refusal } from "../ports/limit-store.port.ts";
import { usd } from "../money/decimal.ts";
import { refusalToDenial } from "./refusal-to-denial.ts";

const now = Date.UTC(2026, 0, 15, 12);
const monthEnd = Date.UTC(2026, 1, 1);

type WindowRefusal = Extract<Refusal, { kind: "window" }>;
type BudgetRefusal = Extract<Refusal, { kind: "budget" }>;

const windowRefusal = (some: Partial<WindowRefusal> = {}): WindowRefusal => ({
  kind: "window",
  limitId: "calls-1m",
  metric: "calls",
  capacity: 10,
  remaining: 0,
  fitsAt: now + 42_000,
  ...some,
});

const budgetRefusal = (some: Partial<BudgetRefusal> = {}): BudgetRefusal => ({
  kind: "budget",
  budgetId: "budget-month",
  limitPico: usd("10"),
  spentPico: usd("9"),
  heldPico: 0n,
  amountPico: usd("2"),
  resetAt: monthEnd,
  ...some,
});

describe("the denial of a full window", () => {
  it("says which limit, when it fits and how long to wait", () => {
    expect(refusalToDenial(windowRefusal(), now)).toEqual({
      code: "rate_limited",
      message: "limit calls-1m of 10 calls is used up; retry after 42s",
      limitId: "calls-1m",
      limit: 10,
      remaining: 0,
      resetAt: now + 42_000,
      waitFor: "reset",
      retryAfterMs: 42_000,
    });
  });

  it.each([
    [1, "1s"],
    [1_000, "1s"],
    [1_001, "2s"],
    [59_001, "1m"],
    [90_000, "90s"],
    [0, "1s"],
  ])("speaks of whole seconds, rounded up: %d ms is %s, and the number stays exact", (waitMs, text) => {
    const denial = refusalToDenial(windowRefusal({ fitsAt: now + waitMs }), now);
    expect(denial.message).toBe(`limit calls-1m of 10 calls is used up; retry after ${text}`);
    expect(denial.retryAfterMs).toBe(waitMs);
  });

  it("never asks to wait a negative time", () => {
    expect(refusalToDenial(windowRefusal({ fitsAt: now - 5 }), now)).toMatchObject({
      waitFor: "reset",
      retryAfterMs: 0,
      resetAt: now - 5,
    });
  });

  it("says what is left, for a smaller call may fit now", () => {
    const denial = refusalToDenial(windowRefusal({ limitId: "tokens-1m", metric: "tokens", remaining: 7 }), now);
    expect(denial).toMatchObject({
      remaining: 7,
      message: "limit tokens-1m of 10 tokens is used up; retry after 42s",
    });
  });

  it("tells a call that can never fit to become smaller, not to wait", () => {
    const refusal = windowRefusal({
      limitId: "tokens-1m",
      metric: "tokens",
      capacity: 500,
      remaining: 500,
      fitsAt: null,
    });
    expect(refusalToDenial(refusal, now)).toEqual({
      code: "rate_limited",
      message: "this call alone needs more tokens than the limit tokens-1m of 500 allows; make it smaller",
      limitId: "tokens-1m",
      limit: 500,
      remaining: 500,
      resetAt: null,
      waitFor: null,
      retryAfterMs: null,
    });
  });

  it("tells a call under a limit of 0 to ask for a larger limit, because no size and no time helps", () => {
    expect(refusalToDenial(windowRefusal({ capacity: 0, fitsAt: null }), now)).toMatchObject({
      message: "limit calls-1m of 0 admits no call; ask for a larger one",
      limit: 0,
      resetAt: null,
      waitFor: null,
      retryAfterMs: null,
    });
  });
});

describe("the denial of a full house", () => {
  it("says that a call in flight has to end, and guesses a second", () => {
    expect(refusalToDenial({ kind: "lease", limitId: "concurrent", capacity: 3 }, now)).toEqual({
      code: "rate_limited",
      message: "3 calls are in flight, the most concurrent allows; retry when one has ended",
      limitId: "concurrent",
      limit: 3,
      remaining: 0,
      resetAt: now + 1_000,
      waitFor: "calls-in-flight",
      retryAfterMs: 1_000,
    });
  });

  it("with no places at all does not ask to wait", () => {
    expect(refusalToDenial({ kind: "lease", limitId: "concurrent", capacity: 0 }, now)).toMatchObject({
      message: "limit concurrent of 0 admits no call; ask for a larger one",
      resetAt: null,
      waitFor: null,
      retryAfterMs: null,
    });
  });
});

describe("the denial of a budget", () => {
  const lead = "this call may cost up to $2, and budget budget-month of $10 has";

  it("that is spent says when its period ends", () => {
    expect(refusalToDenial(budgetRefusal(), now)).toEqual({
      code: "budget_exceeded",
      message: `${lead} $1 left; it is full again at 2026-02-01T00:00:00.000Z`,
      limitId: "budget-month",
      limit: "10",
      remaining: "1",
      resetAt: monthEnd,
      waitFor: "reset",
      retryAfterMs: monthEnd - now,
    });
  });

  it.each<[string, Partial<BudgetRefusal>, string, number | null]>([
    [
      "held by calls in flight asks to retry in a moment",
      { spentPico: usd("5"), heldPico: usd("4") },
      `${lead} $1 left; calls in flight hold the rest; retry in a moment`,
      1_000,
    ],
    [
      "that would just do without the holds asks to retry in a moment",
      { spentPico: usd("8"), heldPico: usd("0.5") },
      `${lead} $1.5 left; calls in flight hold the rest; retry in a moment`,
      1_000,
    ],
    [
      "that would not do without the holds either says when its period ends",
      { spentPico: usd("8.000000000001"), heldPico: usd("1") },
      `${lead} $0.999999999999 left; it is full again at 2026-02-01T00:00:00.000Z`,
      monthEnd - now,
    ],
    [
      "that is overdrawn has nothing left, not less",
      { spentPico: usd("12") },
      `${lead} $0 left; it is full again at 2026-02-01T00:00:00.000Z`,
      monthEnd - now,
    ],
    [
      "as large as the call fits at the end of the period",
      { limitPico: usd("2"), spentPico: 1n },
      "this call may cost up to $2, and budget budget-month of $2 has $1.999999999999 left; it is full again at 2026-02-01T00:00:00.000Z",
      monthEnd - now,
    ],
    [
      "smaller than the call never fits: less output or a larger budget helps",
      { limitPico: usd("1.5"), spentPico: 0n, resetAt: null },
      "this call may cost up to $2, and budget budget-month of $1.5 has $1.5 left; ask for less output or a larger budget",
      null,
    ],
    [
      "smaller than the call never fits, even where the period's end is told",
      { limitPico: usd("1.5"), spentPico: usd("1") },
      "this call may cost up to $2, and budget budget-month of $1.5 has $0.5 left; ask for less output or a larger budget",
      null,
    ],
    [
      "of which nobody knows when it has room does not promise a time",
      { resetAt: null },
      `${lead} $1 left; ask for less output or a larger budget`,
      null,
    ],
    [
      "whose period has just ended never asks to wait a negative time",
      { resetAt: now - 10 },
      `${lead} $1 left; it is full again at 2026-01-15T11:59:59.990Z`,
      0,
    ],
  ])("%s", (_name, some, message, retryAfterMs) => {
    expect(refusalToDenial(budgetRefusal(some), now)).toMatchObject({ code: "budget_exceeded", message, retryAfterMs });
  });

  it("says what waiting would be for: calls in flight, the reset, or nothing", () => {
    const waitFor = (some: Partial<BudgetRefusal>): unknown => refusalToDenial(budgetRefusal(some), now).waitFor;
    expect(waitFor({ spentPico: usd("5"), heldPico: usd("4") })).toBe("calls-in-flight");
    expect(waitFor({ spentPico: usd("9"), heldPico: 0n })).toBe("reset");
    expect(waitFor({ spentPico: usd("9"), heldPico: 0n, resetAt: null })).toBeNull();
    expect(waitFor({ limitPico: usd("1"), spentPico: 0n, heldPico: 0n })).toBeNull();
  });
});
