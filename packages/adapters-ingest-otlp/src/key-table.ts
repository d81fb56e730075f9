/**
 * Finds which of some ASCII names stands in a run of bytes, without making a text of it: most attributes are known to
 * nobody, and there are dozens on every span.
 */
export class KeyTable<Name extends string> {
  readonly #names = new Map<number, Name>();
  readonly #maxLength: number;

  /** @throws RangeError where two names have the same hash. */
  constructor(names: Iterable<Name>) {
    let maxLength = 0;
    for (const name of names) {
      const bytes = Buffer.from(name);
      const hash = hashOf(bytes, 0, bytes.length);
      if (this.#names.has(hash)) throw new RangeError(`${name} and ${this.#names.get(hash)} have the same hash`);
      this.#names.set(hash, name);
      maxLength = Math.max(maxLength, bytes.length);
    }
    this.#maxLength = maxLength;
  }

  find(bytes: Uint8Array, start: number, end: number): Name | null {
    if (end - start > this.#maxLength) return null;
    const name = this.#names.get(hashOf(bytes, start, end));
    return name !== undefined && isAt(bytes, start, end, name) ? name : null;
  }
}

/** FNV-1a, 31 bits of it, which are a small integer. http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash & 0x3fffffff;
}

function isAt(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name.charCodeAt(at)) return false;
  return true;
}
