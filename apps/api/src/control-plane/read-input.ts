import { type Issue, TenantryError } from "@tenantry/core";
import type { z } from "@hono/zod-openapi";
import { duplicateMember } from "./duplicate-member.ts";

/** The parameters of a query string. One given twice is at fault, because readers disagree about which counts. */
export function readQuery(schema: z.ZodObject | null, search: URLSearchParams): unknown {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  const issues: Issue[] = [];
  for (const [name, value] of search) {
    if (Object.hasOwn(values, name)) issues.push({ path: name, message: "is given more than once" });
    values[name] = value;
  }
  const known = schema === null ? [] : Object.keys(schema.shape);
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (known.includes(name)) taken[name] = value;
    else issues.push({ path: name, message: `is not a parameter here; ${knownNames(known)}` });
  }
  const parsed = schema?.safeParse(taken);
  if (parsed?.success === false) issues.push(...parsed.error.issues.flatMap(toIssues));
  return checked(issues, parsed?.data);
}

/** Ids of a path. What can be no id is not found. */
export function readParams(schema: z.ZodObject | null, values: Readonly<Record<string, string>>): unknown {
  if (schema === null) return undefined;
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new TenantryError("not_found", "there is nothing with this id");
}

/** A JSON body. Undefined for none, where none is needed. */
export function readJson(schema: z.ZodType, isOptional: boolean, text: string): unknown {
  if (text === "" && isOptional) return schema.parse({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw TenantryError.invalidRequest("", "the body is not JSON");
  }
  const twice = duplicateMember(text);
  if (twice !== null) checked([{ path: twice, message: "is given more than once" }], null);
  const parsed = schema.safeParse(value);
  return checked(parsed.success ? [] : parsed.error.issues.flatMap(toIssues), parsed.data);
}

function checked(issues: readonly Issue[], data: unknown): unknown {
  if (issues.length === 0) return data;
  const detail = issues.map(({ path, message }) => (path === "" ? message : `${path} ${message}`)).join("; ");
  throw new TenantryError("invalid_request", detail, { issues });
}

type ZodIssue = z.core.$ZodIssue;

function toIssues(issue: ZodIssue): Issue[] {
  const path = issue.path.map(String).join(".");
  const within = (name: string): string => (path === "" ? name : `${path}.${name}`);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => ({ path: within(name), message: "is not a field here" }));
  }
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined") && path !== "") {
    return [{ path, message: "must be given" }];
  }
  return [{ path, message: issue.message }];
}

function knownNames(names: readonly string[]): string {
  return names.length === 0 ? "there are none" : `known are ${names.join(", ")}`;
}
