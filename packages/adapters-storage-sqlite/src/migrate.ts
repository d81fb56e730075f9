import { TenantryError } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { firstSchema } from "./migrations/0001-first-schema.ts";
import { keysAndAnswers } from "./migrations/0002-keys-and-answers.ts";
import { answersKept } from "./migrations/0003-answers-kept.ts";
import { priceEditions } from "./migrations/0004-price-editions.ts";
import { budgetMarks } from "./migrations/0005-budget-marks.ts";
import { charges } from "./migrations/0006-charges.ts";
import { lateSpendings } from "./migrations/0007-late-spendings.ts";
import { openCalls } from "./migrations/0008-open-calls.ts";
import { wideRollUps } from "./migrations/0009-wide-roll-ups.ts";
import { spans } from "./migrations/0010-spans.ts";
import type { Migration } from "./migrations/migration.ts";
import { isNotADatabase, translateError } from "./translate-error.ts";

/** "Tnry", in the file's header, so that nobody else's database is taken for ours (https://www.sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x546e7279;

/** By version. */
const migrations: readonly Migration[] = [
  firstSchema,
  keysAndAnswers,
  answersKept,
  priceEditions,
  budgetMarks,
  charges,
  lateSpendings,
  openCalls,
  wideRollUps,
  spans,
];
const NEWEST = Math.max(...migrations.map(({ version }) => version));

/**
 * Brings the file's schema up to date, in one transaction; the version is in `user_version`. Two processes may do it at
 * once: the second finds the work done.
 * The file has passed `assertOurs`.
 *
 * @throws TenantryError `invalid_configuration` when the file is not a database, is somebody else's, or was written by a
 * newer version; it is not touched then.
 */
export function migrate(db: DatabaseSync): void {
  try {
    if (versionOf(db) === NEWEST) return;
    db.exec("BEGIN IMMEDIATE");
    try {
      checkSchema(db);
      const before = versionOf(db);
      for (const { version, sql } of migrations) if (version > before) db.exec(sql);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${NEWEST}`);
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  } catch (error) {
    throw translateError(error);
  }
}

/**
 * To be called before anything is written, also before the journal mode changes.
 *
 * @throws TenantryError as `migrate` does.
 */
export function assertOurs(db: DatabaseSync): void {
  try {
    checkSchema(db);
  } catch (error) {
    throw isNotADatabase(error) ? refusal("is not a SQLite database; choose another file") : translateError(error);
  }
}

function checkSchema(db: DatabaseSync): void {
  const version = versionOf(db);
  if (version > NEWEST) {
    throw refusal(`has schema version ${version}, this program knows versions up to ${NEWEST}; use the newer program`);
  }
  const isOurs = numberOf(db, "PRAGMA application_id") === APPLICATION_ID;
  const isEmpty = numberOf(db, "SELECT count(*) FROM sqlite_schema") === 0;
  if (!isOurs && !(isEmpty && version === 0)) {
    throw refusal("is the database of another program; choose another file");
  }
}

function versionOf(db: DatabaseSync): number {
  return numberOf(db, "PRAGMA user_version");
}

function numberOf(db: DatabaseSync, sql: string): number {
  const row = db.prepare(sql).get();
  return Number(Object.values(row ?? {})[0]);
}

function refusal(message: string): TenantryError {
  return TenantryError.invalidConfiguration([{ path: "storage.path", message: `the file ${message}` }]);
}
