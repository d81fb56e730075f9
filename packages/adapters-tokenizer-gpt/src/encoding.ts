import type { EncodingName } from "./model-encodings.ts";

/** A vocabulary ready for counting. */
export interface Encoding {
  /** Rank of every token, by its bytes as a string of one character a byte (latin1). */
  readonly ranks: ReadonlyMap<string, number>;
  /** Matches one piece after another; tokens never cross pieces. */
  readonly pieces: RegExp;
}

const loading = new Map<EncodingName, Promise<Encoding>>();

/**
 * The encoding, loaded on first use and kept for the process: about 0.2 s and 40 MB (o200k_base), once.
 * A load that failed is tried again by the next caller.
 */
export function loadEncoding(name: EncodingName): Promise<Encoding> {
  let encoding = loading.get(name);
  if (encoding === undefined) {
    encoding = load(name);
    loading.set(name, encoding);
    encoding.catch(() => loading.delete(name));
  }
  return encoding;
}

async function load(name: EncodingName): Promise<Encoding> {
  const patterns = await import("gpt-tokenizer/encodingParams/constants");
  if (name === "o200k_base") {
    const { default: tokens } = await import("gpt-tokenizer/bpeRanks/o200k_base");
    return encodingFrom(tokens, patterns.O200K_TOKEN_SPLIT_REGEX);
  }
  const { default: tokens } = await import("gpt-tokenizer/bpeRanks/cl100k_base");
  return encodingFrom(tokens, patterns.CL100K_TOKEN_SPLIT_REGEX);
}

function encodingFrom(tokens: readonly (string | readonly number[])[], pieces: RegExp): Encoding {
  const ranks = new Map<string, number>();
  // `forEach` skips the holes of unused ranks.
  tokens.forEach((token, rank) => {
    const bytes = typeof token === "string" ? bytesOf(token) : Buffer.from(token).toString("latin1");
    ranks.set(bytes, rank);
  });
  return { ranks, pieces: withUnicodeWhitespace(pieces) };
}

const notAscii = /[^\0-\x7f]/;

/** The UTF-8 bytes of a text as a string of one character a byte; ASCII is itself. */
export function bytesOf(text: string): string {
  return notAscii.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** White_Space of Unicode, which is what `\s` means to the tokenizer's own engine. */
const whitespace = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/** JavaScript's `\s` has U+FEFF and lacks U+0085, so text with either would be cut at other places than by OpenAI. */
function withUnicodeWhitespace(pieces: RegExp): RegExp {
  const source = pieces.source
    .replaceAll(String.raw`[^\s`, `[^${whitespace}`)
    .replaceAll(String.raw`\S`, `[^${whitespace}]`)
    .replaceAll(String.raw`\s`, `[${whitespace}]`);
  return new RegExp(source, pieces.flags);
}
