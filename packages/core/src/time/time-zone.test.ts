import { describe, expect, it } from "vitest";
import { firstInstantAt, isTimeZone, offsetChange, zoneOffsetMs } from "./time-zone.ts";

const MINUTE_MS = 60_000;

describe("isTimeZone", () => {
  it.each(["UTC", "Europe/Dublin", "europe/dublin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "Asia/Kathmandu"])(
    "knows %s",
    (name) => {
      expect(isTimeZone(name)).toBe(true);
    },
  );

  it.each([
    "",
    "Mars/Olympus",
    "Europe",
    "+05:30",
    "-03:00",
    "+0100",
    " UTC",
    "UTC ",
    "Europe/Dublin\0",
    "x".repeat(10_000),
    null,
    undefined,
    0,
    {},
  ])("does not know %j", (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});

describe("zoneOffsetMs", () => {
  it.each([
    ["UTC", "2026-01-01T00:00:00Z", 0],
    ["Asia/Kathmandu", "2026-01-01T00:00:00Z", 345],
    ["America/St_Johns", "2026-01-01T00:00:00Z", -210],
    ["America/St_Johns", "2026-07-01T00:00:00Z", -150],
    ["Australia/Lord_Howe", "2026-01-01T00:00:00Z", 660],
    ["Australia/Lord_Howe", "2026-07-01T00:00:00Z", 630],
    ["Pacific/Kiritimati", "2026-01-01T00:00:00Z", 840],
    ["Africa/Monrovia", "1971-06-01T00:00:00.999Z", -44.5],
    ["Africa/Monrovia", "1969-06-01T00:00:00.001Z", -44.5],
    ["Europe/Dublin", "2024-03-31T00:59:59.999Z", 0],
    ["Europe/Dublin", "2024-03-31T01:00:00.000Z", 60],
  ])("of %s at %s is %d minutes", (zone, at, minutes) => {
    expect(zoneOffsetMs(zone, Date.parse(at))).toBe(minutes * MINUTE_MS);
  });

  it("refuses an unknown zone by name, without repeating all of a long one", () => {
    expect(() => zoneOffsetMs("Mars/Olympus", 0)).toThrow(new RangeError('unknown time zone "Mars/Olympus"'));
    expect(() => zoneOffsetMs("x".repeat(10_000), 0)).toThrow(/^unknown time zone "x{64}"$/);
  });

  it("stays right for more zones than it keeps formatters for", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    expect(zones.length).toBeGreaterThan(300);
    const offsets = zones.map((zone) => zoneOffsetMs(zone, 0));
    expect(zones.map((zone) => zoneOffsetMs(zone, 0))).toEqual(offsets);
  });
});

describe("firstInstantAt", () => {
  it("takes the earlier of two instants the clock shows alike", () => {
    expect(firstInstantAt("Europe/Dublin", Date.UTC(2024, 9, 27, 1, 30))).toBe(Date.UTC(2024, 9, 27, 0, 30));
  });

  it("takes the instant of the skip for a time the clock skips", () => {
    expect(firstInstantAt("Europe/Dublin", Date.UTC(2024, 2, 31, 1, 30))).toBe(Date.UTC(2024, 2, 31, 1));
  });
});

describe("offsetChange", () => {
  it("is the first instant with the new offset", () => {
    const change = offsetChange("Australia/Lord_Howe", Date.UTC(2024, 3, 6), Date.UTC(2024, 3, 7));
    expect(change).toBe(Date.UTC(2024, 3, 6, 15));
  });
});
