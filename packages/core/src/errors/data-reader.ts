import type { Issue } from "./issue.ts";

/** Plain data read field by field, so that every problem is reported at once with its path. */
export interface DataReader {
  readonly issues: readonly Issue[];
  report(path: string, message: string): void;
  /** The fields of an object; unknown names are reported with the known ones. Null (reported) when it is no object. */
  fields(value: unknown, path: string, known: readonly string[]): Readonly<Record<string, unknown>> | null;
  /** The entries of an object with free names. */
  entries(value: unknown, path: string): readonly (readonly [string, unknown])[];
  list(value: unknown, path: string): readonly unknown[];
  text(value: unknown, path: string): string | null;
  flag(value: unknown, path: string): boolean | null;
  /** A whole number in [least, 2⁵³). */
  whole(value: unknown, path: string, least: number): number | null;
  choice<Name extends string>(value: unknown, path: string, names: readonly Name[]): Name | null;
  /** A value read by one of core's text parsers. */
  parsed<Result extends { readonly ok: boolean }>(result: Result, path: string): Extract<Result, { ok: true }> | null;
}

export function createDataReader(): DataReader {
  const issues: Issue[] = [];
  const report = (path: string, message: string): null => {
    issues.push({ path, message });
    return null;
  };
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return {
    issues,
    report,
    fields(value, path, known) {
      if (!isObject(value)) return report(path, `must be an object with ${known.join(", ")}`);
      for (const name of Object.keys(value)) {
        if (!known.includes(name)) report(join(path, name), `is not a known field; known are ${known.join(", ")}`);
      }
      return value;
    },
    entries(value, path) {
      if (isObject(value)) return Object.entries(value);
      report(path, "must be an object");
      return [];
    },
    list(value, path) {
      if (Array.isArray(value)) return value;
      report(path, "must be a list");
      return [];
    },
    text(value, path) {
      if (typeof value !== "string" || value.trim() === "") return report(path, "must be a text that is not empty");
      return value;
    },
    flag(value, path) {
      return typeof value === "boolean" ? value : report(path, "must be true or false");
    },
    whole(value, path, least) {
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
      return report(path, `must be a whole number of at least ${least}, not ${show(value)}`);
    },
    choice<Name extends string>(value: unknown, path: string, names: readonly Name[]) {
      const name = names.find((candidate) => candidate === value);
      return name ?? report(path, `must be one of ${names.join(", ")}, not ${show(value)}`);
    },
    parsed<Result extends { readonly ok: boolean }>(result: Result, path: string) {
      if (result.ok) return result as Extract<Result, { ok: true }>;
      return report(path, (result as unknown as { problem: string }).problem);
    },
  };
}

/** `tiers.starter` and `name` → `tiers.starter.name`. */
export function join(path: string, name: string | number): string {
  if (typeof name === "number") return `${path}[${name}]`;
  return path === "" ? name : `${path}.${name}`;
}

function show(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? JSON.stringify(value)
    : value === null || value === undefined
      ? "nothing"
      : "an object";
}
