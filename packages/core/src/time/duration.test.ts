import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDurationMs } from "./duration.ts";

describe("parseDurationMs", () => {
  it.each([
    ["250ms", 250],
    ["60s", 60_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["9007199254740991ms", Number.MAX_SAFE_INTEGER],
  ])("reads %s", (text, ms) => {
    expect(parseDurationMs(text)).toEqual({ ok: true, ms });
  });

  it.each([
    "",
    "5",
    "m",
    "0s",
    "00s",
    "05m",
    "-5m",
    "+5m",
    "1.5h",
    "5 m",
    " 5m",
    "5m ",
    "5M",
    "1h30m",
    "1w",
    "1e3ms",
    "5min",
    "9007199254740992ms",
    "9007199254740991s",
    "9".repeat(400) + "d",
    "5m\n",
    60,
    null,
    undefined,
    ["5m"],
  ])("refuses %j and shows how to write one", (value) => {
    expect(parseDurationMs(value)).toMatchObject({
      ok: false,
      problem: expect.stringContaining('"250ms", "60s"'),
    });
  });

  it.each(["1mo", "2 months", "1y", "1 year"])("refuses %s because it has no fixed length", (value) => {
    expect(parseDurationMs(value)).toMatchObject({
      ok: false,
      problem: expect.stringContaining("no fixed length"),
    });
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0ms"],
    [250, "250ms"],
    [1500, "1500ms"],
    [60_000, "1m"],
    [90_000, "90s"],
    [3_600_000, "1h"],
    [86_400_000, "1d"],
    [129_600_000, "36h"],
    [604_800_000, "7d"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("reads back to the same length", () => {
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fc.integer({ min: 1, max: 100_000 }).map((minutes) => minutes * 60_000),
    );
    fc.assert(
      fc.property(lengths, (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toEqual({ ok: true, ms });
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])("refuses %d", (ms) => {
    expect(() => formatDuration(ms)).toThrow(RangeError);
  });
});
