import type { Instant, Period } from "@tenantry/core";

/**
 * Roll-ups are kept by quarter of an hour. Every offset in force anywhere is a multiple of 15 minutes (Nepal has
 * +05:45, Chatham +12:45), so days and months of every zone begin on a bucket and need no raw lines; and the burn-rate
 * windows of 5 minutes to 3 days read at most half an hour of raw lines. An offset that is no multiple is answered from
 * raw lines at the edges, as any other interval is.
 */
export const BUCKET_MS = 900_000;

/** Number of the bucket that contains the instant. */
export function bucketOf(at: Instant): number {
  return Math.floor(at / BUCKET_MS);
}

const BUCKETS_OF_DAY = 96;

/** Number of the day of UTC that contains the bucket. */
export function dayOf(bucket: number): number {
  return Math.floor(bucket / BUCKETS_OF_DAY);
}

/** Buckets [first, end) as whole days, and the buckets that are left at both edges. */
export function daysOf(
  first: number,
  end: number,
): {
  readonly firstDay: number;
  /** Not above `firstDay` when no day is whole. */
  readonly endDay: number;
  readonly edges: readonly (readonly [first: number, end: number])[];
} {
  const firstDay = Math.ceil(first / BUCKETS_OF_DAY);
  const endDay = Math.floor(end / BUCKETS_OF_DAY);
  if (firstDay >= endDay) return { firstDay, endDay: firstDay, edges: [[first, end]] };
  const edges = [
    [first, firstDay * BUCKETS_OF_DAY],
    [endDay * BUCKETS_OF_DAY, end],
  ] as const;
  return { firstDay, endDay, edges };
}

/** A period as whole buckets [first, end), and what is left at its two edges. */
export interface BucketedPeriod {
  readonly firstBucket: number;
  /** Not above `firstBucket` when no bucket is whole. */
  readonly endBucket: number;
  /** Parts of buckets: none, one or two, none of them empty. */
  readonly edges: readonly Period[];
}

export function bucketsOf(period: Period): BucketedPeriod {
  const firstBucket = Math.ceil(period.from / BUCKET_MS);
  const endBucket = Math.floor(period.to / BUCKET_MS);
  const edges =
    firstBucket > endBucket
      ? [period]
      : [
          { from: period.from, to: firstBucket * BUCKET_MS },
          { from: endBucket * BUCKET_MS, to: period.to },
        ];
  return { firstBucket, endBucket, edges: edges.filter((edge) => edge.from < edge.to) };
}
