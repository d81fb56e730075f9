import { type Issue, TenantryError } from "@tenantry/core";
import { resolve } from "node:path";
import { ownIdentity, type ProcessIdentity } from "./process-identity.ts";

export interface SqliteStorageOptions {
  /** The file, made with its folder if need be (for this user alone); or `:memory:`, gone with `close`. */
  readonly path: string;
  /**
   * What a resolved write survives: the death of the process (`process`, the default; SQLite's synchronous=NORMAL, a
   * power cut may take the last moments but never damages the file), or a power cut as well (`power`, synchronous=FULL:
   * every commit waits for the disk).
   */
  readonly durability?: "process" | "power";
  /** How long writes wait for another process's write before they are rejected as `unavailable`, ms. Default 2,000. */
  readonly busyTimeoutMs?: number;
  /** How long spans are kept after they came in, ms; lines stay. Default 35 days. */
  readonly keepSpansMs?: number;
  /** Who holds what this storage takes. Default: this process. Another one's identity is for tests of recovery. */
  readonly owner?: ProcessIdentity;
}

/** The options with their defaults. */
export interface Settings {
  readonly path: string;
  readonly durability: "process" | "power";
  readonly busyTimeoutMs: number;
  readonly keepSpansMs: number;
  readonly owner: ProcessIdentity;
}

const DAY_MS = 86_400_000;

/** @throws TenantryError `invalid_configuration` with every problem. */
export function readOptions(options: SqliteStorageOptions): Settings {
  const { path, durability = "process", busyTimeoutMs = 2_000, keepSpansMs = 35 * DAY_MS } = options;
  const { owner = ownIdentity() } = options;
  const issues: Issue[] = [];
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    issues.push({ path: "storage.path", message: "must name a file, or be :memory:" });
  }
  if (durability !== "process" && durability !== "power") {
    issues.push({ path: "storage.durability", message: "must be process or power" });
  }
  if (!Number.isSafeInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > 600_000) {
    issues.push({ path: "storage.busyTimeoutMs", message: "must be a whole number from 0 to 600000" });
  }
  if (!Number.isSafeInteger(keepSpansMs) || keepSpansMs < 0) {
    issues.push({ path: "storage.keepSpansMs", message: "must be a whole number from 0" });
  }
  if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);
  // Absolute, because the thread opens the file again later, when the working directory may have changed.
  return { path: path === ":memory:" ? path : resolve(path), durability, busyTimeoutMs, keepSpansMs, owner };
}
