import { joinPath, type Issue } from "@tenantry/core";

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Replaces `${NAME}` and `${NAME:-default}` in every text of plain data. A missing variable is an issue at its path. */
export function expandEnv(
  data: unknown,
  env: Readonly<Record<string, string | undefined>>,
  issues: Issue[],
  path = "",
): unknown {
  if (typeof data === "string") {
    return data.replaceAll(reference, (_match, name: string, fallback: string | undefined) => {
      const value = env[name] === "" ? undefined : env[name];
      if (value === undefined && fallback === undefined) {
        issues.push({ path, message: `needs the environment variable ${name}; set it, or write \${${name}:-default}` });
      }
      return value ?? fallback ?? "";
    });
  }
  if (Array.isArray(data)) return data.map((item, index) => expandEnv(item, env, issues, joinPath(path, index)));
  if (typeof data === "object" && data !== null) {
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, expandEnv(value, env, issues, joinPath(path, name))]),
    );
  }
  return data;
}
