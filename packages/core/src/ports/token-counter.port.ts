/** A count of tokens, and whether it is the provider's own count or an estimate. */
export interface TokenCount {
  /** Whole number ≥ 0. */
  readonly tokens: number;
  /** True only when the tokenizer of that very model counted. Holds use exact counts only. */
  readonly exact: boolean;
}

/**
 * Counts tokens of plain text.
 *
 * Time is bounded and linear: a megabyte of one repeated letter costs milliseconds, although every known tokenizer is
 * quadratic there. Above 32 kB the work does not block the event loop for longer than about 10 ms at a time. Where long
 * runs are split to keep that promise the count may exceed the provider's by the number of splits, never fall below it.
 * Never rejects: text it cannot count is answered with an estimate (`exact: false`).
 */
export interface TokenCounter {
  count(model: string, text: string): Promise<TokenCount>;
}
