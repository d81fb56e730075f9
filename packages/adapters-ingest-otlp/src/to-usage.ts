import { tokensOf, type ServiceTier, type Usage } from "@tenantry/core";
import type { ToldCounts } from "./told-call.ts";

/**
 * Disjoint classes from what a dialect tells, or null where it does not tell both sides.
 *
 * No class is below 0 and no told token is lost: details larger than the whole they are said to be part of cannot be
 * part of it, and neither can those with which alone the told total comes out. A cache write without a lifetime is one
 * of 5 minutes, which is what the provider that has lifetimes takes when none is asked for.
 * https://docs.claude.com/en/docs/build-with-claude/prompt-caching
 */
export function toUsage(told: ToldCounts, isEmbedding: boolean, serviceTier: ServiceTier): Usage | null {
  const sides = toSides(told, isEmbedding);
  if (sides === null) return null;
  const { prompt, completion } = sides;
  const cacheRead = told.cacheRead ?? 0;
  const cacheWrite = Math.max(told.cacheWrite ?? 0, told.cacheWrite1h ?? 0);
  const cacheWrite1h = told.cacheWrite1h ?? 0;
  const reasoning = told.reasoning ?? 0;
  const audioInput = told.audioInput ?? 0;
  const audioOutput = told.audioOutput ?? 0;
  const cached = cacheRead + cacheWrite;
  // What the total has beyond both sides.
  const beyond = told.total === null ? 0 : told.total - prompt - completion;
  const isCacheBeyond = beyond > 0 && (beyond === cached || beyond === cached + reasoning);
  const isReasoningBeyond = beyond > 0 && (beyond === reasoning || beyond === cached + reasoning) && beyond !== cached;
  const uncached = told.promptIncludesCache && !isCacheBeyond ? without(prompt, cached) : prompt;
  const spoken = isReasoningBeyond ? completion : without(completion, reasoning);
  return {
    tokens: tokensOf({
      input: without(uncached, audioInput),
      cacheRead,
      cacheWrite5m: cacheWrite - cacheWrite1h,
      cacheWrite1h,
      output: without(spoken, audioOutput),
      reasoning,
      audioInput,
      audioOutput,
    }),
    fees: {},
    serviceTier,
  };
}

/** The whole without a part, or the whole where the part is larger. */
function without(whole: number, part: number): number {
  return part > whole ? whole : whole - part;
}

interface Sides {
  readonly prompt: number;
  readonly completion: number;
}

/** One side may follow from the total; an embedding has no other. */
function toSides({ prompt, completion, total }: ToldCounts, isEmbedding: boolean): Sides | null {
  if (prompt !== null && completion !== null) return { prompt, completion };
  if (isEmbedding) {
    const read = prompt ?? total;
    return read === null ? null : { prompt: read, completion: completion ?? 0 };
  }
  if (total === null) return null;
  if (prompt !== null) return total >= prompt ? { prompt, completion: total - prompt } : null;
  return completion !== null && total > completion ? { prompt: total - completion, completion } : null;
}
