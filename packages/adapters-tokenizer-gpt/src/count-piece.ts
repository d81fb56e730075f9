/** Where the tokens of some bytes end; `bytePairEncode` over a vocabulary. */
export type EncodeBytes = (bytes: string) => readonly number[];

/** The longest token of either vocabulary has 128 bytes; a window must hold a few. */
const smallestWindow = 256;
const largestWindow = 4096;

/** Pieces up to this many bytes are encoded in one go. */
export const longestPlainPiece: number = smallestWindow;

/**
 * Counts the tokens of one piece of any length in linear time; yields after every bounded step.
 *
 * Byte-pair encoding is quadratic in the length of a piece, so a long piece is encoded in overlapping windows. A
 * sequence of tokens is the encoding of its bytes exactly when every two neighbours are the encoding of *their* bytes.
 * So when two windows agree on one token, the tokens of the first up to it and those of the second from it on are the
 * encoding of both together, and nothing is lost at the seam. Windows that agree on no token are made larger.
 *
 * Returns null when no window joins the next one: then nothing exact is known.
 */
export function* countPiece(bytes: string, encode: EncodeBytes): Generator<void, number | null> {
  for (let size = smallestWindow; size <= largestWindow; size *= 4) {
    const tokens = yield* countInWindows(bytes, size, encode);
    if (tokens !== null) return tokens;
  }
  return null;
}

interface Window {
  readonly offset: number;
  /** Relative to `offset`. */
  readonly ends: readonly number[];
}

function* countInWindows(bytes: string, size: number, encode: EncodeBytes): Generator<void, number | null> {
  const windowAt = rememberLast((part) => encode(part));
  let current: Window = { offset: 0, ends: windowAt(bytes.slice(0, size)) };
  // Tokens of `current` before this one are in `tokens` already, or belong to what came before the seam.
  let counted = 0;
  let tokens = 0;
  while (current.offset + size < bytes.length) {
    const anchor = anchorOf(current, size);
    if (anchor === 0) return null;
    const offset = startOf(current, anchor);
    const next: Window = { offset, ends: windowAt(bytes.slice(offset, offset + size)) };
    const seam = findSeam(current, Math.max(anchor, counted), next);
    if (seam === null) return null;
    tokens += seam.inCurrent - counted;
    counted = seam.inNext;
    current = next;
    yield;
  }
  return tokens + current.ends.length - counted;
}

/** The last token that begins in the first three quarters; later ones may owe their shape to the cut. */
function anchorOf(window: Window, size: number): number {
  const limit = size * 0.75;
  let anchor = 0;
  while ((window.ends[anchor] ?? Infinity) <= limit) anchor += 1;
  return anchor;
}

/** The first token both windows have, from token `from` of the current one on. */
function findSeam(
  current: Window,
  from: number,
  next: Window,
): { readonly inCurrent: number; readonly inNext: number } | null {
  let inNext = 0;
  for (let inCurrent = from; inCurrent < current.ends.length; inCurrent += 1) {
    const start = startOf(current, inCurrent);
    while (inNext < next.ends.length && startOf(next, inNext) < start) inNext += 1;
    const isShared = startOf(next, inNext) === start && endOf(next, inNext) === endOf(current, inCurrent);
    if (isShared) return { inCurrent, inNext };
  }
  return null;
}

function startOf(window: Window, token: number): number {
  return window.offset + (token === 0 ? 0 : (window.ends[token - 1] ?? NaN));
}

function endOf(window: Window, token: number): number {
  return window.offset + (window.ends[token] ?? NaN);
}

/** A run of one letter has the same window over and over. */
function rememberLast(encode: EncodeBytes): EncodeBytes {
  let last: string | null = null;
  let ends: readonly number[] = [];
  return (part) => {
    if (part !== last) {
      ends = encode(part);
      last = part;
    }
    return ends;
  };
}
