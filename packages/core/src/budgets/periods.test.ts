import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdsFor } from "../limits/claims.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import { aTenant, aTier } from "../testing/builders.ts";
import { formatInstant } from "../time/instant.ts";
import { type CalendarUnit, eachPeriod, type Period } from "../time/period.ts";

const who = { tenantId: "a", userId: null, sessionId: null, feature: null, featuresUsed: [], keyId: null };
const units: readonly CalendarUnit[] = ["hour", "day", "week", "month", "year"];
const hourMs = 3_600_000;

/** The period in which a budget of this unit counts at an instant, and the one it inherits from. */
function countedIn(
  unit: CalendarUnit,
  now: number,
  timeZone: string,
): { readonly period: Period; readonly previous: Period } {
  const budget = {
    id: "b",
    limitPico: 1n,
    span: { kind: "calendar", unit },
    scope: "tenant",
    breach: "block",
  } as const;
  const policy = resolvePolicy(aTier({ budgets: [{ ...budget, rolloverPico: 1n }] }), aTenant());
  const [claim] = holdsFor(policy, who, { now, timeZone }, 1n);
  if (claim?.span.kind !== "calendar" || claim.rollover === undefined) throw new Error("no calendar claim");
  return { period: claim.span.period, previous: claim.rollover.previous };
}

describe("the period of a budget", () => {
  it.each<[string, CalendarUnit, string, string, string, string, number]>([
    ["midnight is skipped", "day", "America/Santiago", "2024-09-08T12:00Z", "2024-09-08T04:00", "2024-09-09T03:00", 23],
    [
      "midnight is put back",
      "day",
      "America/Santiago",
      "2024-04-06T12:00Z",
      "2024-04-06T03:00",
      "2024-04-07T04:00",
      25,
    ],
    ["midnight is skipped", "day", "Asia/Beirut", "2024-03-31T12:00Z", "2024-03-30T22:00", "2024-03-31T21:00", 23],
    ["midnight is put back", "day", "Asia/Beirut", "2024-10-26T12:00Z", "2024-10-25T21:00", "2024-10-26T22:00", 25],
    [
      "the clock goes on by half an hour",
      "day",
      "Australia/Lord_Howe",
      "2024-10-06T00:00Z",
      "2024-10-05T13:30",
      "2024-10-06T13:00",
      23.5,
    ],
    [
      "the clock goes back by half an hour",
      "day",
      "Australia/Lord_Howe",
      "2024-04-07T00:00Z",
      "2024-04-06T13:00",
      "2024-04-07T13:30",
      24.5,
    ],
    [
      "the offset has quarters of an hour",
      "day",
      "Pacific/Chatham",
      "2024-09-29T00:00Z",
      "2024-09-28T11:15",
      "2024-09-29T10:15",
      23,
    ],
    ["the date line moves", "day", "Pacific/Apia", "2011-12-30T12:00Z", "2011-12-30T10:00", "2011-12-31T10:00", 24],
    ["the date line moves", "month", "Pacific/Apia", "2011-12-15T00:00Z", "2011-12-01T10:00", "2011-12-31T10:00", 720],
    [
      "the date line moves",
      "day",
      "Pacific/Kwajalein",
      "1993-08-21T13:00Z",
      "1993-08-21T12:00",
      "1993-08-22T12:00",
      24,
    ],
    ["a week loses an hour", "week", "Europe/Berlin", "2024-03-28T00:00Z", "2024-03-24T23:00", "2024-03-31T22:00", 167],
    ["a week gains an hour", "week", "Europe/Berlin", "2024-10-27T12:00Z", "2024-10-20T22:00", "2024-10-27T23:00", 169],
    [
      "a year is a leap year",
      "month",
      "Asia/Kathmandu",
      "2024-02-29T18:14:59Z",
      "2024-01-31T18:15",
      "2024-02-29T18:15",
      696,
    ],
    ["a century is none", "month", "UTC", "2100-02-28T23:59Z", "2100-02-01T00:00", "2100-03-01T00:00", 672],
    [
      "a month's last moment",
      "month",
      "America/New_York",
      "2026-03-01T04:59:59Z",
      "2026-02-01T05:00",
      "2026-03-01T05:00",
      672,
    ],
    ["a year ends", "year", "Pacific/Kiritimati", "2026-12-31T09:59:59Z", "2025-12-31T10:00", "2026-12-31T10:00", 8760],
  ])("is right where %s: the %s in %s at %s", (_name, unit, timeZone, at, from, to, hours) => {
    const { period } = countedIn(unit, Date.parse(at), timeZone);
    expect([period.from, period.to].map(formatInstant)).toEqual([`${from}:00.000Z`, `${to}:00.000Z`]);
    expect((period.to - period.from) / hourMs).toBe(hours);
  });

  it("is one of a row without gap or overlap, for every instant of a year in every zone", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const years = fc.integer({ min: 1971, max: 2037 });
    fc.assert(
      fc.property(
        fc.constantFrom(...units),
        fc.constantFrom(...zones),
        years,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (unit, timeZone, year, share) => {
          const start = Date.UTC(year, 0, 1);
          const length = unit === "hour" ? 40 * 24 * hourMs : 366 * 24 * hourMs;
          const from = start + Math.floor(share * (366 * 24 * hourMs));
          const row = eachPeriod(unit, { from, to: from + length }, timeZone);
          for (const [index, next] of row.slice(1).entries()) expect(next.from).toBe(row[index]?.to);
          for (const at of [from, from + Math.floor(share * length), from + length - 1]) {
            const holding = row.filter((period) => period.from <= at && at < period.to);
            expect(holding).toHaveLength(1);
            const { period, previous } = countedIn(unit, at, timeZone);
            expect(holding[0]).toEqual(period);
            // What a period inherits comes from the one that ends where it begins.
            expect(previous.to).toBe(period.from);
            expect(countedIn(unit, previous.from, timeZone).period).toEqual(previous);
          }
        },
      ),
      { numRuns: 120 },
    );
  });
});
