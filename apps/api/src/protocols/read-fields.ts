import { joinPath, TenantryError } from "@tenantry/core";
import { fieldProblem, type FieldRules } from "./field-rules.ts";
import type { JsonObject } from "./protocol.ts";

export interface NumberRange {
  readonly least: number;
  readonly most?: number;
  readonly whole?: boolean;
}

/** The checked fields of one object. `null` reads as absent; everything that does not fit is `invalid_request` with its path. */
export interface Fields {
  readonly path: string;
  /** Path of one of its fields. */
  at(name: string): string;
  /** Undefined when absent or null. */
  value(name: string): unknown;
  text(name: string): string | undefined;
  requiredText(name: string): string;
  flag(name: string): boolean | undefined;
  number(name: string, range: NumberRange): number | undefined;
  list(name: string): readonly unknown[] | undefined;
  /** An object with free names, as it is. */
  json(name: string): JsonObject | undefined;
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined;
  /** An object with rules of its own. */
  fields(name: string, rules: FieldRules): Fields | undefined;
}

/** Opens an object whose fields all have rules. The first field that its rule does not let pass is named. */
export function openFields(value: unknown, path: string, rules: FieldRules): Fields {
  const object = objectAt(value, path);
  const at = (name: string): string => joinPath(path, name);
  for (const [name, given] of Object.entries(object)) {
    const problem = fieldProblem(Object.hasOwn(rules, name) ? rules[name] : undefined, given);
    if (problem !== null) throw TenantryError.invalidRequest(at(name), problem);
  }
  const read = (name: string): unknown => (Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined);

  function typed<Value>(name: string, is: (value: unknown) => value is Value, expected: string): Value | undefined {
    const given = read(name);
    if (given === undefined || is(given)) return given;
    throw TenantryError.invalidRequest(at(name), `must be ${expected}`);
  }

  return {
    path,
    at,
    value: read,
    text: (name) => typed(name, isText, "a text"),
    requiredText(name) {
      const given = typed(name, isText, "a text");
      if (given === undefined) throw TenantryError.invalidRequest(at(name), "is required");
      return given;
    },
    flag: (name) => typed(name, (given): given is boolean => typeof given === "boolean", "true or false"),
    number: (name, range) => typed(name, (given): given is number => isWithin(given, range), rangeText(range)),
    list: (name) => typed(name, (given): given is readonly unknown[] => Array.isArray(given), "a list"),
    json: (name) => typed(name, isObject, "an object"),
    choice: <Word extends string>(name: string, words: readonly Word[]) =>
      typed(name, (given): given is Word => words.some((word) => word === given), `one of ${words.join(", ")}`),
    fields(name, own) {
      const given = read(name);
      return given === undefined ? undefined : openFields(given, at(name), own);
    },
  };
}

/** The value if it is an object. */
export function objectAt(value: unknown, path: string): JsonObject {
  if (isObject(value)) return value;
  throw TenantryError.invalidRequest(path === "" ? "body" : path, "must be an object");
}

/** The word that says what kind of object this is (`type`, `role`), if it is one of those that translate. */
export function kindAt<Kind extends string>(
  value: unknown,
  path: string,
  name: string,
  kinds: readonly Kind[],
  absent?: Kind,
): Kind {
  const given = objectAt(value, path)[name] ?? absent;
  const kind = kinds.find((candidate) => candidate === given);
  if (kind !== undefined) return kind;
  const shown = typeof given === "string" ? `"${given.slice(0, 64)}"` : given === undefined ? "nothing" : "this";
  const known = kinds.map((candidate) => `"${candidate}"`).join(", ");
  throw TenantryError.invalidRequest(
    joinPath(path, name),
    `${shown} cannot be translated for the model that answers; these can: ${known}`,
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isWithin(value: unknown, { least, most = Number.MAX_SAFE_INTEGER, whole = false }: NumberRange): boolean {
  return typeof value === "number" && value >= least && value <= most && (!whole || Number.isSafeInteger(value));
}

function rangeText({ least, most, whole = false }: NumberRange): string {
  const kind = whole ? "a whole number" : "a number";
  return most === undefined ? `${kind} of at least ${least}` : `${kind} from ${least} to ${most}`;
}
