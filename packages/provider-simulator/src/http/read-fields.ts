import type { VendorError } from "./vendor-error.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a field; each vendor says it in its own words. */
export type FieldProblem =
  | { readonly kind: "missing" }
  | { readonly kind: "type"; readonly expected: string; readonly found: unknown }
  | { readonly kind: "value"; readonly expected: string };

/** Makes the vendor's 400 for a field. */
export type FieldFailure = (path: string, problem: FieldProblem) => VendorError;

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads typed fields of a request; `null` and absent are the same. Every problem is thrown as the vendor's 400. */
export interface FieldReader {
  optionalNumber(fields: Fields, name: string, range: NumberRange, path?: string): number | null;
  optionalBoolean(fields: Fields, name: string): boolean | null;
  optionalString(fields: Fields, name: string, path?: string): string | null;
  requiredString(fields: Fields, name: string, path?: string): string;
  optionalObject(fields: Fields, name: string, path?: string): Fields | null;
  optionalArray(fields: Fields, name: string, path?: string): readonly unknown[] | null;
  object(value: unknown, path: string): Fields;
  readonly failure: FieldFailure;
}

function describeRange({ min, max, integer }: NumberRange): string {
  const kind = integer ? "an integer" : "a number";
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  return min === undefined ? kind : `${kind} of at least ${min}`;
}

export function createFieldReader(failure: FieldFailure): FieldReader {
  const typed = <T>(
    fields: Fields,
    name: string,
    path: string,
    expected: string,
    is: (value: unknown) => value is T,
  ): T | null => {
    const value = fields[name];
    if (value === undefined || value === null) return null;
    if (!is(value)) throw failure(path, { kind: "type", expected, found: value });
    return value;
  };
  const isString = (value: unknown): value is string => typeof value === "string";
  const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);
  return {
    failure,
    optionalNumber(fields, name, range, path = name) {
      const expected = describeRange(range);
      const isNumber = (value: unknown): value is number =>
        typeof value === "number" && (!range.integer || Number.isInteger(value));
      const value = typed(fields, name, path, expected, isNumber);
      if (value === null) return null;
      if (value < (range.min ?? value) || value > (range.max ?? value)) {
        throw failure(path, { kind: "value", expected });
      }
      return value;
    },
    optionalBoolean: (fields, name) => typed(fields, name, name, "a boolean", (value) => typeof value === "boolean"),
    optionalString: (fields, name, path = name) => typed(fields, name, path, "a string", isString),
    requiredString(fields, name, path = name) {
      const value = typed(fields, name, path, "a string", isString);
      if (value === null) throw failure(path, { kind: "missing" });
      return value;
    },
    optionalObject: (fields, name, path = name) => typed(fields, name, path, "an object", isFields),
    optionalArray: (fields, name, path = name) => typed(fields, name, path, "an array", isArray),
    object(value, path) {
      if (!isFields(value)) throw failure(path, { kind: "type", expected: "an object", found: value });
      return value;
    },
  };
}
