import type { FieldReader } from "../http/read-fields.ts";
import { createFieldReader } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";

function nameType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return typeof value === "number" && Number.isInteger(value) ? "an integer" : `a ${typeof value}`;
}

/** Reads fields and complains the way OpenAI does: message, `param` and `code`. */
export const openaiFields: FieldReader = createFieldReader((param, problem) => {
  switch (problem.kind) {
    case "missing":
      return new VendorError(400, `Missing required parameter: '${param}'.`, {
        param,
        code: "missing_required_parameter",
      });
    case "type":
      return new VendorError(
        400,
        `Invalid type for '${param}': expected ${problem.expected}, but got ${nameType(problem.found)} instead.`,
        { param, code: "invalid_type" },
      );
    case "value":
      return new VendorError(400, `Invalid value for '${param}': expected ${problem.expected}.`, {
        param,
        code: "invalid_value",
      });
  }
});
