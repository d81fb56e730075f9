import { formatInstant, type Instant } from "../time/instant.ts";
import type { PriceStatus } from "./price-mirror.ts";

/** Which book is in force, as JSON carries it. */
export interface PriceStatusView {
  /** Names the book, and with it every figure in it. */
  readonly version: string;
  /** 0 is the book without any imported edition. */
  readonly edition: number;
  readonly source: string;
  readonly recordedAt: string;
  /** Since `recordedAt`, whole seconds ≥ 0. */
  readonly ageSeconds: number;
  readonly pinned: boolean;
  /** Why the edition that should be in force is not; null when it is. */
  readonly problem: string | null;
}

export function priceStatusView(status: PriceStatus, now: Instant): PriceStatusView {
  const { version, edition, source, recordedAt, isPinned, problem } = status;
  return {
    version,
    edition,
    source,
    recordedAt: formatInstant(recordedAt),
    ageSeconds: Math.max(0, Math.floor((now - recordedAt) / 1000)),
    pinned: isPinned,
    problem,
  };
}
