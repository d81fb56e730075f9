import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parsePrices, TenantryError, type Issue, type Price } from "@tenantry/core";
import { parseDocument } from "yaml";

/** Prices an operator wrote. */
export interface Overrides {
  readonly prices: readonly Price[];
  /** Names them and their contents, for the version of the book; null when there are none. */
  readonly version: string | null;
}

/** Reads the file, then the given data. Throws `invalid_configuration` with every problem of both. */
export async function readOverrides(file: string | undefined, data: unknown): Promise<Overrides> {
  const issues: Issue[] = [];
  const prices: Price[] = [];
  const versions: string[] = [];
  const add = (source: string, read: { data: unknown } | { issues: readonly Issue[] }): void => {
    const parsed = "issues" in read ? { ok: false as const, ...read } : parsePrices(read.data, source);
    if (!parsed.ok) {
      issues.push(...parsed.issues.map((issue) => placed(source, issue)));
      return;
    }
    prices.push(...parsed.prices);
    versions.push(`${source}#${digest(parsed.prices)}`);
  };
  if (file !== undefined) add(basename(file), await readYaml(file));
  if (data !== undefined) add("overrides", { data });
  if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);
  return { prices, version: versions.length === 0 ? null : versions.join(" + ") };
}

async function readYaml(file: string): Promise<{ data: unknown } | { issues: readonly Issue[] }> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return { issues: [{ path: "", message: `cannot be read (${code}); check the path and its permissions` }] };
  }
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    return { issues: document.errors.map(({ message }) => ({ path: "", message })) };
  }
  try {
    return { data: document.toJS() };
  } catch (error) {
    // Aliases that expand without end.
    return { issues: [{ path: "", message: error instanceof Error ? error.message : String(error) }] };
  }
}

function placed(source: string, issue: Issue): Issue {
  return { path: issue.path === "" ? source : `${source}: ${issue.path}`, message: issue.message };
}

function digest(prices: readonly Price[]): string {
  const text = JSON.stringify(prices, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
