/** What a model wrote, kept as it came over the wire until somebody wants to read it. */
export interface WrittenPieces {
  keep(piece: Uint8Array): void;
  /** All of it as text. */
  text(): string;
}

/** Beyond this many bytes pieces are read at once: what is read is a fraction of what it came in. */
const mostKept = 64 * 1024;

export function createWrittenPieces(read: (piece: Uint8Array) => string): WrittenPieces {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  const texts: string[] = [];
  const readKept = (): void => {
    for (const piece of kept) texts.push(read(piece));
    kept = [];
    keptBytes = 0;
  };
  return {
    keep(piece) {
      kept.push(piece);
      keptBytes += piece.length;
      if (keptBytes > mostKept) readKept();
    },
    text() {
      readKept();
      return texts.join("");
    },
  };
}
