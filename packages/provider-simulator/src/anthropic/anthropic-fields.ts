import type { FieldReader } from "../http/read-fields.ts";
import { createFieldReader } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";

const inputNames: Readonly<Record<string, string>> = {
  "a string": "a valid string",
  "a boolean": "a valid boolean",
  "an object": "a valid dictionary",
  "an array": "a valid list",
};

/** Reads fields and complains the way Anthropic does: `path.to.field: what is wrong`. */
export const anthropicFields: FieldReader = createFieldReader((path, problem) => {
  const at = path.replaceAll(/\[(\d+)\]/g, ".$1");
  switch (problem.kind) {
    case "missing":
      return new VendorError(400, `${at}: Field required`);
    case "type":
      return new VendorError(400, `${at}: Input should be ${inputNames[problem.expected] ?? problem.expected}`);
    case "value":
      return new VendorError(400, `${at}: Input should be ${problem.expected}`);
  }
});
