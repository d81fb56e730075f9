import type { Period, QueryScope, UsageDimension, UsageReader } from "@tenantry/core";
import { days, dayMs, type HistoryShape, tenantCount, tenantName } from "./history.ts";

/** Something a dashboard or a bill asks; the tenant goes round. */
export interface Question {
  readonly name: string;
  ask(reader: UsageReader, round: number): Promise<unknown>;
}

const everybody: QueryScope = { kind: "installation" };

/** The month is October 2026: 31 days, and the end of summer time in Berlin is in it. */
export function questions({ beginsAt }: HistoryShape): readonly Question[] {
  const endsAt = beginsAt + days * dayMs;
  // To an odd minute, as "the last 30 days" are at any moment.
  const to = endsAt - 5 * 3_600_000 - 7 * 60_000 - 1;
  const last30: Period = { from: to - 30 * dayMs, to };
  const month: Period = { from: beginsAt, to: endsAt };
  const berlin: Period = { from: month.from - 2 * 3_600_000, to: month.to - 3_600_000 };
  const usage =
    (period: Period, groupBy: readonly UsageDimension[], timeZone: string = "UTC") =>
    (reader: UsageReader) =>
      reader.usage(everybody, { period, groupBy, timeZone });
  const ofOne =
    (period: Period, groupBy: readonly UsageDimension[], timeZone: string = "UTC") =>
    (reader: UsageReader, round: number) =>
      reader.usage(scopeOf(round), { period, groupBy, timeZone });
  return [
    { name: "usage by tenant, last 30 days", ask: usage(last30, ["tenant"]) },
    { name: "usage by tenant, the month", ask: usage(month, ["tenant"]) },
    { name: "usage by tenant and model, last 30 days", ask: usage(last30, ["tenant", "model"]) },
    { name: "statement of one tenant: day, feature, model", ask: ofOne(month, ["day", "feature", "model"]) },
    {
      name: "the same in Berlin's days",
      ask: ofOne(berlin, ["day", "feature", "model"], "Europe/Berlin"),
    },
    { name: "one tenant by user, the month", ask: ofOne(month, ["user"]) },
    { name: "usage by day of everybody, the month", ask: usage(month, ["day"]) },
    {
      name: "the latest 100 calls of one tenant with costs",
      ask: (reader, round) => reader.calls(scopeOf(round), { period: month, limit: 100 }),
    },
    {
      name: "service level of one tenant, the month",
      ask: (reader, round) => reader.sla(scopeOf(round), { period: month }),
    },
  ];
}

function scopeOf(round: number): QueryScope {
  return { kind: "tenant", tenantId: tenantName(round % tenantCount) };
}
