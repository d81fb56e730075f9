import type { TokenCounter } from "../ports/token-counter.port.ts";

/**
 * Counts a token for every UTF-8 byte: an upper bound for every byte-level tokenizer, and no vocabulary to load.
 *
 * @param exactModels Models for which the count is declared the provider's own.
 */
export function createByteTokenCounter(exactModels: readonly string[] = []): TokenCounter {
  const exact = new Set(exactModels);
  return {
    count: (model, text) => Promise.resolve({ tokens: utf8Bytes(text), exact: exact.has(model) }),
  };
}

/** A lone surrogate counts as the three bytes of U+FFFD, which is what goes over the wire. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += 1;
    if (unit < 0x800) continue;
    const isPair = (unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    // A pair is two units and four bytes.
    if (isPair) index += 1;
    bytes += 1;
  }
  return bytes;
}
