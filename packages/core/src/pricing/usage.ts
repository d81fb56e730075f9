/** Token classes, in the order they are printed. They are disjoint: their sum is the provider's own total. */
export const tokenClasses = [
  "input",
  "cacheRead",
  "cacheWrite5m",
  "cacheWrite1h",
  "output",
  "reasoning",
  "audioInput",
  "audioOutput",
] as const;

export type TokenClass = (typeof tokenClasses)[number];

/** What the provider reads. */
export const inputClasses: readonly TokenClass[] = ["input", "cacheRead", "cacheWrite5m", "cacheWrite1h", "audioInput"];

/** What the provider writes. */
export const outputClasses: readonly TokenClass[] = ["output", "reasoning", "audioOutput"];

/** Tokens per class: safe integers ≥ 0, and so is their sum. `input` excludes cached and audio tokens, `output` excludes reasoning and audio. */
export type Tokens = Readonly<Record<TokenClass, number>>;

export const noTokens: Tokens = Object.freeze({
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  audioInput: 0,
  audioOutput: 0,
});

/** How the provider processed the request; prices differ. */
export type ServiceTier = "standard" | "batch" | "flex" | "priority";

/** What one attempt used, as the provider reported it or as we estimated it. */
export interface Usage {
  readonly tokens: Tokens;
  /** Billed units that are not tokens, by name (`webSearch`): safe integers ≥ 0. */
  readonly fees: Readonly<Record<string, number>>;
  readonly serviceTier: ServiceTier;
}

/** Tokens with the given classes set and the rest 0. */
export function tokensOf(some: Partial<Tokens>): Tokens {
  return { ...noTokens, ...some };
}

/** Standard-tier usage without fees. */
export function usageOf(some: Partial<Tokens>): Usage {
  return { tokens: tokensOf(some), fees: {}, serviceTier: "standard" };
}

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    audioInput: a.audioInput + b.audioInput,
    audioOutput: a.audioOutput + b.audioOutput,
  };
}

export function totalTokens(tokens: Tokens): number {
  return inputTokens(tokens) + outputTokens(tokens);
}

/** Everything the provider read: "prompt tokens". */
export function inputTokens(tokens: Tokens): number {
  return tokens.input + tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h + tokens.audioInput;
}

/** Everything the provider wrote: "completion tokens". */
export function outputTokens(tokens: Tokens): number {
  return tokens.output + tokens.reasoning + tokens.audioOutput;
}

/** Why these cannot be token counts, or null when they can. */
export function tokensProblem(tokens: Tokens): string | null {
  for (const name of tokenClasses) {
    const count = tokens[name];
    if (!Number.isSafeInteger(count) || count < 0) return `${name} is ${String(count)}, not a whole number ≥ 0`;
  }
  if (!Number.isSafeInteger(totalTokens(tokens))) return "all together are more than can be counted exactly";
  return null;
}
