import type { Fault, FaultPlan } from "./fault-plan.ts";

type Check = "string" | "number" | "positive" | "status" | "ratio" | "provider" | "generated";

const checks: Readonly<Record<Check, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && value >= 0,
  positive: (value) => typeof value === "number" && Number.isSafeInteger(value) && value > 0,
  status: (value) => Number.isInteger(value) && Number(value) >= 400 && Number(value) <= 599,
  ratio: (value) => typeof value === "number" && value >= 0 && value <= 1,
  provider: (value) => value === "openai" || value === "anthropic",
  generated: (value) => value === "all" || value === "sent",
};

type Fields = Readonly<Record<string, { readonly check: Check; readonly required?: true }>>;

const faultFields: Readonly<Record<Fault["kind"], Fields>> = {
  status: {
    status: { check: "status", required: true },
    code: { check: "string" },
    message: { check: "string" },
    retryAfterMs: { check: "number" },
  },
  "billed-then-status": { status: { check: "status" }, message: { check: "string" } },
  "billed-then-reset": {},
  reset: {},
  hang: {},
  "broken-json": {},
  "usage-missing": {},
  "usage-lies": { factor: { check: "number" } },
  "cached-tokens": { n: { check: "number", required: true } },
  "stream-cut": {
    afterEvents: { check: "number", required: true },
    generated: { check: "generated" },
  },
  "other-model": { model: { check: "string", required: true } },
  refusal: {},
  length: {},
  slow: { ms: { check: "number", required: true } },
  "keeps-generating": {},
};

const matchFields: Fields = {
  model: { check: "string" },
  provider: { check: "provider" },
  endpoint: { check: "string" },
  clientRequestIdPrefix: { check: "string" },
  everyNth: { check: "positive" },
  probability: { check: "ratio" },
};

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${path} must be an object`);
  }
  return value as Record<string, unknown>;
}

function checkFields(value: Record<string, unknown>, fields: Fields, path: string): void {
  for (const [name, found] of Object.entries(value)) {
    const field = fields[name];
    if (!field) throw new TypeError(`${path}.${name} is not a known field`);
    if (!checks[field.check](found)) throw new TypeError(`${path}.${name} is not a valid value`);
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field.required && value[name] === undefined) {
      throw new TypeError(`${path}.${name} is required`);
    }
  }
}

/** Checks a fault plan that came from outside; a TypeError names the first bad field by its path. */
export function parseFaultPlan(value: unknown): FaultPlan {
  if (!Array.isArray(value)) throw new TypeError("plan must be an array of rules");
  value.forEach((item, index) => {
    const path = `plan[${index}]`;
    const { match, fault, times, ...rest } = record(item, path);
    const unknown = Object.keys(rest)[0];
    if (unknown !== undefined) throw new TypeError(`${path}.${unknown} is not a known field`);
    if (times !== undefined && !checks.positive(times)) {
      throw new TypeError(`${path}.times is not a valid value`);
    }
    if (match !== undefined) checkFields(record(match, `${path}.match`), matchFields, `${path}.match`);
    const { kind, ...fields } = record(fault, `${path}.fault`);
    const known = Object.hasOwn(faultFields, String(kind)) ? (kind as Fault["kind"]) : null;
    if (known === null) throw new TypeError(`${path}.fault.kind is not a known fault`);
    checkFields(fields, faultFields[known], `${path}.fault`);
  });
  return value as FaultPlan;
}
