/** Room for ordinary pieces and windows; reused, because allocating costs more than encoding a word. */
const roomBytes = 4096;
const sharedStarts = new Int32Array(roomBytes + 1);
const sharedRanks = new Float64Array(roomBytes + 1);

/**
 * Splits bytes into tokens by byte-pair encoding: merges the adjacent pair of lowest rank, leftmost first, until none
 * is a token. Quadratic in the length, so callers keep `bytes` short.
 *
 * @param bytes One character a byte (latin1).
 * @returns Where each token ends, ascending; the last is `bytes.length`.
 */
export function bytePairEncode(bytes: string, ranks: ReadonlyMap<string, number>): number[] {
  let parts = bytes.length;
  const isShared = parts <= roomBytes;
  // Part i begins at starts[i]; pairRanks[i] is the rank of parts i and i + 1 together.
  const starts = isShared ? sharedStarts : new Int32Array(parts + 1);
  const pairRanks = isShared ? sharedRanks : new Float64Array(parts + 1);
  const rankAt = (part: number): number => {
    if (part + 2 > parts) return Infinity;
    return ranks.get(bytes.slice(starts[part], starts[part + 2])) ?? Infinity;
  };
  for (let part = 0; part <= parts; part += 1) starts[part] = part;
  for (let part = 0; part < parts; part += 1) pairRanks[part] = rankAt(part);
  for (;;) {
    const at = lowestOf(pairRanks, parts);
    if (at === -1) return Array.from(starts.subarray(1, parts + 1));
    for (let part = at + 1; part < parts; part += 1) {
      starts[part] = starts[part + 1] as number;
      pairRanks[part] = pairRanks[part + 1] as number;
    }
    parts -= 1;
    pairRanks[at] = rankAt(at);
    if (at > 0) pairRanks[at - 1] = rankAt(at - 1);
  }
}

/** The leftmost pair of lowest rank, or -1 when no pair is a token. */
function lowestOf(pairRanks: Float64Array, parts: number): number {
  let lowest = Infinity;
  let at = -1;
  for (let part = 0; part < parts - 1; part += 1) {
    const rank = pairRanks[part] as number;
    if (rank < lowest) {
      lowest = rank;
      at = part;
    }
  }
  return at;
}
