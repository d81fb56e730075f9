import type { DataReader } from "@tenantry/core";

/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A variable's value; null where it is not set or empty. */
export function given(env: Env, name: string): string | null {
  return env[name]?.trim() || null;
}

/** An http or https address as it was written; null (reported) when it is none. */
export function address(reader: DataReader, raw: unknown, path: string): string | null {
  const text = reader.text(raw, path);
  if (text === null) return null;
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "http:" || protocol === "https:") return text;
  reader.report(path, "must be an http or https address");
  return null;
}
