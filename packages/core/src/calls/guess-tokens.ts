import type { TokenCounter } from "../ports/token-counter.port.ts";
import { utf8Length } from "./request-size.ts";

/** Bytes of a token of ordinary text, roughly, in every common vocabulary. */
const bytesPerToken = 4;

/** Estimates tokens from bytes: for programs without a tokenizer. Never exact, so holds keep to the byte bound. */
export const guessTokens: TokenCounter = {
  count: (_model, text) => Promise.resolve({ tokens: Math.ceil(utf8Length(text) / bytesPerToken), exact: false }),
};
