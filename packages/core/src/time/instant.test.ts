import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatInstant, parseInstant } from "./instant.ts";

const first = Date.UTC(2000, 0, 1) - 2000 * 365.2425 * 86_400_000;
const last = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe("parseInstant", () => {
  it.each([
    ["2026-11-23", Date.UTC(2026, 10, 23)],
    ["1970-01-01", 0],
    ["1969-12-31T23:59:59.999Z", -1],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
    ["2026-11-23T09:30Z", Date.UTC(2026, 10, 23, 9, 30)],
    ["2026-11-23T09:30:15Z", Date.UTC(2026, 10, 23, 9, 30, 15)],
    ["2026-11-23T09:30:15.5Z", Date.UTC(2026, 10, 23, 9, 30, 15, 500)],
    ["2026-11-23T09:30:15.123999999Z", Date.UTC(2026, 10, 23, 9, 30, 15, 123)],
    ["2026-11-23T09:30:15+05:45", Date.UTC(2026, 10, 23, 3, 45, 15)],
    ["2026-11-23T22:30:15-03:30", Date.UTC(2026, 10, 24, 2, 0, 15)],
    ["0000-01-01", first],
    ["0099-03-01T00:00:00+00:00", Date.parse("0099-03-01T00:00:00Z")],
    ["9999-12-31T23:59:59.999Z", last],
  ])("reads %s", (text, instant) => {
    expect(parseInstant(text)).toEqual({ ok: true, instant });
  });

  it.each([
    ["2026-02-30", "no such day"],
    ["2025-02-29", "no such day"],
    ["1900-02-29", "no such day"],
    ["2026-13-01", "no such day"],
    ["2026-00-01", "no such day"],
    ["2026-04-00", "no such day"],
    ["2026-04-31T10:00:00Z", "no such day"],
    ["2026-11-23T24:00:00Z", "no such time"],
    ["2026-11-23T10:60:00Z", "no such time"],
    ["2026-11-23T10:00:60Z", "no such time"],
    ["2026-11-23T10:00:00+24:00", "no such time"],
    ["2026-11-23T10:00:00+01:60", "no such time"],
    ["2026-11-23T10:00:00", "add the offset"],
    ["0000-01-01T00:00:00+00:01", "within the years"],
    ["9999-12-31T23:59:00-00:01", "within the years"],
    ["", "write an ISO date"],
    ["today", "write an ISO date"],
    ["2026-11", "write an ISO date"],
    ["26-11-23", "write an ISO date"],
    ["23.11.2026", "write an ISO date"],
    ["2026-11-23 10:00:00Z", "write an ISO date"],
    ["2026-11-23T10:00:00.Z", "write an ISO date"],
    ["2026-11-23T10:00:00+0100", "write an ISO date"],
    ["2026-11-23\n", "write an ISO date"],
    [1_700_000_000_000, "write an ISO date"],
    [null, "write an ISO date"],
    [new Date(0), "write an ISO date"],
  ])("refuses %j and says why", (value, problem) => {
    const parsed = parseInstant(value);
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });

  it("reads back every instant that is written", () => {
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (instant) => {
        expect(parseInstant(formatInstant(instant))).toEqual({ ok: true, instant });
      }),
      { numRuns: 1000 },
    );
  });

  it("accepts a day exactly when the calendar has it", () => {
    fc.assert(
      fc.property(fc.nat(9999), fc.nat(13), fc.nat(32), (year, month, day) => {
        const text = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
        const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
        const lengths = [0, 31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0];
        expect(parseInstant(text).ok).toBe(day >= 1 && day <= lengths[month]!);
      }),
      { numRuns: 2000 },
    );
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.stringMatching(/^[-+:.TZ0-9]{0,30}$/)), (value) => {
        expect(typeof parseInstant(value).ok).toBe("boolean");
      }),
    );
  });
});

describe("formatInstant", () => {
  it("writes UTC with milliseconds", () => {
    expect(formatInstant(Date.UTC(2026, 10, 23, 9, 30))).toBe("2026-11-23T09:30:00.000Z");
    expect(formatInstant(first)).toBe("0000-01-01T00:00:00.000Z");
    expect(formatInstant(last)).toBe("9999-12-31T23:59:59.999Z");
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, first - 1, last + 1])("refuses %d", (instant) => {
    expect(() => formatInstant(instant)).toThrow(RangeError);
  });
});
