/** Bounds of a JSON text's shape; nothing a client of a model sends comes near them. */
export interface ShapeLimits {
  /** Arrays and objects within each other. */
  readonly depth: number;
  /** Members and elements in all. */
  readonly values: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Why a JSON text is shaped to exhaust a parser, or null. It looks at brackets, commas and strings alone and does not
 * say whether the text is JSON. Linear; strings are skipped at the speed of a search.
 */
export function shapeProblem(bytes: Buffer, limits: ShapeLimits): string | null {
  let depth = 0;
  let values = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    switch (bytes[index]) {
      case quote:
        index = endOfString(bytes, index + 1);
        break;
      case comma:
        values += 1;
        if (values > limits.values) return `must not hold more than ${limits.values} values`;
        break;
      case openBracket:
      case openBrace:
        depth += 1;
        if (depth > limits.depth) return `must not be nested deeper than ${limits.depth} levels`;
        break;
      case closeBracket:
      case closeBrace:
        depth -= 1;
        break;
      default:
        break;
    }
  }
  return null;
}

/** Index of the quote that ends the string, or the length of the text. */
function endOfString(bytes: Buffer, start: number): number {
  for (let from = start; ;) {
    const end = bytes.indexOf(quote, from);
    if (end < 0) return bytes.length;
    let escapes = 0;
    while (end - 1 - escapes >= start && bytes[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
    from = end + 1;
  }
}
