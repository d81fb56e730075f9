import type { ChatEvent } from "../calls/chat-result.ts";
import { foldSaid } from "../calls/fold-said.ts";
import type { SaidAnswer } from "../ports/exchange.ts";

/** What one piece adds. */
export interface ReadPiece {
  /** Everything in it that the model wrote. */
  readonly written: string;
  /** What of it is said to the caller: text, refusals and calls of tools of the first answer. */
  readonly said: readonly ChatEvent[];
}

/** What a model wrote, kept as it came over the wire until somebody wants to read it. */
export interface WrittenPieces {
  keep(piece: Uint8Array): void;
  /** All of it as text. */
  text(): string;
  /** What of it is said to the caller. */
  said(): SaidAnswer;
}

/** Beyond this many bytes pieces are read at once: what is read is a fraction of what it came in. */
const mostKept = 64 * 1024;

export function createWrittenPieces(read: (piece: Uint8Array) => ReadPiece): WrittenPieces {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  const texts: string[] = [];
  const said: ChatEvent[] = [];
  const readKept = (): void => {
    for (const piece of kept) {
      const found = read(piece);
      texts.push(found.written);
      said.push(...found.said);
    }
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
    said() {
      readKept();
      return foldSaid(said);
    },
  };
}
