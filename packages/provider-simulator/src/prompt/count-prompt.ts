import type { TokenCounts } from "../billing/token-counts.ts";
import { noTokens } from "../billing/token-counts.ts";
import type { GenerationRequest, PromptBlock } from "./generation-request.ts";
import { tokensToPrime } from "./generation-request.ts";
import type { PromptCache } from "./prompt-cache.ts";
import { chainDigest } from "./prompt-cache.ts";
import { countTokens, tokenIds } from "./tokenizer.ts";

const cacheStep = 128;
/** Anthropic looks this many blocks back from a breakpoint for a prefix it already holds. */
const lookBackBlocks = 20;

/** All tokens of the prompt, cached or not. */
export function countPrompt(request: GenerationRequest): number {
  const { encoding } = request.model.card;
  return request.blocks.reduce(
    (sum, block) => sum + block.extraTokens + countTokens(block.text, encoding),
    tokensToPrime,
  );
}

function fingerprint(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash | 0;
}

function promptIds(request: GenerationRequest): number[] {
  const ids: number[] = [];
  for (const block of request.blocks) {
    const mark = fingerprint(block.identity);
    for (let i = 0; i < block.extraTokens; i += 1) ids.push(mark);
    for (const id of tokenIds(block.text, request.model.card.encoding)) ids.push(id);
  }
  return ids;
}

/**
 * OpenAI caches by itself: the longest known prefix of at least 1,024 tokens, in steps of 128.
 * https://platform.openai.com/docs/guides/prompt-caching
 */
export function countAutomatic(request: GenerationRequest, cache: PromptCache, account: string): TokenCounts {
  const { card } = request.model;
  const total = countPrompt(request);
  const shortest = card.minCacheTokens;
  if (shortest === null || total < shortest) return { ...noTokens, input: total };
  const ids = promptIds(request);
  let digest = `${account}\u0000${card.id}`;
  let cached = 0;
  for (let end = cacheStep; end <= ids.length; end += cacheStep) {
    digest = chainDigest(digest, Int32Array.from(ids.slice(end - cacheStep, end)));
    if (end < shortest) continue;
    if (cache.has(digest)) cached = end;
    else cache.remember(digest, "automatic");
  }
  return { ...noTokens, input: total - cached, cacheRead: cached };
}

interface Prefix {
  readonly digest: string;
  readonly tokens: number;
  readonly block: PromptBlock;
}

function prefixes(request: GenerationRequest, account: string): Prefix[] {
  const { card } = request.model;
  let digest = `${account}\u0000${card.id}`;
  let tokens = 0;
  return request.blocks.map((block) => {
    digest = chainDigest(digest, `${block.identity}\u0000${block.text}`);
    tokens += block.extraTokens + countTokens(block.text, card.encoding);
    return { digest, tokens, block };
  });
}

function longestKnown(all: readonly Prefix[], cache: PromptCache): number {
  for (let at = all.length - 1; at >= 0; at -= 1) {
    if (!all[at]?.block.cacheTtl) continue;
    for (let back = at; back >= 0 && back > at - lookBackBlocks; back -= 1) {
      const prefix = all[back];
      if (prefix && cache.has(prefix.digest)) return back;
    }
  }
  return -1;
}

/**
 * Anthropic caches where the caller marks it: a marked prefix is written the first time and read later;
 * what follows the last mark is plain input. Prefixes shorter than the model's minimum are not cached.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export function countMarked(request: GenerationRequest, cache: PromptCache, account: string): TokenCounts {
  const all = prefixes(request, account);
  const total = (all.at(-1)?.tokens ?? 0) + tokensToPrime;
  const shortest = request.model.card.minCacheTokens ?? Number.POSITIVE_INFINITY;
  const known = longestKnown(all, cache);
  const cacheRead = all[known]?.tokens ?? 0;
  let written5m = 0;
  let written1h = 0;
  let reached = cacheRead;
  for (const { block, digest, tokens } of all.slice(known + 1)) {
    if (!block.cacheTtl || tokens < shortest) continue;
    cache.remember(digest, block.cacheTtl);
    if (block.cacheTtl === "1h") written1h += tokens - reached;
    else written5m += tokens - reached;
    reached = tokens;
  }
  return {
    ...noTokens,
    input: total - reached,
    cacheRead,
    cacheWrite5m: written5m,
    cacheWrite1h: written1h,
  };
}
