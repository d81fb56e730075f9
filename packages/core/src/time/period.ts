import type { Instant } from "./instant.ts";
import { firstInstantAt, type LocalTime, offsetChange, zoneOffsetMs } from "./time-zone.ts";

/** The half-open span of instants [from, to): `from` belongs to it, `to` is the next one's. */
export interface Period {
  readonly from: Instant;
  readonly to: Instant;
}

/** Weeks start on Monday. */
export type CalendarUnit = "hour" | "day" | "week" | "month" | "year";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** 1000-01-01 and 9999-01-01 in UTC: within these, every neighbour has a four-digit year too. */
const FIRST_INSTANT: Instant = -30_610_224_000_000;
const END_INSTANT: Instant = 253_370_764_800_000;

/** Eleven years of hours. Longer lists are a caller's mistake and would only exhaust memory. */
const MAX_PERIODS = 100_000;

/** The last answer per unit and zone: the hot path asks for the same period again and again. */
const MAX_CACHED_ZONES = 128;
const lastPeriods: Readonly<Record<CalendarUnit, Map<string, Period>>> = {
  hour: new Map(),
  day: new Map(),
  week: new Map(),
  month: new Map(),
  year: new Map(),
};

/**
 * The calendar period of an IANA time zone that contains an instant (R8). Periods of a unit tile the
 * time line without gap or overlap, and those of a smaller unit lie whole within those of a larger
 * (weeks excepted, which months and years cut).
 *
 * Day, week, month and year run from local midnight to local midnight, so a day may have 23 or 25
 * hours. Where the clock skips midnight the period starts with the first instant after the skip;
 * where it shows midnight twice, with the first. A day a zone skipped altogether (Pacific/Apia,
 * 2011-12-30) has no period.
 *
 * An hour is a slice of 3600 s that starts when the local clock shows minute zero; the hour a clock
 * put back repeats is a second, distinct hour. Where an offset changes by a part of an hour
 * (Australia/Lord_Howe) or a day starts off the hour, the hour is cut there and so shorter.
 *
 * @param at from the year 1000 to 9998
 * @returns a frozen, shared object
 * @throws RangeError when the time zone is unknown or `at` is not a whole number in that range.
 */
export function calendarPeriod(unit: CalendarUnit, at: Instant, timeZone: string): Period {
  const cache = lastPeriods[unit];
  const last = cache.get(timeZone);
  if (last !== undefined && at >= last.from && at < last.to && Number.isInteger(at)) return last;
  const period = computePeriod(unit, at, timeZone);
  if (last === undefined && cache.size >= MAX_CACHED_ZONES) {
    for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
  }
  cache.set(timeZone, period);
  return period;
}

/**
 * The period of the same unit that ends where `period` starts.
 *
 * @throws RangeError as `calendarPeriod` does.
 */
export function previousPeriod(unit: CalendarUnit, period: Period, timeZone: string): Period {
  return computePeriod(unit, period.from - 1, timeZone);
}

/**
 * The whole periods that cover `range`, in order and unclipped: the first contains `range.from`, the
 * last contains the last instant before `range.to`. An empty range gives an empty list.
 *
 * @throws RangeError as `calendarPeriod` does, when the range ends before it starts, or when there
 * would be more than 100 000 periods.
 */
export function eachPeriod(unit: CalendarUnit, range: Period, timeZone: string): Period[] {
  if (!(range.from <= range.to)) throw new RangeError("a range cannot end before it starts");
  const periods: Period[] = [];
  let next = range.from;
  while (next < range.to) {
    if (periods.length === MAX_PERIODS) {
      throw new RangeError(`more than ${MAX_PERIODS} periods; take a larger unit than ${unit} or a shorter range`);
    }
    const period = computePeriod(unit, next, timeZone);
    periods.push(period);
    next = period.to;
  }
  return periods;
}

function computePeriod(unit: CalendarUnit, at: Instant, timeZone: string): Period {
  if (!Number.isInteger(at) || at < FIRST_INSTANT || at >= END_INSTANT) {
    throw new RangeError(`an instant is whole milliseconds within the years 1000 to 9998 here, not ${at}`);
  }
  return Object.freeze(unit === "hour" ? hourAt(at, timeZone) : datePeriodAt(unit, at, timeZone));
}

type DateUnit = Exclude<CalendarUnit, "hour">;

function datePeriodAt(unit: DateUnit, at: Instant, timeZone: string): Period {
  let start = startOf(unit, at + zoneOffsetMs(timeZone, at));
  let from = firstInstantAt(timeZone, start);
  let to = from;
  // A clock put back across midnight shows the old date again after the new day has begun; then the
  // first period that follows is the one.
  while (true) {
    start = startOfNext(unit, start);
    to = firstInstantAt(timeZone, start);
    if (at < to) return { from, to };
    from = to;
  }
}

function startOf(unit: DateUnit, local: LocalTime): LocalTime {
  const dayNumber = Math.floor(local / DAY_MS);
  if (unit === "day") return dayNumber * DAY_MS;
  // Day 0, 1970-01-01, was a Thursday: three days after Monday.
  if (unit === "week") return (dayNumber - modulo(dayNumber + 3, 7)) * DAY_MS;
  const date = new Date(local);
  return Date.UTC(date.getUTCFullYear(), unit === "month" ? date.getUTCMonth() : 0, 1);
}

function startOfNext(unit: DateUnit, start: LocalTime): LocalTime {
  if (unit === "day") return start + DAY_MS;
  if (unit === "week") return start + 7 * DAY_MS;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + (unit === "month" ? 1 : 12), 1);
}

function hourAt(at: Instant, timeZone: string): Period {
  const offset = zoneOffsetMs(timeZone, at);
  const from = Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset;
  const to = from + HOUR_MS;
  const before = zoneOffsetMs(timeZone, from);
  const after = zoneOffsetMs(timeZone, to);
  if (before === offset && after === offset) return { from, to };
  // The offset changes within: a day may start here, and the slices of the two offsets may not meet.
  const day = datePeriodAt("day", at, timeZone);
  const hour = { from: Math.max(from, day.from), to: Math.min(to, day.to) };
  if (modulo(before - after, HOUR_MS) === 0) return hour;
  const change = offsetChange(timeZone, from, to);
  return at < change
    ? { from: hour.from, to: Math.min(hour.to, change) }
    : { from: Math.max(hour.from, change), to: hour.to };
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
