import {
  type EditionSummary,
  type LivePrices,
  numberEdition,
  type Price,
  type PriceEdition,
  type PriceEditions,
  TenantryError,
} from "@tenantry/core";
import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { openReader } from "./connection.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import type { GroupCommit } from "./group-commit.ts";
import { translateError } from "./translate-error.ts";

interface EditionRow {
  readonly version: number;
  readonly recorded_at: number;
  readonly source: string;
  readonly prices: string;
}

interface PinRow {
  readonly version: number | null;
  readonly revision: number;
}

/** `PriceEditions`: read from the last commit, as keys are. */
export function createPriceEditions(db: DatabaseSync, reading: DatabaseSync, group: GroupCommit): PriceEditions {
  const pinWritten = db.prepare("SELECT version, revision FROM price_pin");
  const exists = db.prepare("SELECT 1 FROM price_editions WHERE version = ?");
  const latest = db.prepare("SELECT coalesce(max(version), 0) AS version FROM price_editions");
  const insert = db.prepare(
    "INSERT INTO price_editions (version, recorded_at, source, count, prices) VALUES (?, ?, ?, ?, ?)",
  );
  const advance = db.prepare("UPDATE price_pin SET revision = revision + 1");
  const setPin = db.prepare("UPDATE price_pin SET version = ?, revision = revision + 1");
  const readings = createPriceReadings(reading);

  async function reads<Result>(read: () => Result): Promise<Result> {
    try {
      return read();
    } catch (error) {
      throw translateError(error);
    }
  }

  return {
    add: (edition, basedOn) =>
      group.write({
        check() {
          const { revision } = pinWritten.get() as unknown as PinRow;
          if (revision !== basedOn) {
            throw new TenantryError("conflict", "the prices have changed since they were compared");
          }
          const numbered = numberEdition(edition, (latest.get() as { version: number }).version + 1);
          const { version, recordedAt, source, prices } = numbered;
          const text = toExactJson(prices);
          return () => {
            insert.run(version, recordedAt, source, prices.length, text);
            advance.run();
            return numbered;
          };
        },
      }),
    pin: (version) =>
      group.write({
        check() {
          if (version !== null && version !== 0 && exists.get(version) === undefined) {
            throw new TenantryError("not_found", `there is no edition ${version} of the prices`);
          }
          return () => void setPin.run(version);
        },
      }),
    list: () => reads(readings.list),
    find: (version) => reads(() => readings.find(version)),
    live: (since) => reads(() => readings.live(since)),
  };
}

/**
 * The edition in force in a file that nobody needs to have open; null where there is no such file, where it has none, and
 * where it cannot be read: who opens it hears why. Writes nothing.
 */
export function readEditionInForce(path: string): PriceEdition | null {
  if (path === ":memory:" || !existsSync(path)) return null;
  let db: DatabaseSync | null = null;
  try {
    db = openReader(path, 1_000);
    const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'price_pin'").get() !== undefined;
    return isThere ? (createPriceReadings(db).live(-1)?.edition ?? null) : null;
  } catch {
    return null;
  } finally {
    db?.close();
  }
}

interface PriceReadings {
  list(): readonly EditionSummary[];
  find(version: number): PriceEdition | null;
  live(since: number): LivePrices | null;
}

function createPriceReadings(db: DatabaseSync): PriceReadings {
  const pin = db.prepare("SELECT version, revision FROM price_pin");
  const list = db.prepare("SELECT version, recorded_at, source, count FROM price_editions ORDER BY version DESC");
  const find = db.prepare("SELECT version, recorded_at, source, prices FROM price_editions WHERE version = ?");
  // One statement, so that pin and edition are of one moment.
  const live = db.prepare(`SELECT p.version AS pinned, p.revision, e.version, e.recorded_at, e.source, e.prices
    FROM price_pin p LEFT JOIN price_editions e
      ON e.version = coalesce(p.version, (SELECT max(version) FROM price_editions))`);
  return {
    list: () =>
      (list.all() as { version: number; recorded_at: number; source: string; count: number }[]).map(
        ({ version, recorded_at: recordedAt, source, count }) => ({ version, recordedAt, source, count }),
      ),
    find(version) {
      const row = find.get(version) as EditionRow | undefined;
      return row === undefined ? null : toEdition(row);
    },
    live(since) {
      const { revision } = pin.get() as unknown as PinRow;
      if (revision <= since) return null;
      const row = live.get() as unknown as { pinned: number | null; revision: number; version: number | null };
      const edition = row.version === null ? null : toEdition(row as unknown as EditionRow);
      return { revision: row.revision, pinned: row.pinned, edition };
    },
  };
}

function toEdition({ version, recorded_at: recordedAt, source, prices }: EditionRow): PriceEdition {
  return { version, recordedAt, source, prices: fromExactJson<readonly Price[]>(prices) };
}
