import type { Secrets } from "../ports/secrets.port.ts";

/**
 * Predictable bytes and a digest that only looks like one, for tests. Sources of different seeds (a whole number,
 * default 1) give different bytes; every source gives a text the same digest, and different texts different ones for
 * all that a test will meet.
 */
export function createSeededSecrets(options: { readonly seed?: number } = {}): Secrets {
  let state = (options.seed ?? 1) >>> 0;
  /** Numerical Recipes' generator; its high bits are the good ones. */
  const nextByte = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return {
    random: (bytes) => Uint8Array.from({ length: bytes }, nextByte),
    sha256Hex: (text) => Array.from({ length: 8 }, (_, lane) => fnv1a(`${lane}/${text}`)).join(""),
  };
}

/** FNV-1a over UTF-16 code units, as 8 characters of hex. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
