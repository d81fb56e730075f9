import { describe, expect, test } from "vitest";
import { formatPeriod, readPeriod } from "../src/period-option.ts";

const now = Date.UTC(2026, 10, 23, 9, 30);
const read = (options: Parameters<typeof readPeriod>[0]): string[] => {
  const { period } = readPeriod(options, now);
  return [new Date(period.from).toISOString(), new Date(period.to).toISOString()];
};
const utc = (day: string): string => `${day}T00:00:00.000Z`;

test.each([
  ["today", utc("2026-11-23"), utc("2026-11-24")],
  ["yesterday", utc("2026-11-22"), utc("2026-11-23")],
  ["this-week", utc("2026-11-23"), utc("2026-11-30")],
  ["last-week", utc("2026-11-16"), utc("2026-11-23")],
  ["this-month", utc("2026-11-01"), utc("2026-12-01")],
  ["last-month", utc("2026-10-01"), utc("2026-11-01")],
  ["this-year", utc("2026-01-01"), utc("2027-01-01")],
])("--period %s", (period, from, to) => {
  expect(read({ period })).toEqual([from, to]);
});

test("a duration ends with this very millisecond, so that a call just made is in it", () => {
  expect(read({ period: "24h" })).toEqual(["2026-11-22T09:30:00.000Z", "2026-11-23T09:30:00.001Z"]);
  expect(read({})).toEqual(["2026-10-24T09:30:00.000Z", "2026-11-23T09:30:00.001Z"]);
  expect(read({ from: "2026-11-23" })).toEqual([utc("2026-11-23"), "2026-11-23T09:30:00.001Z"]);
});

test("months and dates begin at midnight of the zone asked for", () => {
  expect(read({ period: "this-month", timeZone: "Europe/Berlin" })[0]).toBe("2026-10-31T23:00:00.000Z");
  expect(read({ from: "2026-11-01", to: "2026-12-01", timeZone: "Europe/Berlin" })).toEqual([
    "2026-10-31T23:00:00.000Z",
    "2026-11-30T23:00:00.000Z",
  ]);
  expect(read({ from: "2026-11-01", timeZone: "Pacific/Kiritimati" })[0]).toBe("2026-10-31T10:00:00.000Z");
  expect(read({ from: "2026-11-01", timeZone: "Pacific/Pago_Pago" })[0]).toBe("2026-11-01T11:00:00.000Z");
});

test("an instant means itself, whatever the zone", () => {
  const from = "2026-11-01T12:00:00Z";
  expect(read({ from, timeZone: "Asia/Tokyo" })[0]).toBe("2026-11-01T12:00:00.000Z");
});

describe("what cannot be a period names its option and says what can", () => {
  test.each([
    [{ period: "fortnight" }, /--period: is "fortnight"; use today, .* or a duration such as 24h/],
    [{ period: "99999999d" }, /--period: is/],
    [{ period: "7d", to: "2026-11-01" }, /--period: cannot go with --from or --to/],
    [{ from: "2026-13-01" }, /--from: is "2026-13-01"; there is no such day/],
    [{ from: "2026-11-01T12:00" }, /--from: .*add the offset/],
    [{ to: "tomorrow" }, /--to: is "tomorrow"; write an ISO date/],
    [{ to: "1970-01-01" }, /--to: must be after 1970-01-01/],
    [{ from: "0900-01-01" }, /--from: is "0900-01-01"; use a day from 1970/],
    [{ from: "2026-12-01" }, /--from: must not be in the future/],
    [{ from: "2026-11-02", to: "2026-11-02" }, /--from: must be before --to/],
    [{ timeZone: "Mars/Olympus" }, /--time-zone: is "Mars\/Olympus"; give an IANA zone such as Europe\/Berlin/],
    [{ from: "2011-12-30", timeZone: "Pacific/Apia" }, /--from: is "2011-12-30", a day that Pacific\/Apia skipped/],
  ])("%j", (options, message) => {
    expect(() => readPeriod(options, now)).toThrow(message);
  });
});

test("titles tell the period to the minute, in its zone", () => {
  const { period } = readPeriod({ period: "this-month", timeZone: "Europe/Berlin" }, now);
  expect(formatPeriod(period, "Europe/Berlin")).toBe("2026-11-01 00:00 to 2026-12-01 00:00 Europe/Berlin");
  expect(formatPeriod({ from: 0, to: now })).toBe("up to 2026-11-23 09:30 UTC");
});
