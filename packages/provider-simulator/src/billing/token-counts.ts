/** Disjoint token classes of one answer: their sum is everything that went in and came out. */
export interface TokenCounts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
  readonly audioInput: number;
  readonly audioOutput: number;
}

export const noTokens: TokenCounts = {
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  audioInput: 0,
  audioOutput: 0,
};

/** Everything that went in, whatever its price. */
export function inputTotal(tokens: TokenCounts): number {
  return tokens.input + tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h + tokens.audioInput;
}

/** Everything that came out, whatever its price. */
export function outputTotal(tokens: TokenCounts): number {
  return tokens.output + tokens.reasoning + tokens.audioOutput;
}

/** Up to `count` plain input tokens become cache reads; the total stays the same. */
export function moveToCacheRead(tokens: TokenCounts, count: number): TokenCounts {
  const moved = Math.min(tokens.input, count);
  return { ...tokens, input: tokens.input - moved, cacheRead: tokens.cacheRead + moved };
}

/** Every class multiplied and rounded: what a lying usage report says. */
export function scaleTokens(tokens: TokenCounts, factor: number): TokenCounts {
  const scaled = Object.entries(tokens).map(([name, count]) => [name, Math.round(count * factor)]);
  return Object.fromEntries(scaled) as unknown as TokenCounts;
}
