import type { Encoding } from "../prompt/tokenizer.ts";

export type ProviderName = "openai" | "anthropic";

/** What the simulator knows about one model family. */
export interface ModelCard {
  /** The family name, which is also the key of its prices. */
  readonly id: string;
  readonly provider: ProviderName;
  readonly kind: "chat" | "embedding";
  /** Dated names; the first is the one an undated request is answered by. */
  readonly snapshots: readonly string[];
  /** Other names the vendor (or habit) accepts for the family. */
  readonly aliases: readonly string[];
  readonly encoding: Encoding;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** Bills hidden reasoning tokens. */
  readonly reasoning: boolean;
  /** Shortest prefix the vendor caches; `null` where it caches nothing. */
  readonly minCacheTokens: number | null;
  /** Length of the vectors of an embedding model. */
  readonly dimensions: number | null;
  /** Seconds since 1970, as `GET /v1/models` shows it. */
  readonly createdAt: number;
}
