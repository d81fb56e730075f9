/** What a column of a STRICT table takes; with `?` null as well. */
export type ColumnKind = "text" | "text?" | "integer" | "integer?" | "real?";

/** What SQLite would refuse has to be refused before anything is written, where it fails one operation alone. */
export function assertRow(values: readonly unknown[], kinds: readonly ColumnKind[]): void {
  for (let column = 0; column < kinds.length; column++) {
    const kind = kinds[column]!;
    const value = values[column];
    if (value === null ? !kind.endsWith("?") : !fits(value, kind)) {
      throw new TypeError(`column ${column + 1} of a row is no ${kind}`);
    }
  }
}

/** @throws RangeError when the amount cannot be counted exactly. */
export function assertWhole(what: string, amount: number): void {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${what}: ${amount} is no whole number that can be counted`);
}

function fits(value: unknown, kind: ColumnKind): boolean {
  if (typeof value === "string") return kind === "text" || kind === "text?";
  if (typeof value === "bigint") return isInteger(kind) && BigInt.asIntN(64, value) === value;
  if (typeof value !== "number") return false;
  return isInteger(kind) ? Number.isSafeInteger(value) : kind === "real?" && !Number.isNaN(value);
}

function isInteger(kind: ColumnKind): boolean {
  return kind === "integer" || kind === "integer?";
}
