/** A number of a JSON text with the digits it was written with: a float would round them (R5). */
export interface NumberText {
  readonly digits: string;
}

/** Reads JSON and keeps every number as its own text. Throws a SyntaxError where the text is not JSON. */
export function parseExactJson(text: string): unknown {
  return parseWithSource(text, (_name, value, context) =>
    typeof value === "number" ? ({ digits: context?.source ?? String(value) } satisfies NumberText) : value,
  );
}

/** The digits of a number of `parseExactJson`, or of a text; null for everything else. */
export function digitsOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return isNumberText(value) ? value.digits : null;
}

/** The whole number ≥ 0 of a number of `parseExactJson` or of a text of digits, or null. */
export function wholeOf(value: unknown): bigint | null {
  const digits = digitsOf(value);
  return digits !== null && /^[0-9]{1,40}(?:\.0+)?$/.test(digits) ? BigInt(digits.replace(/\..*$/, "")) : null;
}

/** Tells a number of `parseExactJson` from an object of the text, which has no such lone field in any export. */
export function isNumberText(value: unknown): value is NumberText {
  if (typeof value !== "object" || value === null) return false;
  const names = Object.keys(value);
  return names.length === 1 && typeof (value as { digits?: unknown }).digits === "string";
}

type Reviver = (name: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** `JSON.parse` with the source text of primitives (ECMAScript 2026, in Node since 21), which the es2024 types lack. */
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;
