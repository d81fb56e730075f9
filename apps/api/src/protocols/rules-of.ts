import { TenantryError } from "@tenantry/core";
import type { FieldRules, FieldTable } from "./field-rules.ts";

/** The rules of one place of a table. */
export function rulesOf(table: FieldTable, place: string): FieldRules {
  const rules = table[place];
  if (rules === undefined) throw new TenantryError("internal", `the table of fields has no place "${place}"`);
  return rules;
}
