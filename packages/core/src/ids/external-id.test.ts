import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idProblem, maxIdLength } from "./external-id.ts";

describe("an id from outside", () => {
  it.each([
    "a",
    "tenant-1",
    "acme:eu%2F/1",
    "Zoë Ölçü",
    "顧客 42",
    "👩‍👩‍👧",
    " ",
    "(none)",
    "'; drop table lines; --",
    "=1+1",
    "\u00a0",
    "x".repeat(200),
  ])("may be %j", (id) => {
    expect(idProblem(id)).toBeNull();
  });

  it.each([
    ["", "must not be empty"],
    ["x".repeat(201), "must be at most 200 characters long, not 201"],
    ["👍".repeat(101), "must be at most 200 characters long, not 202"],
    ["a\nb", "must not contain control characters"],
    ["\u0000", "must not contain control characters"],
    ["\u001b[31m", "must not contain control characters"],
    ["\u001f", "must not contain control characters"],
    ["\u007f", "must not contain control characters"],
    ["\u0085", "must not contain control characters"],
    ["\u009f", "must not contain control characters"],
    ["a\ud83d", "must be well-formed Unicode"],
    ["\udc4da", "must be well-formed Unicode"],
  ])("may not be %j", (id, problem) => {
    expect(idProblem(id)).toBe(problem);
  });

  it("that is accepted survives UTF-8 unchanged and is at most 200 units long", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 210 }), (id) => {
        if (idProblem(id) !== null) return;
        expect(id.length).toBeGreaterThan(0);
        expect(id.length).toBeLessThanOrEqual(maxIdLength);
        expect(new TextDecoder().decode(new TextEncoder().encode(id))).toBe(id);
      }),
      { numRuns: 300 },
    );
  });
});
