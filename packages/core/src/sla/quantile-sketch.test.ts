import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeSketch,
  emptySketch,
  encodeSketch,
  insertIntoSketch,
  mergeSketches,
  type QuantileSketch,
  removeFromSketch,
  sketchQuantile,
} from "./quantile-sketch.ts";

const quantiles = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1];
const LARGEST_MS = 30 * 86_400_000;

/** A small seeded generator of numbers in (0, 1), so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

const distributions: Record<string, (random: () => number, index: number, size: number) => number> = {
  uniform: (random) => random() * 5000,
  exponential: (random) => -800 * Math.log(random()),
  lognormal: (random) => Math.exp(6.5 + 0.9 * normal(random)),
  pareto: (random) => 50 / random() ** (1 / 1.1),
  bimodal: (random) => (random() < 0.9 ? 300 + 30 * normal(random) : 9000 + 900 * normal(random)),
  constant: () => 1234.567,
  "two-point": (random) => (random() < 0.95 ? 1999 : 2001),
  sorted: (_random, index) => 0.01 * 1.003 ** Math.min(index, 7000),
  reversed: (_random, index, size) => size - index,
  microseconds: (random) => 0.001 + random() * 0.01,
  "with zeros": (random) => (random() < 0.3 ? 0 : random() * 100),
};

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = emptySketch();
  for (const value of values) insertIntoSketch(sketch, value);
  return sketch;
}

function merged(...parts: readonly QuantileSketch[]): QuantileSketch {
  const whole = emptySketch();
  for (const part of parts) mergeSketches(whole, part);
  return whole;
}

/** The nearest-rank quantile: the smallest value with at least the share `q` of all values not above it. */
function exactQuantile(sorted: ArrayLike<number>, q: number): number {
  for (let index = Math.max(0, Math.floor(q * sorted.length) - 2); index < sorted.length; index++) {
    if ((index + 1) / sorted.length >= q) return sorted[index]!;
  }
  throw new Error("no value reaches the share");
}

function expectWithinOnePercent(values: readonly number[], sketch: QuantileSketch, qs: readonly number[]): void {
  const sorted = Float64Array.from(values).sort();
  for (const q of qs) {
    const exact = exactQuantile(sorted, q);
    expect(Math.abs(sketchQuantile(sketch, q)! - exact), `q = ${q}, exact ${exact}`).toBeLessThanOrEqual(0.01 * exact);
  }
}

const anyLatency = fc.oneof(
  fc.constantFrom(0, 0.001, 1, 1999, 2000, 2001, LARGEST_MS),
  fc.double({ min: 0.001, max: LARGEST_MS, noNaN: true }),
  fc
    .double({ min: -6.9, max: 21.6, noNaN: true })
    .map((exponent) => Math.min(Math.max(Math.exp(exponent), 0.001), LARGEST_MS)),
);
const anyLatencies = fc.array(anyLatency, { maxLength: 60 });

describe("sketchQuantile", () => {
  const cases = Object.keys(distributions).flatMap((name) =>
    [1, 2, 20, 999, 20_000].map((size) => [name, size] as const),
  );

  it.each(cases)("is within one percent of the exact quantile: %s, %d values", (name, size) => {
    const random = seeded(size + 7);
    const values = Array.from({ length: size }, (_, index) => distributions[name]!(random, index, size));
    expectWithinOnePercent(values, sketchOf(values), quantiles);
  });

  it("is within 1 % for any values in range and any share", () => {
    fc.assert(
      fc.property(
        fc.array(anyLatency, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          expectWithinOnePercent(values, sketchOf(values), [q, ...quantiles]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("is within 1 % at the bounds of every bucket", () => {
    // A bucket's bounds are the worst case; steps of a tenth of a bucket meet all of them closely.
    for (let value = 0.001; value < LARGEST_MS; value *= 1.00198) {
      const sketch = sketchOf([0, value, LARGEST_MS]);
      expect(Math.abs(sketchQuantile(sketch, 0.5)! - value)).toBeLessThanOrEqual(0.01 * value);
    }
  });

  it("is exact for the smallest and the largest value", () => {
    const sketch = sketchOf([17.3, 2000.1, 911]);
    expect(sketchQuantile(sketch, 0)).toBe(17.3);
    expect(sketchQuantile(sketch, 1)).toBe(2000.1);
    expect(sketchQuantile(sketchOf([1234.567, 1234.567, 1234.567]), 0.5)).toBe(1234.567);
  });

  it("uses the rank that compliance uses: P95 of 20 calls is the 19th, P99 of 100 the 99th", () => {
    expect(sketchQuantile(sketchOf([...Array<number>(19).fill(100), 9000]), 0.95)).toBeCloseTo(100, 0);
    expect(sketchQuantile(sketchOf([...Array<number>(18).fill(100), 9000, 9000]), 0.95)).toBeCloseTo(9000, -2);
    expect(sketchQuantile(sketchOf([...Array<number>(99).fill(100), 9000]), 0.99)).toBeCloseTo(100, 0);
    // 0.07 × 100 is a little more than 7 in floating point; the rank is 7 all the same.
    expect(
      sketchQuantile(sketchOf([...Array<number>(7).fill(100), ...Array<number>(93).fill(9000)]), 0.07),
    ).toBeCloseTo(100, 0);
    expect(
      sketchQuantile(sketchOf([...Array<number>(6).fill(100), ...Array<number>(94).fill(9000)]), 0.07),
    ).toBeCloseTo(9000, -2);
  });

  it("never falls as the share grows", () => {
    fc.assert(
      fc.property(anyLatencies, (values) => {
        const sketch = sketchOf([1, ...values]);
        const answers = Array.from({ length: 101 }, (_, percent) => sketchQuantile(sketch, percent / 100)!);
        expect(answers).toEqual(answers.toSorted((a, b) => a - b));
      }),
    );
  });

  it("is null while there is nothing to judge", () => {
    expect(sketchQuantile(emptySketch(), 0.95)).toBeNull();
  });

  it.each([-0.01, 1.01, Number.NaN, 95])("refuses the share %d", (q) => {
    expect(() => sketchQuantile(sketchOf([1]), q)).toThrow(RangeError);
    expect(() => sketchQuantile(emptySketch(), q)).toThrow(RangeError);
  });
});

describe("insertIntoSketch", () => {
  it("counts what is below a microsecond as zero and what is above 30 days as 30 days", () => {
    const sketch = sketchOf([0, -0, 0.000_999_9, LARGEST_MS + 1, Number.MAX_VALUE]);
    expect(sketch).toMatchObject({ count: 5, zeroCount: 3, min: 0, max: LARGEST_MS });
    expect(sketchQuantile(sketch, 0.6)).toBe(0);
    expect(sketchQuantile(sketch, 0.8)).toBeCloseTo(LARGEST_MS, -8);
  });

  it.each([-1, -1e-9, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d and changes nothing", (value) => {
    const sketch = sketchOf([5]);
    expect(() => insertIntoSketch(sketch, value)).toThrow(RangeError);
    expect(encodeSketch(sketch)).toEqual(encodeSketch(sketchOf([5])));
  });

  it("never holds more than 2048 buckets", () => {
    const sketch = emptySketch();
    for (let value = LARGEST_MS; value >= 0.001; value /= 1.01) insertIntoSketch(sketch, value);
    insertIntoSketch(sketch, 0.001);
    insertIntoSketch(sketch, Number.MAX_VALUE);
    expect(sketch.counts.length).toBeLessThanOrEqual(2048);
  });

  it("does not depend on the order of the values", () => {
    fc.assert(
      fc.property(anyLatencies, (values) => {
        expect(encodeSketch(sketchOf(values.toReversed()))).toEqual(encodeSketch(sketchOf(values)));
      }),
    );
  });
});

describe("mergeSketches", () => {
  it("of parts is the whole, to the byte", () => {
    fc.assert(
      fc.property(fc.array(anyLatencies, { maxLength: 6 }), (parts) => {
        expect(encodeSketch(merged(...parts.map(sketchOf)))).toEqual(encodeSketch(sketchOf(parts.flat())));
      }),
      { numRuns: 500 },
    );
  });

  it("is commutative and associative", () => {
    fc.assert(
      fc.property(anyLatencies, anyLatencies, anyLatencies, (first, second, third) => {
        const [a, b, c] = [sketchOf(first), sketchOf(second), sketchOf(third)];
        expect(encodeSketch(merged(a, b))).toEqual(encodeSketch(merged(b, a)));
        expect(encodeSketch(merged(merged(a, b), c))).toEqual(encodeSketch(merged(a, merged(b, c))));
      }),
    );
  });

  it("leaves the sketch it adds from alone, and doubles one merged into itself", () => {
    const sketch = sketchOf([0, 3, 5000]);
    const before = encodeSketch(sketch);
    mergeSketches(sketchOf([90_000]), sketch);
    expect(encodeSketch(sketch)).toEqual(before);
    mergeSketches(sketch, sketch);
    expect(encodeSketch(sketch)).toEqual(encodeSketch(sketchOf([0, 0, 3, 3, 5000, 5000])));
  });

  it("refuses counts beyond 2⁵³ − 1 and changes nothing", () => {
    const sketch = sketchOf([1]);
    for (let doublings = 0; doublings < 52; doublings++) mergeSketches(sketch, sketch);
    expect(sketchQuantile(sketch, 0.95)).toBe(1);
    const before = encodeSketch(sketch);
    expect(() => mergeSketches(sketch, sketch)).toThrow(RangeError);
    expect(encodeSketch(sketch)).toEqual(before);
    expect(encodeSketch(decodeSketch(before))).toEqual(before);
  });
});

describe("encodeSketch and decodeSketch", () => {
  it("carry every answer", () => {
    fc.assert(
      fc.property(anyLatencies, (values) => {
        const sketch = sketchOf(values);
        const decoded = decodeSketch(encodeSketch(sketch));
        expect(encodeSketch(decoded)).toEqual(encodeSketch(sketch));
        expect(decoded.count).toBe(values.length);
        for (const q of quantiles) expect(sketchQuantile(decoded, q)).toBe(sketchQuantile(sketch, q));
        insertIntoSketch(decoded, 42);
        expect(encodeSketch(decoded)).toEqual(encodeSketch(sketchOf([...values, 42])));
      }),
      { numRuns: 500 },
    );
  });

  it("are compact, and stable: stored bytes stay readable", () => {
    expect(encodeSketch(emptySketch())).toEqual(Uint8Array.of(1, 0, 0));
    const stored = Uint8Array.of(1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 64, 159, 64, 0, 0, 0, 0, 0, 0xde, 5, 2);
    expect(encodeSketch(sketchOf([0, 2000, 2000]))).toEqual(stored);
    const random = seeded(1);
    const busy = sketchOf(Array.from({ length: 100_000 }, () => distributions.lognormal!(random, 0, 0)));
    expect(encodeSketch(busy).length).toBeLessThan(1500);
  });

  it("work within a larger buffer", () => {
    const bytes = encodeSketch(sketchOf([3, 4]));
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 5);
    expect(encodeSketch(decodeSketch(larger.subarray(5, 5 + bytes.length)))).toEqual(bytes);
  });

  const min = [64, 159, 64, 0, 0, 0, 0, 0];
  const zero = [0, 0, 0, 0, 0, 0, 0, 0];
  it.each<[string, number[]]>([
    ["nothing", []],
    ["another version", [2, 0, 0]],
    ["a cut header", [1, 0]],
    ["bytes left over", [1, 0, 0, 0]],
    ["a cut smallest value", [1, 0, 1, ...min]],
    ["a missing bucket", [1, 0, 1, ...min, ...min]],
    ["a missing count", [1, 0, 1, ...min, ...min, 0xde, 5]],
    ["an empty bucket", [1, 0, 1, ...min, ...min, 0xde, 5, 0]],
    ["a bucket twice", [1, 0, 2, ...min, ...min, 0xde, 5, 1, 0, 1]],
    ["a bucket beyond the last", [1, 0, 1, ...min, ...min, 0xff, 127, 1]],
    ["an overlong number", [1, 0, 1, ...min, ...min, 0xde, 5, 0x81, 0]],
    ["a number beyond 2⁵³", [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0]],
    ["a sum beyond 2⁵³", [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 15, 1, ...zero, ...min, 0xde, 5, 1]],
    ["a smallest value in another bucket", [1, 0, 1, ...min, ...min, 0xd0, 5, 1]],
    ["zeros with a smallest value above zero", [1, 1, 1, ...min, ...min, 0xde, 5, 1]],
    ["no zeros with a smallest value of zero", [1, 0, 1, ...zero, ...min, 0xde, 5, 1]],
    ["zeros alone with a largest value", [1, 1, 0, ...zero, ...min]],
    ["a negative zero", [1, 1, 0, 128, 0, 0, 0, 0, 0, 0, 0, ...zero]],
    ["a smallest value that is not a number", [1, 0, 1, 127, 248, 0, 0, 0, 0, 0, 0, ...min, 0xde, 5, 1]],
  ])("refuse %s", (_what, bytes) => {
    expect(() => decodeSketch(Uint8Array.from(bytes))).toThrow(RangeError);
  });

  it("refuse garbage with a RangeError, and write what they accept as they read it", () => {
    const mutated = fc
      .tuple(anyLatencies, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 }), fc.nat(400))
      .map(([values, changes, length]) => {
        const bytes = encodeSketch(sketchOf(values));
        for (const [position, byte] of changes) if (position < bytes.length) bytes[position] = byte;
        return bytes.slice(0, Math.max(length, 1));
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated), (bytes) => {
        let sketch: QuantileSketch;
        try {
          sketch = decodeSketch(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(encodeSketch(sketch)).toEqual(bytes);
        for (const q of quantiles) sketchQuantile(sketch, q);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("taking values out", () => {
  const anyMs = fc.oneof(
    fc.double({ min: 0, max: 3 * LARGEST_MS, noNaN: true }),
    fc.constantFrom(0, 0.000_5, 0.001, 120, 2_000, LARGEST_MS, 2 * LARGEST_MS),
  );
  const extremesOf = (values: readonly number[]) => () => ({ min: Math.min(...values), max: Math.max(...values) });

  it("leaves what there would be without them, byte for byte, in whatever order", () => {
    fc.assert(
      fc.property(fc.array(anyMs, { maxLength: 30 }), fc.array(anyMs, { maxLength: 10 }), (kept, taken) => {
        const sketch = sketchOf([...taken, ...kept]);
        const left = [...taken];
        while (left.length > 0) removeFromSketch(sketch, left.pop()!, extremesOf([...left, ...kept]));
        expect(encodeSketch(sketch)).toEqual(encodeSketch(sketchOf(kept)));
        for (const q of quantiles) expect(sketchQuantile(sketch, q)).toBe(sketchQuantile(sketchOf(kept), q));
      }),
      { numRuns: 300 },
    );
  });

  it("asks for the extremes only when one of them goes", () => {
    const sketch = sketchOf([10, 20, 30]);
    removeFromSketch(sketch, 20, () => {
      throw new Error("asked");
    });
    expect([sketch.count, sketch.min, sketch.max]).toEqual([2, 10, 30]);
  });

  it.each([0, 5, 4_000])("refuses %d, which is not in it, and changes nothing", (valueMs) => {
    const sketch = sketchOf([10, 20]);
    const before = encodeSketch(sketch);
    expect(() => removeFromSketch(sketch, valueMs, extremesOf([10, 20]))).toThrow(RangeError);
    expect(() => removeFromSketch(emptySketch(), valueMs, extremesOf([]))).toThrow(RangeError);
    expect(encodeSketch(sketch)).toEqual(before);
  });
});
