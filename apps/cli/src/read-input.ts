import { readFile } from "node:fs/promises";
import { TenantryError } from "@tenantry/core";
import type { Context } from "./context.ts";

/**
 * A file's text, or standard input's for `-`.
 *
 * @param field what the command line calls it, for the message.
 * @throws TenantryError `invalid_request` where it cannot be read.
 */
export async function readInput({ terminal }: Pick<Context, "terminal">, field: string, path: string): Promise<string> {
  if (path === "-") return await terminal.stdin();
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw TenantryError.invalidRequest(field, `${path} cannot be read: ${reason}`);
  }
}
