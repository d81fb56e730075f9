import { bytePairEncode } from "./byte-pair-encode.ts";
import { countPiece, longestPlainPiece } from "./count-piece.ts";
import { bytesOf, type Encoding } from "./encoding.ts";

/** How many short pieces are counted between two yields: some tens of microseconds. */
const piecesAStep = 64;

/**
 * Counts the tokens of a text, special tokens such as `<|endoftext|>` as the plain text they are. Linear in its length;
 * yields after every step of well under a millisecond, so that a caller can give way. Null as in `countPiece`.
 */
export function* countText(text: string, encoding: Encoding): Generator<void, number | null> {
  const { ranks } = encoding;
  const encode = (part: string): number[] => bytePairEncode(part, ranks);
  // An expression of its own: `lastIndex` is state, and counts interleave.
  const pieces = new RegExp(encoding.pieces);
  let tokens = 0;
  for (let step = 1; ; step += 1) {
    const piece = pieces.exec(text)?.[0];
    if (piece === undefined) return tokens;
    const bytes = bytesOf(piece);
    if (ranks.has(bytes)) tokens += 1;
    else if (bytes.length <= longestPlainPiece) tokens += encode(bytes).length;
    else {
      const count = yield* countPiece(bytes, encode);
      if (count === null) return null;
      tokens += count;
    }
    if (step % piecesAStep === 0) yield;
  }
}
