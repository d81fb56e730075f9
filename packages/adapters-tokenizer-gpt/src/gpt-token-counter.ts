import type { TokenCount, TokenCounter } from "@tenantry/core";
import { countText } from "./count-text.ts";
import { loadEncoding } from "./encoding.ts";
import { encodingOf, type EncodingName } from "./model-encodings.ts";
import { runInSlices } from "./time-slices.ts";

export interface GptTokenCounterOptions {
  /** Encodings to load now, in the background, so that the first call does not wait for them. Default none. */
  readonly preload?: readonly EncodingName[];
}

/** Texts longer than this many UTF-16 units wait for a turn of their own. */
const longTextUnits = 32_768;

/**
 * Counts tokens with OpenAI's vocabularies (from gpt-tokenizer). The count is exact for the models that OpenAI says use
 * them, also in long unbroken runs; for all other models it is an estimate with o200k_base (`exact: false`).
 *
 * Where a text cannot be counted, its UTF-8 bytes are the answer: an upper bound, `exact: false`. Never rejects.
 */
export function createGptTokenCounter(options: GptTokenCounterOptions = {}): TokenCounter {
  for (const name of options.preload ?? []) void loadEncoding(name).catch(() => undefined);
  return {
    async count(model, text) {
      const name = encodingOf(model);
      if (text === "") return { tokens: 0, exact: name !== null };
      try {
        const encoding = await loadEncoding(name ?? "o200k_base");
        const work = countText(text, encoding);
        const tokens = await runInSlices(work, { later: text.length > longTextUnits });
        return tokens === null ? byteBound(text) : { tokens, exact: name !== null };
      } catch {
        // The vocabulary is missing, or the text is too long for the expression that cuts it.
        return byteBound(text);
      }
    },
  };
}

/** No byte-level tokenizer makes more tokens than there are bytes. */
function byteBound(text: string): TokenCount {
  return { tokens: Buffer.byteLength(text, "utf8"), exact: false };
}
