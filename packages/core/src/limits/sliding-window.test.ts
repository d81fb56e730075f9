import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiredEntries, fitsWindow, readWindow, windowFitsAt, type WindowEntry } from "./sliding-window.ts";

const windowMs = 10;

const arrivals = fc.array(fc.record({ afterMs: fc.nat({ max: 8 }), amount: fc.nat({ max: 5 }) }), { maxLength: 40 });

interface Arrival {
  readonly stamp: number;
  readonly amount: number;
  readonly admitted: boolean;
}

/** What the algorithm makes of a sequence of arrivals. */
function admit(sequence: readonly { afterMs: number; amount: number }[], capacity: number): Arrival[] {
  const entries: WindowEntry[] = [];
  let t = 1_000;
  return sequence.map(({ afterMs, amount }) => {
    t += afterMs;
    const admitted = fitsWindow(entries, capacity, windowMs, t, amount);
    if (admitted) entries.push({ stamp: t, amount });
    return { stamp: t, amount, admitted };
  });
}

function amountWithin(list: readonly Arrival[], from: number, to: number): number {
  return list
    .filter(({ admitted, stamp }) => admitted && stamp > from && stamp <= to)
    .reduce((sum, { amount }) => sum + amount, 0);
}

describe("the sliding window", () => {
  it("never admits more than its capacity into any window of its length, wherever it starts", () => {
    fc.assert(
      fc.property(arrivals, fc.nat({ max: 9 }), (sequence, capacity) => {
        const list = admit(sequence, capacity);
        const last = list.at(-1)?.stamp ?? 0;
        for (let start = 980; start <= last; start += 1) {
          expect(amountWithin(list, start, start + windowMs)).toBeLessThanOrEqual(capacity);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("refuses only what would not have fitted: never fewer than the definition admits", () => {
    fc.assert(
      fc.property(arrivals, fc.nat({ max: 9 }), (sequence, capacity) => {
        const list = admit(sequence, capacity);
        for (const [index, { stamp, amount, admitted }] of list.entries()) {
          const before = amountWithin(list.slice(0, index), stamp - windowMs, stamp);
          expect(admitted).toBe(before + amount <= capacity);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("names the earliest instant at which a claim fits", () => {
    fc.assert(
      fc.property(arrivals, fc.nat({ max: 9 }), fc.nat({ max: 12 }), (sequence, capacity, amount) => {
        const entries = admit(sequence, capacity).filter(({ admitted }) => admitted);
        const t = (entries.at(-1)?.stamp ?? 1_000) + 1;
        const instants = Array.from({ length: windowMs + 2 }, (_, index) => t + index);
        const earliest = instants.find((at) => readWindow(entries, capacity, windowMs, at).used + amount <= capacity);
        expect(windowFitsAt(entries, capacity, windowMs, t, amount)).toBe(earliest ?? null);
      }),
      { numRuns: 300 },
    );
  });

  it("finds room after a debt only when enough of it has left", () => {
    const entries = [
      { stamp: 100, amount: 25 },
      { stamp: 105, amount: 4 },
    ];
    expect(readWindow(entries, 10, windowMs, 106)).toEqual({ used: 29, remaining: 0, resetAt: 115 });
    expect(windowFitsAt(entries, 10, windowMs, 106, 6)).toBe(110);
    expect(windowFitsAt(entries, 10, windowMs, 106, 7)).toBe(115);
    expect(windowFitsAt(entries, 10, windowMs, 106, 11)).toBeNull();
  });

  it("is empty, now, when only nothing was taken", () => {
    expect(readWindow([{ stamp: 99, amount: 0 }], 10, windowMs, 100)).toEqual({ used: 0, remaining: 10, resetAt: 100 });
  });

  it("lets an entry go exactly one window after its stamp", () => {
    const entries = [{ stamp: 100 }, { stamp: 101 }];
    expect(expiredEntries(entries, windowMs, 109)).toBe(0);
    expect(expiredEntries(entries, windowMs, 110)).toBe(1);
    expect(expiredEntries(entries, windowMs, 111)).toBe(2);
  });
});
