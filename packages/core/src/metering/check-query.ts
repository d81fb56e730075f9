import { TenantryError } from "../errors/tenantry-error.ts";
import type { Period } from "../time/period.ts";
import { isTimeZone } from "../time/time-zone.ts";
import type { CallQuery, LineQuery, SlaQuery, UsageQuery } from "./usage-query.ts";

const maxPageSize = 1000;

/** Throws `invalid_request` that names the field a store could not answer. */
export function checkUsageQuery(query: UsageQuery): void {
  checkPeriod(query.period);
  if (!isTimeZone(query.timeZone))
    throw TenantryError.invalidRequest("timeZone", "name an IANA zone such as Europe/Dublin");
  const { mostGroups = 1 } = query;
  if (!Number.isSafeInteger(mostGroups) || mostGroups < 1)
    throw TenantryError.invalidRequest("mostGroups", "must be a whole number from 1");
}

/** Throws `invalid_request` when an answer has more groups than were asked for at most. */
export function checkGroups(groups: number, { mostGroups }: Pick<UsageQuery, "mostGroups">): void {
  if (mostGroups === undefined || groups <= mostGroups) return;
  const message = `gives more than ${mostGroups} groups; ask for a shorter period, for fewer dimensions, or filter`;
  throw TenantryError.invalidRequest("groupBy", message);
}

/** Throws `invalid_request` that names the field a store could not answer. */
export function checkSlaQuery(query: SlaQuery): void {
  checkPeriod(query.period);
}

/** Throws `invalid_request` that names the field a store could not answer; cursors are the store's own to check. */
export function checkLineQuery(query: LineQuery): void {
  checkPeriod(query.period);
  checkLimit(query.limit);
}

/** Throws `invalid_request` that names the field a store could not answer; cursors are the store's own to check. */
export function checkCallQuery(query: CallQuery): void {
  checkPeriod(query.period);
  checkLimit(query.limit);
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageSize) {
    throw TenantryError.invalidRequest("limit", `must be a whole number from 1 to ${maxPageSize}`);
  }
}

function checkPeriod(period: Period): void {
  // Written so that NaN fails too.
  if (!(period.from <= period.to)) throw TenantryError.invalidRequest("period", "must not end before it starts");
}
