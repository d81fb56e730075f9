import assert from "node:assert/strict";
import { describe, it } from "vitest";
import { createBackoff } from "./backoff.ts";
import { readRetryAfter } from "./to-outcome.ts";

const nowMs = Date.parse("2026-11-23T09:00:00Z");

describe("pauses", () => {
  it.each([
    ["30", 30_000],
    ["0.5", 500],
    ["0", 0],
    ["Mon, 23 Nov 2026 09:00:20 GMT", 20_000],
    ["Mon, 23 Nov 2026 08:00:00 GMT", 0],
    ["999999999", 900_000],
    ["soon", null],
    ["-5", null],
    [null, null],
  ] as const)("Retry-After %j is %j ms", (text, expected) => {
    // A negative number is read as a date by some engines; it is never a pause in the future.
    const waitMs = readRetryAfter(text, nowMs);
    if (expected === null) assert.ok(waitMs === null || waitMs === 0);
    else assert.equal(waitMs, expected);
  });

  it("our own pause doubles up to thirty times the first, and starts over after a success", () => {
    const backoff = createBackoff(1_000, () => 0.5);
    assert.deepEqual(
      Array.from({ length: 7 }, () => backoff.next()),
      [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
    );
    backoff.reset();
    assert.equal(backoff.next(), 1_000);
  });
});
