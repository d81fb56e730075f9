import { eachPeriod, type Period, type UsageQuery } from "@tenantry/core";

/** A part of the asked period in which day and month are the same. */
export interface LabelledPeriod {
  readonly period: Period;
  /** `2026-11-23`; null when neither day nor month was asked for. */
  readonly day: string | null;
}

/** The days (or months) of the asked period in its zone, cut at its ends; the whole period when neither is asked for. */
export function usagePeriods({ period, groupBy, timeZone }: UsageQuery): LabelledPeriod[] {
  if (period.from >= period.to) return [];
  const unit = groupBy.includes("day") ? "day" : groupBy.includes("month") ? "month" : null;
  if (unit === null) return [{ period, day: null }];
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return eachPeriod(unit, period, timeZone).map((whole) => ({
    period: { from: Math.max(whole.from, period.from), to: Math.min(whole.to, period.to) },
    day: dateOf(format, whole.from),
  }));
}

function dateOf(format: Intl.DateTimeFormat, at: number): string {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts.get("year")?.padStart(4, "0")}-${parts.get("month")}-${parts.get("day")}`;
}
