import { describe, expect, it } from "vitest";
import { bytePairEncode } from "../src/byte-pair-encode.ts";
import { countPiece, type EncodeBytes } from "../src/count-piece.ts";
import { loadEncoding } from "../src/encoding.ts";

function run(bytes: string, encode: EncodeBytes): { tokens: number | null; longestWindow: number } {
  let longestWindow = 0;
  const work = countPiece(bytes, (part) => {
    longestWindow = Math.max(longestWindow, part.length);
    return encode(part);
  });
  let step = work.next();
  while (step.done !== true) step = work.next();
  return { tokens: step.value, longestWindow };
}

/** Tokens of this many bytes, counted from the beginning of every window. */
const everyBytes =
  (size: number): EncodeBytes =>
  (part) =>
    Array.from({ length: Math.ceil(part.length / size) }, (_, i) => Math.min((i + 1) * size, part.length));

describe("windows", () => {
  it("are joined at tokens they share, so that every token is counted once", () => {
    expect(run("x".repeat(10_000), everyBytes(8))).toEqual({ tokens: 1250, longestWindow: 256 });
    expect(run("x".repeat(10_001), everyBytes(7)).tokens).toBe(1429);
  });

  it("grow until they hold more than one token", () => {
    expect(run("x".repeat(10_000), everyBytes(1000))).toEqual({ tokens: 10, longestWindow: 4096 });
  });

  it("that never agree have no exact count", () => {
    // Every window is cut into tokens of another size.
    let size = 2;
    const restless: EncodeBytes = (part) =>
      everyBytes((size += 1))(part).filter((end) => end > 200 || end === part.length);
    expect(run("ab".repeat(50_000), restless).tokens).toBeNull();
  });

  it("of a short piece are one", () => {
    expect(run("x".repeat(100), everyBytes(8))).toEqual({ tokens: 13, longestWindow: 100 });
  });
});

describe.each(["o200k_base", "cl100k_base"] as const)("every token of %s", (name) => {
  it("fits twice into the smallest window, and is the encoding of its own bytes", async () => {
    const { ranks } = await loadEncoding(name);
    const wrong = [...ranks.keys()].filter((bytes) => bytes.length > 128 || bytePairEncode(bytes, ranks).length !== 1);
    expect(wrong).toEqual([]);
  });

  it("shares the vocabulary with all 256 bytes", async () => {
    const { ranks } = await loadEncoding(name);
    const missing = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).filter(
      (byte) => !ranks.has(byte),
    );
    expect(missing).toEqual([]);
  });
});
