import type { FoundModel } from "../models/find-model.ts";

export type CacheTtl = "5m" | "1h";

/** One piece of a prompt, as both vendors' requests are reduced to it. */
export interface PromptBlock {
  readonly text: string;
  /** What distinguishes the block besides its text (role, image digests): part of the cache key. */
  readonly identity: string;
  /** Template overhead and images. */
  readonly extraTokens: number;
  /** The block ends a prefix that the caller asked to be cached. */
  readonly cacheTtl: CacheTtl | null;
}

export interface ToolSpec {
  readonly name: string;
  readonly schema: Record<string, unknown>;
}

/** Which tools the model must, may or must not call. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** The shape the answer must have. */
export type AnswerFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json-object" }
  | { readonly kind: "json-schema"; readonly schema: Record<string, unknown> };

/** What a request for text asks for, without the vendor's spelling. */
export interface GenerationRequest {
  readonly model: FoundModel;
  readonly blocks: readonly PromptBlock[];
  /** The text of the last message when a user wrote it, else the last user message's, else empty. */
  readonly lastUserText: string;
  /** A user has the last word: only then are tools called without being demanded. */
  readonly userSpokeLast: boolean;
  readonly tools: readonly ToolSpec[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
  readonly format: AnswerFormat;
  /** Number of choices. */
  readonly choices: number;
  /** Includes reasoning tokens; `null` when the caller set no limit. */
  readonly maxOutputTokens: number | null;
  readonly stop: readonly string[];
  /** Hidden reasoning that precedes the answer, tokens. */
  readonly reasoningTokens: number;
  /** Whether the reasoning is shown as a block of its own (Anthropic's extended thinking). */
  readonly showsThinking: boolean;
  readonly stream: boolean;
  /** Whether a stream ends with usage. */
  readonly streamUsage: boolean;
}

/** Tokens the chat template adds to every message, and once to prime the answer. */
export const tokensPerMessage = 3;
export const tokensToPrime = 3;

/** Images are not measured: each costs this many tokens, by detail where the request gives one. */
export const imageTokens = { openaiLow: 85, openaiHigh: 765, anthropic: 1600 } as const;
