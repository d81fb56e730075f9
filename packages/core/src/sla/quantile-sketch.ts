/**
 * A mergeable sketch of latencies that answers any quantile with a relative error of at most 1 %,
 * after DDSketch (Masson, Rim and Lee, VLDB 2019): counts in buckets whose bounds grow by a constant
 * factor, so that every value in a bucket is within 1 % of the bucket's middle.
 *
 * Values are milliseconds from 1 µs (0.001) to 30 days. Smaller ones count as zero, larger ones as 30
 * days. Memory is bounded by construction: at most 1445 buckets (12 kB), and only the span in use is held.
 * The smallest and largest value are kept exactly.
 *
 * A sketch is plain data owned by whoever made it; only `insertIntoSketch`, `removeFromSketch` and `mergeSketches`
 * change it.
 * Its state depends on the values alone, never on their order or on how they were split and merged.
 */
export interface QuantileSketch {
  /** How many values were inserted. */
  readonly count: number;
  /** How many of them were below 0.001 ms. */
  readonly zeroCount: number;
  /** The smallest value in milliseconds; `Infinity` while the sketch is empty. */
  readonly min: number;
  /** The largest value in milliseconds; `-Infinity` while the sketch is empty. */
  readonly max: number;
  /** The index of the bucket that `counts[0]` counts. */
  readonly firstBucket: number;
  /** Counts of consecutive buckets. Its length and position are no part of the sketch's meaning. */
  readonly counts: Float64Array;
}

/** A hair below the 1 % that is promised: it leaves room for floating-point error at bucket bounds. */
const RELATIVE_ERROR = 0.0099;
const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const BUCKETS_PER_E = 1 / Math.log(GROWTH);
const SMALLEST_MS = 0.001;
const LARGEST_MS = 30 * 86_400_000;
const BUCKETS = bucketOf(LARGEST_MS) + 1;
/** The held span grows in steps of this many buckets, each about a factor of 3.5 in value. */
const SPAN_STEP = 64;

const ENCODING_VERSION = 1;
/** Bytes of 2⁵³ − 1. */
const LONGEST_VARINT = 8;
/** Where sketches are encoded, one after the other: the longest fits. */
const draft = new Uint8Array(1 + 16 + (2 + 2 * BUCKETS) * LONGEST_VARINT);
const draftView = new DataView(draft.buffer);

type Owned = { -readonly [Field in keyof QuantileSketch]: QuantileSketch[Field] };

export function emptySketch(): QuantileSketch {
  return {
    count: 0,
    zeroCount: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    firstBucket: 0,
    counts: new Float64Array(0),
  };
}

/**
 * Adds one value in milliseconds to an owned sketch.
 *
 * @throws RangeError when the value is negative or not finite; the sketch is unchanged then.
 */
export function insertIntoSketch(sketch: QuantileSketch, valueMs: number): void {
  if (!(valueMs >= 0 && valueMs < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`a latency is a finite number of milliseconds from 0, not ${valueMs}`);
  }
  const owned: Owned = sketch;
  const value = withinSpan(valueMs);
  if (value === 0) {
    owned.zeroCount += 1;
  } else {
    const bucket = bucketOf(value);
    let slot = bucket - owned.firstBucket;
    if (slot < 0 || slot >= owned.counts.length) {
      coverBuckets(owned, bucket, bucket);
      slot = bucket - owned.firstBucket;
    }
    owned.counts[slot]! += 1;
  }
  owned.count += 1;
  if (value < owned.min) owned.min = value;
  if (value > owned.max) owned.max = value;
}

/** The smallest and the largest of some values in milliseconds: infinite, as a sketch has them, when there are none. */
export interface SketchExtremes {
  readonly min: number;
  readonly max: number;
}

/**
 * Takes out of an owned sketch one value that was inserted: it is then as if that had never been.
 *
 * @param extremesLeft Smallest and largest of the values that stay, which a sketch does not know; asked only when the
 * value was one of the two.
 * @throws RangeError when no such value is in the sketch; it is unchanged then.
 */
export function removeFromSketch(sketch: QuantileSketch, valueMs: number, extremesLeft: () => SketchExtremes): void {
  const owned: Owned = sketch;
  const value = withinSpan(valueMs);
  const slot = value === 0 ? -1 : bucketOf(value) - owned.firstBucket;
  const held = value === 0 ? owned.zeroCount : (owned.counts[slot] ?? 0);
  if (!(held > 0)) throw new RangeError(`no latency of ${valueMs} ms is in the sketch`);
  const isExtreme = value <= owned.min || value >= owned.max;
  const left = isExtreme ? extremesLeft() : owned;
  if (value === 0) owned.zeroCount -= 1;
  else owned.counts[slot]! -= 1;
  owned.count -= 1;
  if (!isExtreme) return;
  owned.min = owned.count === 0 ? Number.POSITIVE_INFINITY : withinSpan(left.min);
  owned.max = owned.count === 0 ? Number.NEGATIVE_INFINITY : withinSpan(left.max);
}

/**
 * Adds all values of `from` to the owned sketch `into`, as if they had been inserted there.
 * Associative and commutative, without loss.
 *
 * @throws RangeError when the counts would exceed 2⁵³ − 1 together; `into` is unchanged then.
 */
export function mergeSketches(into: QuantileSketch, from: QuantileSketch): void {
  if (!Number.isSafeInteger(into.count + from.count)) throw new RangeError("too many values for one sketch");
  const owned: Owned = into;
  if (from.counts.length > 0) coverBuckets(owned, from.firstBucket, from.firstBucket + from.counts.length - 1);
  const shift = from.firstBucket - owned.firstBucket;
  for (let slot = 0; slot < from.counts.length; slot++) owned.counts[slot + shift]! += from.counts[slot]!;
  owned.zeroCount += from.zeroCount;
  owned.count += from.count;
  owned.min = Math.min(owned.min, from.min);
  owned.max = Math.max(owned.max, from.max);
}

/**
 * The smallest value such that at least the share `q` of all values is not above it (the nearest-rank
 * quantile), in milliseconds, with a relative error of at most 1 %; exact for the smallest and the
 * largest value, so for `q` 0 and 1 as well. `null` when the sketch is empty (R6).
 *
 * The rank is the one compliance uses: but for the bounded error, the quantile is within a threshold
 * exactly when `good / total >= q` for that threshold.
 *
 * @throws RangeError when `q` is not from 0 to 1.
 */
export function sketchQuantile(sketch: QuantileSketch, q: number): number | null {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile is a share from 0 to 1, not ${q}`);
  if (sketch.count === 0) return null;
  const rank = rankOf(q, sketch.count);
  if (rank === 1) return sketch.min;
  if (rank === sketch.count) return sketch.max;
  let seen = sketch.zeroCount;
  if (seen >= rank) return 0;
  let slot = -1;
  while (seen < rank) {
    slot += 1;
    seen += sketch.counts[slot]!;
  }
  return Math.min(Math.max(middleOf(sketch.firstBucket + slot), sketch.min), sketch.max);
}

/**
 * The sketch as bytes: equal values give equal bytes. About two to three bytes per bucket in use.
 *
 * Version byte 1, zero count, number of buckets in use; unless empty, min and max as big-endian
 * doubles; then for each bucket the distance from the one before (the first from −1) and its count.
 * Whole numbers are varints of 7 bits, lowest first.
 */
export function encodeSketch(sketch: QuantileSketch): Uint8Array {
  const { counts, firstBucket, zeroCount, count, min, max } = sketch;
  let used = 0;
  for (let slot = 0; slot < counts.length; slot++) if (counts[slot]! > 0) used += 1;
  draft[0] = ENCODING_VERSION;
  let end = writeVarint(1, zeroCount);
  end = writeVarint(end, used);
  if (count > 0) {
    draftView.setFloat64(end, min);
    draftView.setFloat64(end + 8, max);
    end += 16;
  }
  let previous = -1;
  for (let slot = 0; slot < counts.length; slot++) {
    if (counts[slot] === 0) continue;
    end = writeVarint(end, firstBucket + slot - previous);
    end = writeVarint(end, counts[slot]!);
    previous = firstBucket + slot;
  }
  return draft.slice(0, end);
}

/**
 * Reads what `encodeSketch` wrote; encoding the result gives the same bytes.
 *
 * @throws RangeError for every other input, and never another error.
 */
export function decodeSketch(bytes: Uint8Array): QuantileSketch {
  let position = 1;
  const readVarint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++];
      if (byte === undefined) throw garbage("it ends too early");
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw garbage("a number is too large");
      if (byte < 128) {
        if (byte === 0 && scale > 1) throw garbage("a number is longer than it needs to be");
        return value;
      }
    }
  };
  if (bytes[0] !== ENCODING_VERSION) throw garbage(`its version is ${bytes[0]}, not ${ENCODING_VERSION}`);
  const sketch: Owned = emptySketch();
  sketch.zeroCount = readVarint();
  sketch.count = sketch.zeroCount;
  const used = readVarint();
  if (used > 0 || sketch.zeroCount > 0) {
    if (bytes.length < position + 16) throw garbage("it ends too early");
    const extremes = new DataView(bytes.buffer, bytes.byteOffset + position, 16);
    sketch.min = extremes.getFloat64(0);
    sketch.max = extremes.getFloat64(8);
    position += 16;
  }
  let bucket = -1;
  for (let left = used; left > 0; left--) {
    const distance = readVarint();
    const count = readVarint();
    bucket += distance;
    if (distance === 0 || count === 0 || bucket >= BUCKETS) throw garbage("a bucket is out of order or empty");
    coverBuckets(sketch, bucket, bucket);
    sketch.counts[bucket - sketch.firstBucket] = count;
    sketch.count += count;
  }
  if (position !== bytes.length) throw garbage("bytes are left over");
  if (!Number.isSafeInteger(sketch.count)) throw garbage("a number is too large");
  if (!extremesFit(sketch)) throw garbage("its smallest or largest value contradicts its buckets");
  return sketch;
}

/** The value as it is counted. */
function withinSpan(valueMs: number): number {
  return valueMs < SMALLEST_MS ? 0 : Math.min(valueMs, LARGEST_MS);
}

/** Bucket i holds the values in (0.001 · GROWTH^(i−1), 0.001 · GROWTH^i]. */
function bucketOf(valueMs: number): number {
  return Math.max(0, Math.ceil(Math.log(valueMs / SMALLEST_MS) * BUCKETS_PER_E));
}

/** The value whose relative distance to both bounds of the bucket is the same. */
function middleOf(bucket: number): number {
  return (SMALLEST_MS * 2 * GROWTH ** bucket) / (GROWTH + 1);
}

/** The smallest rank from 1 with rank / count >= q, as floating-point division has it. */
function rankOf(q: number, count: number): number {
  let rank = Math.min(Math.max(Math.ceil(q * count), 1), count);
  while (rank > 1 && (rank - 1) / count >= q) rank -= 1;
  while (rank < count && rank / count < q) rank += 1;
  return rank;
}

function coverBuckets(owned: Owned, first: number, last: number): void {
  const end = owned.firstBucket + owned.counts.length;
  if (owned.counts.length > 0 && first >= owned.firstBucket && last < end) return;
  const lowest = owned.counts.length > 0 ? Math.min(first, owned.firstBucket) : first;
  const highest = owned.counts.length > 0 ? Math.max(last, end - 1) : last;
  const newFirst = Math.floor(lowest / SPAN_STEP) * SPAN_STEP;
  const grown = new Float64Array((Math.floor(highest / SPAN_STEP) + 1) * SPAN_STEP - newFirst);
  grown.set(owned.counts, Math.max(0, owned.firstBucket - newFirst));
  owned.firstBucket = newFirst;
  owned.counts = grown;
}

/** Allows one bucket of difference, for another runtime may compute the logarithm to another last bit. */
function extremesFit(sketch: QuantileSketch): boolean {
  if (sketch.count === 0) return true;
  const { min, max, zeroCount, counts, firstBucket } = sketch;
  if (!(min <= max && max <= LARGEST_MS) || Object.is(min, -0) || Object.is(max, -0)) return false;
  const isUsed = (bucketCount: number): boolean => bucketCount > 0;
  const lowest = firstBucket + counts.findIndex(isUsed);
  const highest = firstBucket + counts.findLastIndex(isUsed);
  if (!counts.some(isUsed)) return min === 0 && max === 0;
  const lowFits = zeroCount > 0 ? min === 0 : min >= SMALLEST_MS && Math.abs(bucketOf(min) - lowest) <= 1;
  return lowFits && max >= SMALLEST_MS && Math.abs(bucketOf(max) - highest) <= 1;
}

/** Into the draft; answers the position after it. */
function writeVarint(at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 128) {
    draft[end++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  draft[end++] = rest;
  return end;
}

function garbage(why: string): RangeError {
  return new RangeError(`these bytes are not a quantile sketch: ${why}`);
}
