import { idProblem } from "@tenantry/core";
import type { Attributes, AttributeValue } from "./decoded-span.ts";
import type { KnownAttribute } from "./known-attributes.ts";

/** More than any answer has, and so little that sums of several stay exact. */
const mostTokens = 2 ** 40;

/** The first of these that says something: a text fit to be an id or a name, or a whole number written out. */
export function textOf(attributes: Attributes, ...keys: readonly KnownAttribute[]): string | null {
  for (const key of keys) {
    const text = asText(attributes.get(key));
    if (text !== null) return text;
  }
  return null;
}

/** The first of these that is a whole number ≥ 0, also written as text. What is too large for a count says nothing. */
export function countOf(attributes: Attributes, ...keys: readonly KnownAttribute[]): number | null {
  for (const key of keys) {
    const value = attributes.get(key);
    const count = typeof value === "string" && /^[0-9]{1,16}$/.test(value) ? Number(value) : value;
    if (typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= mostTokens) return count;
  }
  return null;
}

/** The first of these that is a number ≥ 0. */
export function numberOf(attributes: Attributes, ...keys: readonly KnownAttribute[]): number | null {
  for (const key of keys) {
    const value = attributes.get(key);
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  }
  return null;
}

/** A value as an id or name of 1–200 characters, or null. What was no UTF-8 is none: two ids could have become one. */
export function asText(value: AttributeValue | undefined): string | null {
  if (typeof value === "string") return idProblem(value) === null && !value.includes("\uFFFD") ? value : null;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : null;
}
