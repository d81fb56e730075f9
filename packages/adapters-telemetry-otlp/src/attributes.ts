/** What is told of anything. */
export type Told = string | number | boolean | readonly string[];

/** What one span, event or metric says, in the order in which it is said. */
export class AttributeList {
  readonly values: Record<string, Told> = {};
  readonly #maxLength: number;
  #size = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** What has no value on the wire is left out: null, NaN, infinities, values of other types. */
  set(key: string, value: unknown): void {
    const clean = this.#clean(value);
    if (clean === undefined) return;
    this.values[key] = clean;
    this.#size += 2 * key.length + sizeOf(clean);
  }

  /** What it takes in memory at most, about. */
  get bytes(): number {
    return this.#size;
  }

  #clean(value: unknown): Told | undefined {
    switch (typeof value) {
      case "string":
        return limitText(value, this.#maxLength);
      case "boolean":
        return value;
      case "number":
        // An integer that is not safe would be written as one it is not.
        return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value)) ? value : undefined;
      default:
        if (!Array.isArray(value) || value.length === 0) return undefined;
        return value.filter((item) => typeof item === "string").map((item) => limitText(item, this.#maxLength));
    }
  }
}

/** At most `maxLength` UTF-16 code units, well formed: a lone surrogate is not text, and a pair is not split. */
export function limitText(value: string, maxLength: number): string {
  if (value.length <= maxLength) return value.toWellFormed();
  const last = value.charCodeAt(maxLength - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return value.slice(0, splitsPair ? maxLength - 1 : maxLength).toWellFormed();
}

function sizeOf(value: Told): number {
  if (typeof value === "string") return 2 * value.length;
  if (typeof value !== "object") return 8;
  return value.reduce((sum, item) => sum + 2 * item.length, 0);
}

/** A plain copy without limits, for what we name ourselves. */
export function attributesOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, Told>> {
  const list = new AttributeList(Infinity);
  for (const [key, value] of Object.entries(values)) list.set(key, value);
  return list.values;
}
