import { digitsOf, isNumberText, parseBilledAmount, parseInstant, type PicoUsd } from "@tenantry/core";
import { unreadable } from "./ask-netra.ts";

/** One object of an answer. Every reader answers null for a field that is not there. */
export interface AnswerFields {
  text(name: string): string | null;
  texts(name: string): readonly string[];
  flag(name: string): boolean | null;
  number(name: string): number | null;
  count(name: string): number | null;
  money(name: string): PicoUsd | null;
  instant(name: string): number | null;
}

export type Json = Readonly<Record<string, unknown>>;

/** An object of the answer; a number, which is read as one too, is none. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isNumberText(value);
}

/** Reads the fields of one object. @throws TenantryError `upstream_error` that names a field of another kind. */
export function fieldsOf(object: Json): AnswerFields {
  const given = (name: string): unknown => (Object.hasOwn(object, name) ? (object[name] ?? null) : null);
  const wrong = (name: string, expected: string): never => {
    throw unreadable(`${name} is not ${expected}`);
  };
  const number = (name: string): number | null => {
    const value = given(name);
    if (value === null) return null;
    const digits = typeof value === "string" ? null : digitsOf(value);
    return digits === null || !Number.isFinite(Number(digits)) ? wrong(name, "a number") : Number(digits);
  };
  return {
    text(name) {
      const value = given(name);
      return value === null || typeof value === "string" ? value : wrong(name, "a text");
    },
    texts(name) {
      const value = given(name) ?? [];
      return Array.isArray(value) ? value.filter((item) => typeof item === "string") : wrong(name, "a list");
    },
    flag(name) {
      const value = given(name);
      return value === null || typeof value === "boolean" ? value : wrong(name, "true or false");
    },
    number,
    count(name) {
      const value = number(name);
      return value === null || (Number.isSafeInteger(value) && value >= 0) ? value : wrong(name, "a count");
    },
    money(name) {
      const value = given(name);
      if (value === null) return null;
      const amount = parseBilledAmount(digitsOf(value));
      return amount.ok ? amount.pico : wrong(name, "an amount");
    },
    instant(name) {
      const value = given(name);
      if (value === null || value === "") return null;
      const read = parseInstant(value);
      return read.ok ? read.instant : wrong(name, "a time");
    },
  };
}
