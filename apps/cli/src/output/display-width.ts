const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Code points that terminals draw two cells wide (Unicode's East Asian Width, wide and fullwidth, as whole blocks). */
const wideBlocks: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x3fffd],
];

/** Cells a text takes in a terminal: 2 for Chinese, Japanese, Korean and emoji, 0 for combining marks. */
export function displayWidth(text: string): number {
  // The common case costs nothing.
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** A text cut in its middle to at most `width` cells: the ends of an id tell more than its middle. */
export function shorten(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
  const tailWidth = Math.floor((width - 1) / 3);
  const tail = take(parts.toReversed(), tailWidth).toReversed();
  const head = take(parts, width - 1 - displayWidth(tail.join("")));
  return `${head.join("")}…${tail.join("")}`;
}

/** A text in lines of at most `width` cells, broken at spaces, and within a word only where the word alone is longer. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = "";
    }
    let rest = line === "" ? word : `${line} ${word}`;
    while (displayWidth(rest) > width) {
      const head = take(
        Array.from(graphemes.segment(rest), ({ segment }) => segment),
        width,
      ).join("");
      if (head === "") break;
      lines.push(head);
      rest = rest.slice(head.length);
    }
    line = rest;
  }
  return [...lines, line];
}

/** The first parts that fit into `width` cells. */
function take(parts: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += graphemeWidth(part);
    if (used > width) break;
    taken.push(part);
  }
  return taken;
}

function graphemeWidth(segment: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(segment)) return 2;
  const code = segment.codePointAt(0) ?? 0;
  return wideBlocks.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
