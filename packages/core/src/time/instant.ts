/** A point in time: whole milliseconds since 1970-01-01T00:00:00Z, negative before it. */
export type Instant = number;

/** The outcome of reading an instant; `problem` tells the writer how to put it right. */
export type ParsedInstant = { ok: true; instant: Instant } | { ok: false; problem: string };

/** 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what a four-digit year can say. */
const FIRST_INSTANT: Instant = -62_167_219_200_000;
const LAST_INSTANT: Instant = 253_402_300_799_999;

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2}):(\d{2})))?$/;
const WITHOUT_OFFSET = /^\d{4}-\d{2}-\d{2}T[\d:.]+$/;
const EXAMPLES = 'such as "2026-11-23", "2026-11-23T09:30:00Z" or "2026-11-23T09:30:00+01:00"';

/**
 * ISO 8601 in UTC with milliseconds: `"2026-11-23T09:30:00.000Z"`.
 *
 * @throws RangeError when `instant` is not a whole number, or outside the years 0000 to 9999.
 */
export function formatInstant(instant: Instant): string {
  if (!Number.isInteger(instant) || !isWritable(instant)) {
    throw new RangeError(`an instant is whole milliseconds within the years 0000 to 9999, not ${instant}`);
  }
  return new Date(instant).toISOString();
}

/**
 * Reads ISO 8601: a date (midnight UTC), or a date and time with `Z` or an offset such as `+05:45`.
 *
 * Seconds may be left out; up to nine decimals of them are read and cut to milliseconds. A time
 * without an offset is refused, for it would mean a different instant on every machine. So are dates
 * that do not exist (2026-02-30), 24:00 and leap seconds. Never throws.
 */
export function parseInstant(text: unknown): ParsedInstant {
  const fields = typeof text === "string" ? ISO.exec(text) : null;
  if (fields === null) {
    const isLocal = typeof text === "string" && WITHOUT_OFFSET.test(text);
    const problem = isLocal ? "add the offset to the time: Z, or one such as +01:00" : `write an ISO date, ${EXAMPLES}`;
    return { ok: false, problem };
  }
  const [year, month, day, hour, minute, second] = fields.slice(1, 7).map((field) => Number(field ?? 0));
  const midnight = midnightUtc(year ?? 0, month ?? 0, day ?? 0);
  if (midnight === null) return { ok: false, problem: `there is no such day; write one that exists, ${EXAMPLES}` };
  const timeMs = clockMs(hour ?? 0, minute ?? 0, second ?? 0);
  const offsetMs = clockMs(Number(fields[9] ?? 0), Number(fields[10] ?? 0), 0);
  if (timeMs === null || offsetMs === null) {
    return {
      ok: false,
      problem: "there is no such time; hours go to 23, minutes and seconds to 59",
    };
  }
  const milliseconds = Number((fields[7] ?? "").padEnd(3, "0").slice(0, 3));
  const instant = midnight + timeMs + milliseconds - (fields[8] === "-" ? -offsetMs : offsetMs);
  if (!isWritable(instant)) return { ok: false, problem: "use an instant within the years 0000 to 9999 in UTC" };
  return { ok: true, instant };
}

function midnightUtc(year: number, month: number, day: number): Instant | null {
  const date = new Date(0);
  // Not Date.UTC, which reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}

function clockMs(hour: number, minute: number, second: number): number | null {
  return hour > 23 || minute > 59 || second > 59 ? null : ((hour * 60 + minute) * 60 + second) * 1000;
}

function isWritable(instant: Instant): boolean {
  return instant >= FIRST_INSTANT && instant <= LAST_INSTANT;
}
