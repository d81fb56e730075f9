/** Where a log puts its lines. */
export interface BatchedLines {
  add(line: string): void;
  /** Writes at once what has been gathered. */
  flush(): void;
}

/**
 * Gathers lines and writes them together, once per turn of the event loop: a write per call to a pipe would hold up every
 * stream. What does not fit within `mostChars` of one turn is dropped and counted in a line of its own.
 */
export function createBatchedLines(write: (text: string) => void, mostChars: number = 4_000_000): BatchedLines {
  let lines: string[] = [];
  let chars = 0;
  let dropped = 0;
  const flush = (): void => {
    if (lines.length === 0) return;
    const text = lines.join("");
    const lost = dropped;
    lines = [];
    chars = 0;
    dropped = 0;
    write(lost === 0 ? text : `${text}{"level":"warn","event":"log-lines-dropped","count":${lost}}\n`);
  };
  return {
    add(line) {
      if (lines.length > 0 && chars + line.length > mostChars) {
        dropped += 1;
        return;
      }
      if (lines.length === 0) setImmediate(flush);
      lines.push(line);
      chars += line.length;
    },
    flush,
  };
}
