import {
  type AskedPeriod,
  formatInstant,
  type Instant,
  type Period,
  type PeriodWords,
  readAskedPeriod,
} from "@tenantry/core";

export type PeriodOptions = PeriodWords;

/** The period a report is about. Throws `invalid_request` that names the option. */
export function readPeriod(options: PeriodOptions, now: Instant): AskedPeriod {
  return readAskedPeriod(options, now, { from: "--from", to: "--to", period: "--period", timeZone: "--time-zone" });
}

/** `2026-11-01 00:00 to 2026-12-01 00:00 UTC`, for titles: to the minute, in the zone that was asked for. */
export function formatPeriod({ from, to }: Period, timeZone = "UTC"): string {
  const end = `${localMinute(to, timeZone)} ${timeZone}`;
  return from === 0 ? `up to ${end}` : `${localMinute(from, timeZone)} to ${end}`;
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
