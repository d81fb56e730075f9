import { expect, test } from "vitest";
import type { WindowState } from "../ports/limit-store.port.ts";
import { rateHeaders } from "./rate-headers.ts";

const now = 1_000_000;

function window(more: Partial<WindowState>): WindowState {
  return {
    limitId: "calls-1m",
    metric: "calls",
    capacity: 60,
    windowMs: 60_000,
    remaining: 12,
    resetAt: now + 5_500,
    ...more,
  };
}

test("a tenant without windows is told of none", () => {
  expect(rateHeaders([], now)).toEqual({});
});

test("every window is told, and the tightest of each kind in the words that clients know", () => {
  const windows = [
    window({}),
    window({ limitId: "calls-1h", capacity: 1_000, windowMs: 3_600_000, remaining: 3, resetAt: now + 3_723_000 }),
    window({ limitId: "tokens-1m", metric: "tokens", capacity: 9_000, remaining: 8_000, resetAt: now + 20 }),
  ];
  expect(rateHeaders(windows, now)).toEqual({
    "ratelimit-policy": '"calls-1m";q=60;w=60, "calls-1h";q=1000;w=3600, "tokens-1m";q=9000;qu="tokens";w=60',
    ratelimit: '"calls-1m";r=12;t=6, "calls-1h";r=3;t=3723, "tokens-1m";r=8000;t=1',
    "x-ratelimit-limit-requests": "1000",
    "x-ratelimit-remaining-requests": "3",
    "x-ratelimit-reset-requests": "1h2m3s",
    "x-ratelimit-limit-tokens": "9000",
    "x-ratelimit-remaining-tokens": "8000",
    "x-ratelimit-reset-tokens": "20ms",
  });
});

test("a limit's name cannot break out of its header, and a reset in the past is now", () => {
  const headers = rateHeaders([window({ limitId: 'a"b\\c\nd', resetAt: now - 5 })], now);
  expect(headers["ratelimit"]).toBe('"a\\"b\\\\c?d";r=12;t=0');
  expect(headers["x-ratelimit-reset-requests"]).toBe("0ms");
});
