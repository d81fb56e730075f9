import { type Instant, priceStatusView, type PriceStatus } from "@tenantry/core";

const daySeconds = 86_400;

/** `recorded 2026-09-23, 61 days ago, from …`, and what is wrong with it. */
export function describeBook(status: PriceStatus, now: Instant): string {
  const { recordedAt, ageSeconds, source, edition, pinned, problem } = priceStatusView(status, now);
  const days = Math.floor(ageSeconds / daySeconds);
  const ago = days === 1 ? "1 day ago" : `${days} days ago`;
  const which = edition === 0 ? "no edition in force" : `edition ${edition}`;
  const parts = [
    `${which}${pinned ? ", pinned" : ""}; recorded ${recordedAt.slice(0, 10)}, ${ago}`,
    ...(edition === 0 ? [] : [`from ${source}`]),
    ...(problem === null ? [] : [`the edition that should be in force cannot be: ${problem}`]),
  ];
  return parts.join("; ");
}
