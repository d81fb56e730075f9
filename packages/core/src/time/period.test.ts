import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatInstant } from "./instant.ts";
import { type CalendarUnit, calendarPeriod, eachPeriod, type Period, previousPeriod } from "./period.ts";

const HOUR_MS = 3_600_000;
const units: CalendarUnit[] = ["hour", "day", "week", "month", "year"];
const zones = [
  "UTC",
  "Europe/Dublin",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "America/Havana",
  "America/Scoresbysund",
  "America/Caracas",
  "America/Toronto",
  "Asia/Pyongyang",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Asia/Gaza",
  "Asia/Amman",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Africa/Monrovia",
  "Antarctica/Troll",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Pacific/Kwajalein",
];
const firstInstant = Date.UTC(1970, 0, 1);
const lastInstant = Date.UTC(2099, 11, 31);

const anyZone = fc.constantFrom(...zones);
const anyUnit = fc.constantFrom(...units);
// Half of the instants lie within two hours of an interesting one: random ones seldom meet a change.
const interesting = [
  "1919-03-31T04:30:00Z",
  "1972-01-07T00:44:30Z",
  "1993-08-21T12:00:00Z",
  "2006-10-29T02:31:00Z",
  "2011-12-30T10:00:00Z",
  "2016-05-01T07:00:00Z",
  "2018-02-18T02:00:00Z",
  "2018-05-04T15:00:00Z",
  "2018-11-04T03:00:00Z",
  "2020-02-29T00:00:00Z",
  "2024-02-29T23:59:59Z",
  "2024-03-10T05:00:00Z",
  "2024-03-30T22:00:00Z",
  "2024-03-31T01:00:00Z",
  "2024-04-06T15:00:00Z",
  "2024-04-25T22:00:00Z",
  "2024-10-05T15:30:00Z",
  "2024-10-27T01:00:00Z",
  "2024-10-31T21:00:00Z",
  "2024-11-03T05:00:00Z",
  "2000-12-31T23:00:00Z",
].map((text) => Date.parse(text));
const anyInstant = fc.oneof(
  fc.integer({ min: firstInstant, max: lastInstant }),
  fc
    .tuple(fc.constantFrom(...interesting), fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }))
    .map(([at, distance]) => at + distance),
);

function at(text: string): number {
  return Date.parse(text);
}

function shown(period: Period): string {
  return `${formatInstant(period.from)} ${formatInstant(period.to)}`;
}

/** What a wall clock in the zone shows, by a formatter of another locale than the code under test uses. */
function wallClock(instant: number, timeZone: string): string {
  return new Date(instant).toLocaleString("sv-SE", { timeZone });
}

function isStart(unit: CalendarUnit, clock: string): boolean {
  const [date = "", time = ""] = clock.split(" ");
  if (unit === "hour") return time.endsWith(":00:00");
  if (time !== "00:00:00") return false;
  if (unit === "week") return new Date(`${date}T00:00:00Z`).getUTCDay() === 1;
  return date.endsWith({ day: "", month: "-01", year: "-01-01" }[unit]);
}

describe("calendarPeriod", () => {
  it.each<[CalendarUnit, string, string, string, string]>([
    ["hour", "UTC", "2026-11-23T09:30:00Z", "2026-11-23T09:00:00.000Z", "2026-11-23T10:00:00.000Z"],
    ["day", "UTC", "2026-11-23T09:30:00Z", "2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z"],
    ["week", "UTC", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00.000Z", "2026-11-30T00:00:00.000Z"],
    ["week", "UTC", "2026-11-22T23:59:59Z", "2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"],
    ["month", "UTC", "2024-02-29T12:00:00Z", "2024-02-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z"],
    ["month", "UTC", "2026-12-31T23:59:59.999Z", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
    ["year", "UTC", "2024-12-31T23:59:59Z", "2024-01-01T00:00:00.000Z", "2025-01-01T00:00:00.000Z"],
    ["month", "America/New_York", "2026-11-30T23:00:00Z", "2026-11-01T04:00:00.000Z", "2026-12-01T05:00:00.000Z"],
    ["hour", "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2025-12-31T23:15:00.000Z", "2026-01-01T00:15:00.000Z"],
    ["day", "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2025-12-31T18:15:00.000Z", "2026-01-01T18:15:00.000Z"],
    ["day", "Europe/Dublin", "2024-03-31T12:00:00Z", "2024-03-31T00:00:00.000Z", "2024-03-31T23:00:00.000Z"],
    ["day", "Europe/Dublin", "2024-10-27T12:00:00Z", "2024-10-26T23:00:00.000Z", "2024-10-28T00:00:00.000Z"],
    ["day", "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00.000Z", "2018-11-05T02:00:00.000Z"],
    ["day", "America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00.000Z", "2018-02-18T03:00:00.000Z"],
    ["day", "America/Havana", "2024-03-10T12:00:00Z", "2024-03-10T05:00:00.000Z", "2024-03-11T04:00:00.000Z"],
    ["day", "America/Havana", "2024-11-03T05:30:00Z", "2024-11-03T04:00:00.000Z", "2024-11-04T05:00:00.000Z"],
    ["day", "Asia/Beirut", "2024-03-31T12:00:00Z", "2024-03-30T22:00:00.000Z", "2024-03-31T21:00:00.000Z"],
    ["day", "Africa/Cairo", "2024-04-26T12:00:00Z", "2024-04-25T22:00:00.000Z", "2024-04-26T21:00:00.000Z"],
    ["day", "Africa/Cairo", "2024-10-31T12:00:00Z", "2024-10-30T21:00:00.000Z", "2024-10-31T22:00:00.000Z"],
    ["day", "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00.000Z", "2011-12-30T10:00:00.000Z"],
    ["day", "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00.000Z", "2011-12-31T10:00:00.000Z"],
    ["month", "Pacific/Apia", "2011-12-15T00:00:00Z", "2011-12-01T10:00:00.000Z", "2011-12-31T10:00:00.000Z"],
    ["hour", "Australia/Lord_Howe", "2024-04-06T14:40:00Z", "2024-04-06T14:00:00.000Z", "2024-04-06T15:00:00.000Z"],
    ["hour", "Australia/Lord_Howe", "2024-04-06T15:10:00Z", "2024-04-06T15:00:00.000Z", "2024-04-06T15:30:00.000Z"],
    ["hour", "Australia/Lord_Howe", "2024-10-05T15:40:00Z", "2024-10-05T15:30:00.000Z", "2024-10-05T16:00:00.000Z"],
    ["hour", "Europe/Dublin", "2024-10-27T00:30:00Z", "2024-10-27T00:00:00.000Z", "2024-10-27T01:00:00.000Z"],
    ["hour", "Europe/Dublin", "2024-10-27T01:30:00Z", "2024-10-27T01:00:00.000Z", "2024-10-27T02:00:00.000Z"],
    ["hour", "Africa/Monrovia", "1972-01-07T00:44:29Z", "1972-01-06T23:44:30.000Z", "1972-01-07T00:44:30.000Z"],
    ["hour", "America/Caracas", "2016-05-01T06:45:00Z", "2016-05-01T06:30:00.000Z", "2016-05-01T07:00:00.000Z"],
    ["hour", "America/Caracas", "2016-05-01T07:00:00Z", "2016-05-01T07:00:00.000Z", "2016-05-01T08:00:00.000Z"],
    ["day", "Asia/Pyongyang", "2018-05-04T15:00:00Z", "2018-05-04T15:00:00.000Z", "2018-05-05T15:00:00.000Z"],
    ["day", "America/Toronto", "1919-03-31T12:00:00Z", "1919-03-31T04:30:00.000Z", "1919-04-01T04:00:00.000Z"],
    ["hour", "America/Toronto", "1919-03-31T04:29:00Z", "1919-03-31T04:00:00.000Z", "1919-03-31T04:30:00.000Z"],
    ["hour", "America/Toronto", "1919-03-31T04:31:00Z", "1919-03-31T04:30:00.000Z", "1919-03-31T05:00:00.000Z"],
    ["hour", "Africa/Monrovia", "1972-01-07T00:44:30Z", "1972-01-07T00:44:30.000Z", "1972-01-07T01:00:00.000Z"],
  ])("the %s in %s at %s", (unit, zone, instant, from, to) => {
    expect(shown(calendarPeriod(unit, at(instant), zone))).toBe(`${from} ${to}`);
  });

  it("keeps the minutes a clock put back repeats after midnight in the day that had begun", () => {
    // St John's went from 00:01 back to 23:01: midnight came twice, and the first one counts.
    const day = "2006-10-29T02:30:00.000Z 2006-10-30T03:30:00.000Z";
    for (const instant of ["2006-10-29T02:30:30Z", "2006-10-29T02:45:00Z", "2006-10-29T03:30:00Z"]) {
      calendarPeriod("day", 0, "America/St_Johns"); // pushes the cached answer out
      expect(shown(calendarPeriod("day", at(instant), "America/St_Johns"))).toBe(day);
    }
  });

  it("contains the instant", () => {
    fc.assert(
      fc.property(anyUnit, anyInstant, anyZone, (unit, instant, zone) => {
        const period = calendarPeriod(unit, instant, zone);
        expect(period.from <= instant && instant < period.to).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("tiles the line: every instant of a period gives it, the ones at its edges give its neighbours", () => {
    fc.assert(
      fc.property(
        anyUnit,
        anyInstant,
        anyZone,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (unit, instant, zone, share) => {
          const period = calendarPeriod(unit, instant, zone);
          const within = period.from + Math.floor(share * (period.to - period.from - 1));
          for (const other of [period.from, within, period.to - 1]) {
            calendarPeriod(unit, other + 900 * 86_400_000, zone); // pushes the cached answer out
            expect(calendarPeriod(unit, other, zone)).toEqual(period);
          }
          expect(calendarPeriod(unit, period.to, zone).from).toBe(period.to);
          expect(calendarPeriod(unit, period.from - 1, zone).to).toBe(period.from);
          expect(previousPeriod(unit, period, zone).to).toBe(period.from);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("starts when the wall clock shows the start, or skips it", () => {
    fc.assert(
      fc.property(anyUnit, anyInstant, anyZone, (unit, instant, zone) => {
        const { from } = calendarPeriod(unit, instant, zone);
        const offset = (clock: number): number => at(`${wallClock(clock, zone).replace(" ", "T")}Z`) - clock;
        const changes = offset(from) !== offset(from - 1000);
        expect(changes || isStart(unit, wallClock(from, zone))).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it("keeps hours within days, days within months and weeks, months within years", () => {
    fc.assert(
      fc.property(anyInstant, anyZone, (instant, zone) => {
        const period = (unit: CalendarUnit): Period => calendarPeriod(unit, instant, zone);
        for (const [inner, outer] of [
          ["hour", "day"],
          ["day", "week"],
          ["day", "month"],
          ["month", "year"],
        ] as const) {
          expect(period(inner).from).toBeGreaterThanOrEqual(period(outer).from);
          expect(period(inner).to).toBeLessThanOrEqual(period(outer).to);
        }
        expect(period("hour").to - period("hour").from).toBeLessThanOrEqual(HOUR_MS);
      }),
      { numRuns: 1000 },
    );
  });

  it("answers alike whatever was asked before, in any zone of the database", () => {
    const all = Intl.supportedValuesOf("timeZone");
    const instant = at("2024-07-01T12:00:00Z");
    const once = all.map((zone) => calendarPeriod("day", instant, zone));
    expect(all.map((zone) => calendarPeriod("day", instant, zone))).toEqual(once);
    expect(once.every(({ from, to }) => from <= instant && instant < to)).toBe(true);
  });

  it("gives a frozen period, the same one while it lasts", () => {
    const period = calendarPeriod("month", at("2026-11-23T00:00:00Z"), "Europe/Berlin");
    expect(Object.isFrozen(period)).toBe(true);
    expect(calendarPeriod("month", at("2026-11-24T00:00:00Z"), "Europe/Berlin")).toBe(period);
  });

  it("refuses unknown zones and instants that are not whole or beyond four-digit years", () => {
    expect(() => calendarPeriod("day", 0, "Mars/Olympus")).toThrow(/unknown time zone/);
    expect(calendarPeriod("day", 0, "UTC")).toEqual({ from: 0, to: 86_400_000 });
    for (const instant of [
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      at("0999-12-31T00:00:00Z"),
      at("9999-01-01T00:00:00Z"),
    ]) {
      expect(() => calendarPeriod("day", instant, "UTC")).toThrow(RangeError);
    }
  });
});

interface ZonedDay {
  startOfDay(): ZonedDay;
  add(days: { days: number }): ZonedDay;
  with(fields: { day: number }): ZonedDay;
  readonly epochMilliseconds: number;
}
interface TemporalApi {
  Instant: {
    fromEpochMilliseconds(ms: number): { toZonedDateTimeISO(timeZone: string): ZonedDay };
  };
}
const temporal = (globalThis as { Temporal?: TemporalApi }).Temporal;

it.skipIf(temporal === undefined)("days and months are those of Temporal, in every zone of the database", () => {
  const everyZone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
  fc.assert(
    fc.property(fc.integer({ min: firstInstant, max: lastInstant }), everyZone, (instant, zone) => {
      const zoned = temporal!.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
      const from = zoned.startOfDay().epochMilliseconds;
      const to = zoned.add({ days: 1 }).startOfDay().epochMilliseconds;
      expect(calendarPeriod("day", instant, zone)).toEqual({ from, to });
      expect(calendarPeriod("month", instant, zone).from).toBe(zoned.with({ day: 1 }).startOfDay().epochMilliseconds);
    }),
    { numRuns: 2000 },
  );
});

describe("eachPeriod", () => {
  it("covers the range with whole periods that meet", () => {
    fc.assert(
      fc.property(
        anyUnit,
        anyInstant,
        fc.integer({ min: 1, max: 40 * 86_400_000 }),
        anyZone,
        (unit, from, length, zone) => {
          const range = { from, to: from + (unit === "hour" ? Math.ceil(length / 24) : length) };
          const periods = eachPeriod(unit, range, zone);
          expect(periods[0]).toEqual(calendarPeriod(unit, range.from, zone));
          expect(periods.at(-1)).toEqual(calendarPeriod(unit, range.to - 1, zone));
          for (const [index, period] of periods.slice(1).entries()) expect(period.from).toBe(periods[index]?.to);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("has 365 or 366 days a year, and one less where a day was skipped", () => {
    const daysOf = (year: number, zone: string): number =>
      eachPeriod("day", calendarPeriod("year", Date.UTC(year, 6), zone), zone).length;
    expect(daysOf(2023, "Europe/Dublin")).toBe(365);
    expect(daysOf(2024, "Europe/Dublin")).toBe(366);
    expect(daysOf(2018, "America/Sao_Paulo")).toBe(365);
    expect(daysOf(2011, "Pacific/Apia")).toBe(364);
  });

  it("is empty for an empty range", () => {
    expect(eachPeriod("day", { from: 5, to: 5 }, "UTC")).toEqual([]);
  });

  it("refuses a range that ends before it starts, and one of too many periods", () => {
    expect(() => eachPeriod("day", { from: 6, to: 5 }, "UTC")).toThrow(RangeError);
    expect(() => eachPeriod("day", { from: 0, to: Number.NaN }, "UTC")).toThrow(RangeError);
    expect(() => eachPeriod("hour", { from: 0, to: 100_001 * HOUR_MS }, "UTC")).toThrow(/more than 100000 periods/);
  });
});
