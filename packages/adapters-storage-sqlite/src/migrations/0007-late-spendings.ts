import type { Migration } from "./migration.ts";

export const lateSpendings: Migration = {
  version: 7,
  sql: `
-- When a budget was first claimed: what was spent before never counted there. Of older rows it is not known, and they
-- are taken to have been there always.
ALTER TABLE spendings ADD COLUMN since INTEGER NOT NULL DEFAULT -9007199254740991;
-- Money that was told of later, by the fact's id, so that it counts once.
CREATE TABLE late_spendings (id TEXT PRIMARY KEY, forget_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX late_spendings_by_end ON late_spendings (forget_at);
-- What the wall clock said at a moment of the machine's present run: the time of windows and budgets (store-clock.ts).
CREATE TABLE store_anchor (
  id INTEGER PRIMARY KEY CHECK (id = 1), boot_id TEXT NOT NULL, wall INTEGER NOT NULL, boot_ms REAL NOT NULL
) STRICT;
`,
};
