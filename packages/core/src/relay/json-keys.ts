/** Keys of one JSON object. Which of two values of the same key a parser obeys is its own affair. */
export interface JsonKeys {
  /** Notes a key, as it is written with its quotes; false when there is one that means the same. */
  add(written: string): boolean;
}

/** Most keys that are compared one by one: nearly every object has so few. */
const fewKeys = 8;

export function createKeys(): JsonKeys {
  const few: string[] = [];
  let many: Set<string> | null = null;
  return {
    add(written) {
      // With its quotes no key is an index, whose hashes could be made to collide.
      const key = written.includes("\\") ? `"${JSON.parse(written) as string}"` : written;
      if (many !== null) return many.size < many.add(key).size;
      if (few.includes(key)) return false;
      if (few.push(key) > fewKeys) many = new Set(few);
      return true;
    },
  };
}
