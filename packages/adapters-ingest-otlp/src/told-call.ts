import type { PicoUsd, ServiceTier } from "@tenantry/core";

/** Token counts as a dialect writes them. Null is "not told", which is not 0 (R6). */
export interface ToldCounts {
  readonly prompt: number | null;
  readonly completion: number | null;
  readonly total: number | null;
  readonly cacheRead: number | null;
  /** To whatever lifetime. */
  readonly cacheWrite: number | null;
  /** Of `cacheWrite`. */
  readonly cacheWrite1h: number | null;
  readonly reasoning: number | null;
  readonly audioInput: number | null;
  readonly audioOutput: number | null;
  /** Whether `prompt` counts what was read from and written to the cache, too. */
  readonly promptIncludesCache: boolean;
}

/** What a dialect tells of a request to a provider, in its own words. */
export interface ToldCall {
  /** As it is written; null where the dialect does not say. */
  readonly provider: string | null;
  readonly requestModel: string | null;
  readonly responseModel: string | null;
  readonly responseId: string | null;
  /** Whether the span is a request by its kind, also where it tells no usage and no id of an answer. */
  readonly isRequest: boolean;
  readonly isEmbedding: boolean;
  readonly counts: ToldCounts;
  readonly serviceTier: ServiceTier;
  readonly costPico: PicoUsd | null;
  /** Where an attribute tells it. */
  readonly ttftMs: number | null;
}
