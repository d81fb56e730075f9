import { TenantryError } from "@tenantry/core";

/** Primary SQLite result codes (https://www.sqlite.org/rescode.html); the low byte of an extended code. */
const BUSY = 5;
const LOCKED = 6;
const OUT_OF_MEMORY = 7;
const READ_ONLY = 8;
const INTERRUPTED = 9;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const PERMISSION = 3;
const NOT_A_DATABASE = 26;

const unavailable: ReadonlyMap<number, string> = new Map([
  [BUSY, "the database is locked by another process"],
  [LOCKED, "the database is locked"],
  [OUT_OF_MEMORY, "the database is out of memory"],
  [READ_ONLY, "the database cannot be written"],
  [INTERRUPTED, "the database was interrupted"],
  [IO_ERROR, "the database's disk failed"],
  [CORRUPT, "the database file is damaged"],
  [FULL, "the database's disk is full"],
  [CANNOT_OPEN, "the database file cannot be opened"],
  [PERMISSION, "the database file may not be accessed"],
  [NOT_A_DATABASE, "the file is not a database"],
]);

/**
 * Anything thrown by SQLite, as a `TenantryError`. Messages say what is wrong, never where the file is: the path may
 * tell a caller about the machine. What no operator can mend (a broken statement) is `internal`.
 */
export function translateError(error: unknown): TenantryError {
  if (TenantryError.is(error)) return error;
  const problem = problemOf(error);
  if (problem !== undefined) {
    return new TenantryError("unavailable", problem, {
      publicMessage: "storage is unavailable",
      retryable: true,
      cause: error,
    });
  }
  return TenantryError.from(error);
}

/** Why a whole transaction failed, told to each of its operations. */
export function asUnavailable(error: unknown): TenantryError {
  const translated = translateError(error);
  if (translated.code === "unavailable") return translated;
  return new TenantryError("unavailable", `nothing was written: ${translated.message}`, {
    publicMessage: "storage is unavailable",
    retryable: true,
    cause: error,
  });
}

/** True when another connection holds the lock and waiting may help. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** True when the file is something else than a database of SQLite. */
export function isNotADatabase(error: unknown): boolean {
  return resultCode(error) === NOT_A_DATABASE;
}

function problemOf(error: unknown): string | undefined {
  const { code, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  // Node's own words for a connection that has been closed.
  if (code === "ERR_INVALID_STATE") return "the storage is closed";
  if (syscall !== undefined) return `the database's file or folder cannot be made (${code})`;
  return unavailable.get(resultCode(error) ?? -1);
}

function resultCode(error: unknown): number | null {
  const code = typeof error === "object" && error !== null ? (error as { errcode?: unknown }).errcode : undefined;
  return typeof code === "number" ? code & 0xff : null;
}
