/** Bounds of a JSON text's shape; nothing a client of a model sends comes near them. */
export interface ShapeLimits {
  /** Arrays and objects within each other. */
  readonly depth: number;
  /** Members and elements of the outermost object or array. */
  readonly members: number;
  /** Members and elements in all, and what holds them. */
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
 * say whether the text is JSON. Linear, at a few ns a byte at most; long strings are skipped at the speed of a search.
 */
export function shapeProblem(bytes: Buffer, limits: ShapeLimits): string | null {
  let depth = 0;
  let members = 1;
  let values = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    switch (bytes[index]) {
      case quote:
        index = endOfString(bytes, index + 1);
        break;
      case comma:
        values += 1;
        if (depth === 1) {
          members += 1;
          if (members > limits.members) return `must not have more than ${limits.members} members`;
        }
        break;
      case openBracket:
      case openBrace:
        depth += 1;
        values += 1;
        if (depth > limits.depth) return `must not be nested deeper than ${limits.depth} levels`;
        break;
      case closeBracket:
      case closeBrace:
        depth -= 1;
        break;
      default:
        continue;
    }
    if (values > limits.values) return `must not hold more than ${limits.values} values`;
  }
  return null;
}

/** Bytes that are looked at one by one before a search is begun, which costs as much as these. */
const stepped = 64;

/** Index of the quote that ends the string, or the length of the text. Cheap also where quotes or escapes are many. */
function endOfString(bytes: Buffer, start: number): number {
  for (let from = start; ;) {
    const until = Math.min(from + stepped, bytes.length);
    while (from < until) {
      if (bytes[from] === quote) return from;
      from += bytes[from] === backslash ? 2 : 1;
    }
    const end = bytes.indexOf(quote, from);
    if (end < 0) return bytes.length;
    let escapes = 0;
    while (end - 1 - escapes >= from && bytes[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
    from = end + 1;
  }
}
