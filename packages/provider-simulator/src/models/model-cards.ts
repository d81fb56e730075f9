import type { ModelCard } from "./model-card.ts";

const day = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1000;

function openai(id: string, date: string, rest: Partial<ModelCard>): ModelCard {
  return {
    id,
    provider: "openai",
    kind: "chat",
    snapshots: [`${id}-${date}`],
    aliases: [],
    encoding: "o200k_base",
    contextTokens: 128_000,
    maxOutputTokens: 16_384,
    reasoning: /^(o\d|gpt-5)/.test(id),
    minCacheTokens: 1024,
    dimensions: null,
    createdAt: day(date),
    ...rest,
  };
}

function embedding(id: string, date: string, dimensions: number): ModelCard {
  return openai(id, date, {
    kind: "embedding",
    snapshots: [id],
    encoding: "cl100k_base",
    contextTokens: 8192,
    maxOutputTokens: 0,
    minCacheTokens: null,
    dimensions,
  });
}

function anthropic(id: string, compactDate: string, rest: Partial<ModelCard>): ModelCard {
  const date = `${compactDate.slice(0, 4)}-${compactDate.slice(4, 6)}-${compactDate.slice(6)}`;
  return {
    id,
    provider: "anthropic",
    kind: "chat",
    snapshots: [`${id}-${compactDate}`],
    aliases: [],
    encoding: "o200k_base",
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
    reasoning: false,
    minCacheTokens: 1024,
    dimensions: null,
    createdAt: day(date),
    ...rest,
  };
}

const old = { encoding: "cl100k_base", minCacheTokens: null } as const;
const large = { contextTokens: 1_047_576, maxOutputTokens: 32_768 } as const;
const five = { contextTokens: 400_000, maxOutputTokens: 128_000 } as const;
const thinker = { contextTokens: 200_000, maxOutputTokens: 100_000 } as const;

/** Names and limits as published at https://platform.openai.com/docs/models; entered 2026-11-23 from secondary sources. */
const openaiCards: readonly ModelCard[] = [
  openai("gpt-4", "2023-06-13", {
    ...old,
    snapshots: ["gpt-4-0613"],
    contextTokens: 8192,
    maxOutputTokens: 8192,
  }),
  openai("gpt-4-turbo", "2024-04-09", { ...old, maxOutputTokens: 4096 }),
  openai("gpt-3.5-turbo", "2024-01-25", {
    ...old,
    snapshots: ["gpt-3.5-turbo-0125"],
    contextTokens: 16_385,
    maxOutputTokens: 4096,
  }),
  openai("gpt-4o", "2024-08-06", { snapshots: ["gpt-4o-2024-08-06", "gpt-4o-2024-11-20"] }),
  openai("gpt-4o-2024-05-13", "2024-05-13", {
    snapshots: ["gpt-4o-2024-05-13"],
    maxOutputTokens: 4096,
    minCacheTokens: null,
  }),
  openai("gpt-4o-mini", "2024-07-18", {}),
  openai("gpt-4.1", "2025-04-14", large),
  openai("gpt-4.1-mini", "2025-04-14", large),
  openai("gpt-4.1-nano", "2025-04-14", large),
  openai("gpt-5", "2025-08-07", five),
  openai("gpt-5-mini", "2025-08-07", five),
  openai("gpt-5-nano", "2025-08-07", five),
  openai("gpt-5.1", "2025-11-13", five),
  openai("o1", "2024-12-17", thinker),
  openai("o3", "2025-04-16", thinker),
  openai("o3-mini", "2025-01-31", thinker),
  openai("o4-mini", "2025-04-16", thinker),
  embedding("text-embedding-3-small", "2024-01-22", 1536),
  embedding("text-embedding-3-large", "2024-01-22", 3072),
  embedding("text-embedding-ada-002", "2022-12-16", 1536),
];

/**
 * Names and limits as published at https://platform.claude.com/docs/en/about-claude/models/overview; entered
 * 2026-11-23 from secondary sources.
 * Anthropic publishes no tokenizer: o200k_base stands in for it.
 */
const anthropicCards: readonly ModelCard[] = [
  anthropic("claude-3-haiku", "20240307", { maxOutputTokens: 4096, minCacheTokens: 2048 }),
  anthropic("claude-3-5-sonnet", "20241022", {
    aliases: ["claude-3-5-sonnet-latest"],
    maxOutputTokens: 8192,
  }),
  anthropic("claude-3-5-haiku", "20241022", {
    aliases: ["claude-3-5-haiku-latest"],
    maxOutputTokens: 8192,
    minCacheTokens: 2048,
  }),
  anthropic("claude-3-7-sonnet", "20250219", { aliases: ["claude-3-7-sonnet-latest"] }),
  anthropic("claude-sonnet-4", "20250514", { aliases: ["claude-sonnet-4-0"] }),
  anthropic("claude-opus-4", "20250514", { aliases: ["claude-opus-4-0"], maxOutputTokens: 32_000 }),
  anthropic("claude-opus-4-1", "20250805", { maxOutputTokens: 32_000 }),
  anthropic("claude-sonnet-4-5", "20250929", {}),
  anthropic("claude-haiku-4-5", "20251001", { minCacheTokens: 4096 }),
  anthropic("claude-opus-4-5", "20251101", { minCacheTokens: 4096 }),
  anthropic("claude-opus-4-6", "20260205", {
    snapshots: ["claude-opus-4-6"],
    maxOutputTokens: 128_000,
    minCacheTokens: 4096,
  }),
  anthropic("claude-sonnet-4-6", "20260217", { snapshots: ["claude-sonnet-4-6"] }),
];

export const modelCards: readonly ModelCard[] = [...openaiCards, ...anthropicCards];
