import { TenantryError } from "@tenantry/core";

/** Throws on what was thrown; every field at fault is told as the command line calls it. */
export function inOptions(optionOf: Readonly<Record<string, string>>): (thrown: unknown) => never {
  return (thrown) => {
    const error = TenantryError.from(thrown);
    if (error.code !== "invalid_request") throw error;
    const issues = error.issues.map(({ path, message }) => ({ path: optionOf[path] ?? path, message }));
    const message = issues.map(({ path, message: problem }) => `${path}: ${problem}`).join("; ");
    throw new TenantryError("invalid_request", message, { issues });
  };
}
