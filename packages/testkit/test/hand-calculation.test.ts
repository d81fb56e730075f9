import { describe, expect, it } from "vitest";
import { handCalculation } from "../src/index.ts";

describe("a calculation by hand", () => {
  it.each([
    ["1_000 × $0.15/M = $0.00015", 150_000_000n],
    ["86 × $0.15/M + 1_920 × $0.075/M + 300 × $0.60/M = $0.0003369", 336_900_000n],
    ["2 × $0.01 = $0.02", 20_000_000_000n],
    ["0 × $3/M = $0", 0n],
    ["3 × $0.0375/M = $0.0000001125", 112_500n],
  ])("%s is exact", (text, pico) => {
    expect(handCalculation(text)).toBe(pico);
  });

  it.each([
    "1_000 × $0.15/M = $0.00016",
    "1_000 × $0.15/M",
    "1_000 × $0.15/M = ",
    "= $0",
    "1000 * $0.15/M = $0.00015",
    "1 × $0.0000000000001 = $0",
    "1 × $1/M = $0.000001 = $0.000001",
  ])("%s is refused", (text) => {
    expect(() => handCalculation(text)).toThrow(Error);
  });
});
