export const size: ReadonlyMap<string, bigint> = new Map([["small", 1n]]);
export const sizes: readonly string[] = ["small", "large"].toSorted();
