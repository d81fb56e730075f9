import type { Reading } from "../ports/exchange.ts";
import type { RequestSize } from "../ports/request-size.ts";
import type { TokenCount, TokenCounter } from "../ports/token-counter.port.ts";
import { inputTokens, outputTokens, type Usage, usageOf } from "../pricing/usage.ts";
import { reliableUsage } from "./attempt-facts.ts";
import { guessTokens } from "./guess-tokens.ts";

/** Tokens a chat template adds to a message, roughly; part of an estimate, not of a bound. */
const templateTokens = 8;

/**
 * Usage of an answer nobody reported in full: what was sent and what was received, counted by us. A partial report
 * wins where it says more: its input, and its output when that is larger.
 */
export async function estimateUsage(
  counter: TokenCounter,
  model: string,
  size: RequestSize,
  reading: Reading,
): Promise<Usage> {
  const written = await countOrGuess(counter, model, reading.written());
  const reported = reliableUsage(reading.usage) ?? usageOf({});
  const output = reported.tokens.output + Math.max(0, written.tokens - outputTokens(reported.tokens));
  if (inputTokens(reported.tokens) > 0) return { ...reported, tokens: { ...reported.tokens, output } };
  const sent = await countOrGuess(counter, model, size.text());
  return { ...reported, tokens: { ...reported.tokens, input: sent.tokens + templateTokens, output } };
}

/** A counter that fails must not keep a call from being closed. */
async function countOrGuess(counter: TokenCounter, model: string, text: string): Promise<TokenCount> {
  try {
    return await counter.count(model, text);
  } catch {
    return await guessTokens.count(model, text);
  }
}
