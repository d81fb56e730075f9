import type { Instant } from "./instant.ts";

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** A formatter holds tens of kilobytes; zones beyond this many are dropped oldest first. */
const MAX_FORMATTERS = 128;
const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * Whether `text` names a time zone of the IANA database (`"Europe/Dublin"`, `"UTC"`) that this
 * runtime knows. Upper and lower case are the same. Bare offsets such as `"+05:30"` are not names:
 * they know no daylight saving, and databases disagree about their sign.
 */
export function isTimeZone(text: unknown): boolean {
  return typeof text === "string" && zoneFormatter(text) !== null;
}

/**
 * What the zone's wall clock shows, as the epoch milliseconds at which a clock in UTC shows the
 * same: an instant plus the zone's offset at that instant.
 */
export type LocalTime = number;

/**
 * The zone's offset from UTC at an instant, in milliseconds, positive to the east; whole seconds.
 *
 * @throws RangeError when the time zone is unknown.
 */
export function zoneOffsetMs(timeZone: string, at: Instant): number {
  const formatter = zoneFormatter(timeZone);
  if (formatter === null) throw new RangeError(`unknown time zone "${timeZone.slice(0, 64)}"`);
  let year = 0;
  let month = 0;
  let day = 0;
  let clockMs = 0;
  for (const { type, value } of formatter.formatToParts(at)) {
    if (type === "year") year = Number(value);
    else if (type === "month") month = Number(value);
    else if (type === "day") day = Number(value);
    else if (type === "hour") clockMs += Number(value) * 3_600_000;
    else if (type === "minute") clockMs += Number(value) * 60_000;
    else if (type === "second") clockMs += Number(value) * SECOND_MS;
  }
  return Date.UTC(year, month - 1, day) + clockMs - Math.floor(at / SECOND_MS) * SECOND_MS;
}

/**
 * The first instant at which the zone's clock shows `local` (whole seconds); where the clock skips
 * that time, the instant of the skip. Where a clock put back shows it twice, the earlier.
 *
 * Assumes that a zone changes its offset at most once within a day either side, as all do.
 */
export function firstInstantAt(timeZone: string, local: LocalTime): Instant {
  const before = zoneOffsetMs(timeZone, local - DAY_MS);
  const after = zoneOffsetMs(timeZone, local + DAY_MS);
  if (before === after) return local - before;
  const earlier = local - Math.max(before, after);
  const later = local - Math.min(before, after);
  for (const instant of [earlier, later]) {
    if (instant + zoneOffsetMs(timeZone, instant) === local) return instant;
  }
  return firstSecond(earlier, later, (instant) => instant + zoneOffsetMs(timeZone, instant) >= local);
}

/** The instant in (from, to] at which the offset in force at `from` ends; the offset at `to` must differ. */
export function offsetChange(timeZone: string, from: Instant, to: Instant): Instant {
  const offset = zoneOffsetMs(timeZone, from);
  return firstSecond(from, to, (instant) => zoneOffsetMs(timeZone, instant) !== offset);
}

/** Bisects whole seconds: `holds` is false at `from` and true at `to`. */
function firstSecond(from: Instant, to: Instant, holds: (instant: Instant) => boolean): Instant {
  let low = Math.floor(from / SECOND_MS);
  let high = Math.floor(to / SECOND_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * SECOND_MS)) high = middle;
    else low = middle;
  }
  return high * SECOND_MS;
}

function zoneFormatter(timeZone: string): Intl.DateTimeFormat | null {
  const cached = formatters.get(timeZone);
  if (cached !== undefined) return cached;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(timeZone)) return null;
  const formatter = newFormatter(timeZone);
  if (formatter === null) return null;
  if (formatters.size >= MAX_FORMATTERS) {
    for (const oldest of formatters.keys()) {
      formatters.delete(oldest);
      break;
    }
  }
  formatters.set(timeZone, formatter);
  return formatter;
}

function newFormatter(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return null;
  }
}
