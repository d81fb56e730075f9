import type { TokenClass } from "../pricing/usage.ts";

/** What a request can make a provider read and write, at most. */
export interface RequestSize {
  /**
   * Upper bound of input tokens without a tokenizer: UTF-8 bytes, because no byte-level tokenizer makes more than one
   * token of a byte, plus what templates add.
   */
  readonly inputTokens: number;
  /** The part of it that is template and not text. */
  readonly overheadTokens: number;
  /** All text of the request, for an exact count. Built on demand. */
  text(): string;
  /** Input classes it can be billed under. */
  readonly inputClasses: readonly TokenClass[];
  /** The caller's own output limit; null leaves the tier's. */
  readonly maxOutputTokens: number | null;
  /** Answers asked for, ≥ 1; each may use the whole output limit. */
  readonly choices: number;
  /** Why the cost cannot be bounded (`images`), or null when it can. */
  readonly unbounded: string | null;
}
