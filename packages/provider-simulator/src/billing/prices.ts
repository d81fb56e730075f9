/** USD per million tokens, as decimal strings. `null`: the vendor sells no such class for this model. */
export interface UsdPerMillion {
  readonly input: string;
  readonly cacheRead: string | null;
  readonly cacheWrite5m: string | null;
  readonly cacheWrite1h: string | null;
  readonly output: string | null;
  /** The whole request is billed so when its input is longer than `aboveInputTokens`. */
  readonly longContext?: UsdPerMillion & { readonly aboveInputTokens: number };
}

function openai(input: string, cacheRead: string | null, output: string | null): UsdPerMillion {
  return { input, cacheRead, cacheWrite5m: null, cacheWrite1h: null, output };
}

function anthropic(
  input: string,
  cacheWrite5m: string,
  cacheWrite1h: string,
  cacheRead: string,
  output: string,
): UsdPerMillion {
  return { input, cacheRead, cacheWrite5m, cacheWrite1h, output };
}

const sonnet = anthropic("3", "3.75", "6", "0.3", "15");
const longSonnet = { ...anthropic("6", "7.5", "12", "0.6", "22.5"), aboveInputTokens: 200_000 };
const dearOpus = anthropic("15", "18.75", "30", "1.5", "75");
const opus = anthropic("5", "6.25", "10", "0.5", "25");

/** Prices by model family. The table is kept by hand and shared with nothing. */
export const prices: Readonly<Record<string, UsdPerMillion>> = {
  // OpenAI, standard tier. Vendor page: https://platform.openai.com/docs/pricing.
  // Entered by hand 2026-11-23 and compared with genai-prices 0.1.8, not with the page itself.
  "gpt-4": openai("30", null, "60"),
  "gpt-4-turbo": openai("10", null, "30"),
  "gpt-3.5-turbo": openai("0.5", null, "1.5"),
  "gpt-4o": openai("2.5", "1.25", "10"),
  "gpt-4o-2024-05-13": openai("5", null, "15"),
  "gpt-4o-mini": openai("0.15", "0.075", "0.6"),
  "gpt-4.1": openai("2", "0.5", "8"),
  "gpt-4.1-mini": openai("0.4", "0.1", "1.6"),
  "gpt-4.1-nano": openai("0.1", "0.025", "0.4"),
  "gpt-5": openai("1.25", "0.125", "10"),
  "gpt-5-mini": openai("0.25", "0.025", "2"),
  "gpt-5-nano": openai("0.05", "0.005", "0.4"),
  "gpt-5.1": openai("1.25", "0.125", "10"),
  o1: openai("15", "7.5", "60"),
  o3: openai("2", "0.5", "8"),
  "o3-mini": openai("1.1", "0.55", "4.4"),
  "o4-mini": openai("1.1", "0.275", "4.4"),
  "text-embedding-3-small": openai("0.02", null, null),
  "text-embedding-3-large": openai("0.13", null, null),
  "text-embedding-ada-002": openai("0.1", null, null),

  // Anthropic. Vendor page: https://platform.claude.com/docs/en/about-claude/pricing.
  // Entered by hand 2026-11-23 and compared with genai-prices 0.1.8, which lacks the long-context price of Sonnet 4.
  // Cache writes are 1.25 times (5 minutes) and 2 times (1 hour) the input price, reads a tenth of it.
  "claude-3-haiku": anthropic("0.25", "0.3", "0.5", "0.03", "1.25"),
  "claude-3-5-sonnet": sonnet,
  "claude-3-5-haiku": anthropic("0.8", "1", "1.6", "0.08", "4"),
  "claude-3-7-sonnet": sonnet,
  "claude-sonnet-4": { ...sonnet, longContext: longSonnet },
  "claude-opus-4": dearOpus,
  "claude-opus-4-1": dearOpus,
  "claude-sonnet-4-5": { ...sonnet, longContext: longSonnet },
  "claude-haiku-4-5": anthropic("1", "1.25", "2", "0.1", "5"),
  "claude-opus-4-5": opus,
  "claude-opus-4-6": opus,
  "claude-sonnet-4-6": sonnet,
};
