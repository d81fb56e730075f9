import {
  calendarPeriod,
  type CalendarUnit,
  formatInstant,
  type Instant,
  isTimeZone,
  parseDurationMs,
  parseInstant,
  type Period,
  previousPeriod,
  TenantryError,
} from "@tenantry/core";

export interface PeriodOptions {
  readonly from?: string;
  readonly to?: string;
  /** `today`, `yesterday`, `this-month`, `last-month`, `this-week`, `last-week`, or a duration: `24h`, `30d`. */
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

/** The period a report is about. Throws `invalid_request` that names the option. */
export function readPeriod(options: PeriodOptions, now: Instant): AskedPeriod {
  const timeZone = options.timeZone ?? "UTC";
  if (!isTimeZone(timeZone)) {
    throw TenantryError.invalidRequest("--time-zone", `is "${timeZone}"; give an IANA zone such as Europe/Berlin`);
  }
  if (options.from === undefined && options.to === undefined) {
    return { period: namedPeriod(options.period ?? defaultPeriod, now, timeZone), timeZone };
  }
  if (options.period !== undefined) {
    throw TenantryError.invalidRequest("--period", "cannot go with --from or --to; give one or the other");
  }
  const to = options.to === undefined ? now + 1 : instant("--to", options.to, timeZone);
  const from = options.from === undefined ? 0 : instant("--from", options.from, timeZone);
  if (from < to) return { period: { from, to }, timeZone };
  throw options.from === undefined
    ? TenantryError.invalidRequest("--to", "must be after 1970-01-01")
    : TenantryError.invalidRequest(
        "--from",
        options.to === undefined ? "must not be in the future" : "must be before --to",
      );
}

/** `2026-11-01 00:00 to 2026-12-01 00:00 UTC`, for titles: to the minute, in the zone that was asked for. */
export function formatPeriod({ from, to }: Period, timeZone = "UTC"): string {
  const end = `${localMinute(to, timeZone)} ${timeZone}`;
  return from === 0 ? `up to ${end}` : `${localMinute(from, timeZone)} to ${end}`;
}

function namedPeriod(name: string, now: Instant, timeZone: string): Period {
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
  throw TenantryError.invalidRequest("--period", `is "${name}"; use ${names}, or a duration such as 24h or 30d`);
}

/** An instant, or a date: then the moment at which it begins in the zone. */
function instant(option: string, text: string, timeZone: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw TenantryError.invalidRequest(option, `is "${text}"; ${parsed.problem}`);
  if (parsed.instant < 0 || parsed.instant > latest) {
    throw TenantryError.invalidRequest(option, `is "${text}"; use a day from 1970 to 9998`);
  }
  if (text.length > 10 || timeZone === "UTC") return parsed.instant;
  // No zone is more than a day from UTC, so one of these lies in the day that was meant.
  for (const at of [0, -dayMs / 2, dayMs / 2, -dayMs, dayMs]) {
    const day = calendarPeriod("day", parsed.instant + at, timeZone);
    if (localMinute(day.from, timeZone).startsWith(text)) return day.from;
  }
  throw TenantryError.invalidRequest(option, `is "${text}", a day that ${timeZone} skipped`);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-23 09:30`. */
function localMinute(at: Instant, timeZone: string): string {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone });
    formats.set(timeZone, format);
  }
  return timeZone === "UTC" ? formatInstant(at).slice(0, 16).replace("T", " ") : format.format(at);
}
