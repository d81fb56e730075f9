import { TenantryError } from "../errors/tenantry-error.ts";
import { parseDurationMs } from "./duration.ts";
import { formatInstant, type Instant, parseInstant } from "./instant.ts";
import { calendarPeriod, type CalendarUnit, type Period, previousPeriod } from "./period.ts";
import { isTimeZone, zoneOffsetMs } from "./time-zone.ts";

/** A period in a person's words. */
export interface PeriodWords {
  /** An instant, or a date, which begins at midnight of the zone. */
  readonly from?: string;
  readonly to?: string;
  /** `today`, `yesterday`, `this-month`, `last-month`, `this-week`, `last-week`, `this-year`, `last-year`, or a duration: `24h`, `30d`. */
  readonly period?: string;
  /** Zone in which days, months and dates without a time begin. Default UTC. */
  readonly timeZone?: string;
}

/** A half-open period and the zone it was asked in. */
export interface AskedPeriod {
  readonly period: Period;
  readonly timeZone: string;
}

const defaultPeriod = "30d";
const dayMs = 86_400_000;
const latest: Instant = Date.UTC(9998, 0, 1);
const names = "today, yesterday, this-week, last-week, this-month, last-month, this-year or last-year";

/**
 * The period a question is about: the last 30 days where it says none.
 *
 * @param fields what the asker calls the four, for messages: `--from` or `from`.
 * @throws TenantryError `invalid_request` that names the field.
 */
export function readAskedPeriod(
  words: PeriodWords,
  now: Instant,
  fields: Readonly<Record<keyof PeriodWords, string>>,
): AskedPeriod {
  const timeZone = words.timeZone ?? "UTC";
  if (!isTimeZone(timeZone)) {
    throw TenantryError.invalidRequest(fields.timeZone, `is "${timeZone}"; give an IANA zone such as Europe/Berlin`);
  }
  if (words.from === undefined && words.to === undefined) {
    return { period: namedPeriod(fields.period, words.period ?? defaultPeriod, now, timeZone), timeZone };
  }
  if (words.period !== undefined) {
    const message = `cannot go with ${fields.from} or ${fields.to}; give one or the other`;
    throw TenantryError.invalidRequest(fields.period, message);
  }
  const to = words.to === undefined ? now + 1 : instant(fields.to, words.to, timeZone);
  const from = words.from === undefined ? 0 : instant(fields.from, words.from, timeZone);
  if (from < to) return { period: { from, to }, timeZone };
  throw words.from === undefined
    ? TenantryError.invalidRequest(fields.to, "must be after 1970-01-01")
    : TenantryError.invalidRequest(
        fields.from,
        words.to === undefined ? "must not be in the future" : `must be before ${fields.to}`,
      );
}

function namedPeriod(field: string, name: string, now: Instant, timeZone: string): Period {
  const match = /^(this|last)-(hour|day|week|month|year)$/.exec(
    name.replace(/^today$/, "this-day").replace(/^yesterday$/, "last-day"),
  );
  if (match !== null) {
    const unit = match[2] as CalendarUnit;
    const current = calendarPeriod(unit, now, timeZone);
    return match[1] === "this" ? current : previousPeriod(unit, current, timeZone);
  }
  const duration = parseDurationMs(name);
  if (duration.ok && duration.ms <= now) return { from: now - duration.ms, to: now + 1 };
  throw TenantryError.invalidRequest(field, `is "${name}"; use ${names}, or a duration such as 24h or 30d`);
}

/** An instant, or a date: then the moment at which it begins in the zone. */
function instant(field: string, text: string, timeZone: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw TenantryError.invalidRequest(field, `is "${text}"; ${parsed.problem}`);
  if (parsed.instant < 0 || parsed.instant > latest) {
    throw TenantryError.invalidRequest(field, `is "${text}"; use a day from 1970 to 9998`);
  }
  if (text.length > 10 || timeZone === "UTC") return parsed.instant;
  // No zone is more than a day from UTC, so one of these lies in the day that was meant.
  for (const at of [0, -dayMs / 2, dayMs / 2, -dayMs, dayMs]) {
    const day = calendarPeriod("day", parsed.instant + at, timeZone);
    if (localDay(day.from, timeZone) === text) return day.from;
  }
  throw TenantryError.invalidRequest(field, `is "${text}", a day that ${timeZone} skipped`);
}

/** `2026-11-23`: what the calendar on a wall there shows. */
function localDay(at: Instant, timeZone: string): string {
  return formatInstant(at + zoneOffsetMs(timeZone, at)).slice(0, 10);
}
