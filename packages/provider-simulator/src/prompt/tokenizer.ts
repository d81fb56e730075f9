import {
  countTokens as countCl100k,
  decode as decodeCl100k,
  encode as encodeCl100k,
} from "gpt-tokenizer/encoding/cl100k_base";
import {
  countTokens as countO200k,
  decode as decodeO200k,
  encode as encodeO200k,
} from "gpt-tokenizer/encoding/o200k_base";

export type Encoding = "o200k_base" | "cl100k_base";

/** Text that ends at a whole character, and the tokens it took. */
export interface Piece {
  readonly text: string;
  readonly tokens: number;
}

const codecs = {
  o200k_base: { encode: encodeO200k, decode: decodeO200k, count: countO200k },
  cl100k_base: { encode: encodeCl100k, decode: decodeCl100k, count: countCl100k },
};

// A prompt may spell a control token such as <|endoftext|>: to a provider it is plain text.
const asPlainText = { disallowedSpecial: new Set<string>() };

const longestRun = 128;
const longRuns = /[\p{L}\p{M}]{129,}|\p{White_Space}{129,}|[^\p{White_Space}\p{L}\p{M}\p{N}]{129,}/gu;

/**
 * Byte-pair merging is quadratic in the length of an unbroken run of one kind of character, so longer runs
 * are cut every 128 characters: a megabyte of one letter then costs milliseconds. Ordinary text has no such
 * run and is returned whole, so its count is exactly the tokenizer's.
 */
export function splitLongRuns(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const run of text.matchAll(longRuns)) {
    const end = run.index + run[0].length;
    for (let cut = run.index + longestRun; cut < end; cut += longestRun) {
      const code = text.charCodeAt(cut);
      const at = code >= 0xdc00 && code <= 0xdfff ? cut + 1 : cut;
      parts.push(text.slice(start, at));
      start = at;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** The token ids of a text, in bounded time. */
export function tokenIds(text: string, encoding: Encoding): number[] {
  const { encode } = codecs[encoding];
  const parts = splitLongRuns(text.toWellFormed());
  return parts.length === 1 ? encode(parts[0] ?? "", asPlainText) : parts.flatMap((part) => encode(part, asPlainText));
}

/** The number of tokens of a text, in bounded time. */
export function countTokens(text: string, encoding: Encoding): number {
  const { count } = codecs[encoding];
  let total = 0;
  for (const part of splitLongRuns(text.toWellFormed())) total += count(part, asPlainText);
  return total;
}

/** The text token by token, as a stream delivers it; a character that needs several tokens is one piece. */
export function toPieces(text: string, encoding: Encoding): Piece[] {
  const { decode } = codecs[encoding];
  const whole = text.toWellFormed();
  const pieces: Piece[] = [];
  let position = 0;
  let pending: number[] = [];
  for (const id of tokenIds(whole, encoding)) {
    pending.push(id);
    const decoded = decode(pending);
    if (!whole.startsWith(decoded, position)) continue;
    pieces.push({ text: decoded, tokens: pending.length });
    position += decoded.length;
    pending = [];
  }
  if (pending.length > 0) pieces.push({ text: whole.slice(position), tokens: pending.length });
  return pieces;
}

/** The first `limit` tokens exactly. A character cut in the middle is paid for but not shown. */
export function takeTokens(pieces: readonly Piece[], limit: number): Piece[] {
  const taken: Piece[] = [];
  let left = limit;
  for (const piece of pieces) {
    if (left <= 0) break;
    taken.push(piece.tokens <= left ? piece : { text: "", tokens: left });
    left -= piece.tokens;
  }
  return taken;
}

export function sumTokens(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.tokens, 0);
}

export function joinPieces(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.text).join("");
}
