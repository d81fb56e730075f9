import {
  calendarPeriod,
  type CalendarUnit,
  formatInstant,
  type Instant,
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
}

const defaultPeriod = "30d";

/** The half-open period a report is about. Throws `invalid_request` that names the option. */
export function readPeriod(options: PeriodOptions, now: Instant, timeZone: string): Period {
  if (options.from === undefined && options.to === undefined) {
    return namedPeriod(options.period ?? defaultPeriod, now, timeZone);
  }
  if (options.period !== undefined) {
    throw TenantryError.invalidRequest("--period", "cannot go with --from or --to; give one or the other");
  }
  const to = options.to === undefined ? now : instant("--to", options.to);
  const from = options.from === undefined ? 0 : instant("--from", options.from);
  if (from >= to) throw TenantryError.invalidRequest("--from", "must be before --to");
  return { from, to };
}

/** `2026-11-01T00:00:00.000Z to …`, for titles. */
export function formatPeriod(period: Period): string {
  return `${formatInstant(period.from)} to ${formatInstant(period.to)}`;
}

function namedPeriod(name: string, now: Instant, timeZone: string): Period {
  const match = /^(this|last)-(hour|day|week|month|year)$/.exec(
    name.replace("today", "this-day").replace("yesterday", "last-day"),
  );
  if (match !== null) {
    const unit = match[2] as CalendarUnit;
    const current = calendarPeriod(unit, now, timeZone);
    return match[1] === "this" ? current : previousPeriod(unit, current, timeZone);
  }
  const duration = parseDurationMs(name);
  if (duration.ok) return { from: now - duration.ms, to: now + 1 };
  throw TenantryError.invalidRequest(
    "--period",
    `is "${name}"; use today, yesterday, this-month, last-month, this-week, last-week, or a duration such as 24h or 30d`,
  );
}

function instant(option: string, text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed.ok) return parsed.instant;
  throw TenantryError.invalidRequest(option, parsed.problem);
}
