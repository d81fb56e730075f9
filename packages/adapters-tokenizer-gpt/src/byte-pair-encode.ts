/**
 * Splits bytes into tokens by byte-pair encoding: merges the adjacent pair of lowest rank, leftmost first, until none
 * is a token. Quadratic in the length, so callers keep `bytes` short.
 *
 * @param bytes One character a byte (latin1).
 * @returns Where each token ends, ascending; the last is `bytes.length`.
 */
export function bytePairEncode(bytes: string, ranks: ReadonlyMap<string, number>): number[] {
  let parts = bytes.length;
  const starts = new Int32Array(parts + 1);
  const pairRanks = new Float64Array(parts + 1);
  const rankAt = (part: number): number => {
    if (part + 2 > parts) return Infinity;
    return ranks.get(bytes.slice(starts[part], starts[part + 2])) ?? Infinity;
  };
  for (let part = 0; part <= parts; part += 1) starts[part] = part;
  for (let part = 0; part < parts; part += 1) pairRanks[part] = rankAt(part);
  for (;;) {
    let lowest = Infinity;
    let at = -1;
    for (let part = 0; part < parts - 1; part += 1) {
      const rank = pairRanks[part] as number;
      if (rank < lowest) {
        lowest = rank;
        at = part;
      }
    }
    if (at === -1) return Array.from(starts.subarray(1, parts + 1));
    starts.copyWithin(at + 1, at + 2, parts + 1);
    pairRanks.copyWithin(at + 1, at + 2, parts);
    parts -= 1;
    pairRanks[at] = rankAt(at);
    if (at > 0) pairRanks[at - 1] = rankAt(at - 1);
  }
}
