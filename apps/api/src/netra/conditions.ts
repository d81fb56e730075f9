import { TenantryError, type UsageQuery } from "@tenantry/core";
import type { FilterBody } from "../control-plane/schemas/netra-schemas.ts";

type Test = (value: string) => boolean;

/** What filters come to: what the ledger is asked by, and what its rows are then held against. */
export interface Conditions {
  readonly equal: Pick<UsageQuery, "tenantId" | "userId" | "sessionId">;
  readonly passes: { readonly tenant: Test | null; readonly model: Test | null };
}

const operators: Readonly<Record<string, (value: string, texts: readonly string[]) => boolean>> = {
  equals: (value, [text]) => value === text,
  not_equals: (value, [text]) => value !== text,
  contains: (value, [text = ""]) => value.includes(text),
  not_contains: (value, [text = ""]) => !value.includes(text),
  starts_with: (value, [text = ""]) => value.startsWith(text),
  ends_with: (value, [text = ""]) => value.endsWith(text),
  any_of: (value, texts) => texts.includes(value),
  none_of: (value, texts) => !texts.includes(value),
};

const askable =
  "tenant_id and model_name by equals, not_equals, contains, not_contains, starts_with, ends_with, any_of and none_of; user_id and session_id by equals";

/**
 * @param path of the list, for messages
 * @throws TenantryError `invalid_request` that names every filter that cannot be answered and says what can be asked.
 */
export function readConditions(filters: readonly FilterBody[] | undefined, path: string): Conditions {
  const issues: { path: string; message: string }[] = [];
  let equal: Conditions["equal"] = {};
  const tests: { tenant: Test[]; model: Test[] } = { tenant: [], model: [] };
  for (const [index, { field, operator, value, key }] of (filters ?? []).entries()) {
    const refuse = (name: string, message: string): void =>
      void issues.push({ path: `${path}.${index}.${name}`, message: `${message}; filter ${askable}` });
    const texts = textsOf(value, operator);
    const test = operators[operator];
    if (key !== undefined) refuse("key", "metadata is not kept");
    else if (texts === null) refuse("value", operator.endsWith("_of") ? "must be a list of texts" : "must be a text");
    else if (field === "user_id" || field === "session_id") {
      const name = field === "user_id" ? "userId" : "sessionId";
      if (operator !== "equals") refuse("operator", `${field} cannot be asked with ${operator}`);
      else if (equal[name] === undefined) equal = { ...equal, [name]: texts[0] ?? "" };
      else refuse("field", `${field} is filtered twice`);
    } else if (field !== "tenant_id" && field !== "model_name") refuse("field", `${field} cannot be asked here`);
    else if (test === undefined) refuse("operator", `${field} cannot be asked with ${operator}`);
    else if (field === "tenant_id" && operator === "equals" && equal.tenantId === undefined) {
      equal = { ...equal, tenantId: texts[0] ?? "" };
    } else tests[field === "tenant_id" ? "tenant" : "model"].push((of) => test(of, texts));
  }
  if (issues.length > 0) {
    const detail = issues.map(({ path: at, message }) => `${at} ${message}`).join("; ");
    throw new TenantryError("invalid_request", detail, { issues });
  }
  return { equal, passes: { tenant: all(tests.tenant), model: all(tests.model) } };
}

function textsOf(value: unknown, operator: string): readonly string[] | null {
  if (!operator.endsWith("_of")) return typeof value === "string" ? [value] : null;
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? (value as string[]) : null;
}

function all(tests: readonly Test[]): Test | null {
  return tests.length === 0 ? null : (value) => tests.every((test) => test(value));
}
