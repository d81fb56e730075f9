/** The outcome of reading a duration; `problem` tells the writer how to put it right. */
export type ParsedDuration = { ok: true; ms: number } | { ok: false; problem: string };

/** Largest first. A day is 24 hours: these are spans on the clock, not calendar days. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

const DURATION = /^([1-9][0-9]{0,15})(ms|s|m|h|d)$/;
const HOW_TO_WRITE = 'write the duration as a whole number with a unit: "250ms", "60s", "5m", "1h" or "7d"';

/**
 * Reads a duration of fixed length: a positive whole number and one of `ms`, `s`, `m` (minutes),
 * `h`, `d` (24 hours), without spaces. Months and years have no fixed length and are refused; so is
 * anything above 2⁵³ − 1 milliseconds. Never throws.
 */
export function parseDurationMs(text: unknown): ParsedDuration {
  const match = typeof text === "string" ? DURATION.exec(text) : null;
  if (match === null) {
    const isCalendar = typeof text === "string" && /^\d+\s*(mo|months?|y|years?)$/i.test(text);
    const why = isCalendar ? "; months and years have no fixed length, so count the days" : "";
    return { ok: false, problem: HOW_TO_WRITE + why };
  }
  const unitMs = UNITS.find(([name]) => name === match[2])?.[1] ?? 1;
  const ms = Number(match[1]) * unitMs;
  if (!Number.isSafeInteger(ms)) return { ok: false, problem: `${HOW_TO_WRITE}; this one is too long` };
  return { ok: true, ms };
}

/**
 * The shortest exact text for a duration, in the largest unit that divides it: 60 000 is `"1m"`,
 * 90 000 is `"90s"`, 1500 is `"1500ms"`, and 0 is `"0ms"`.
 *
 * @throws RangeError when `ms` is not a whole number from 0 to 2⁵³ − 1.
 */
export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new RangeError(`a duration is a whole number of milliseconds, not ${ms}`);
  }
  const [name, unitMs] = UNITS.find(([, size]) => ms > 0 && ms % size === 0) ?? ["ms", 1];
  return `${ms / unitMs}${name}`;
}
