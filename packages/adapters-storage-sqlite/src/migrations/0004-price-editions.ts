import type { Migration } from "./migration.ts";

export const priceEditions: Migration = {
  version: 4,
  sql: `
-- Imported prices, never changed and never removed.
CREATE TABLE price_editions (
  version INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL, source TEXT NOT NULL, count INTEGER NOT NULL,
  prices TEXT NOT NULL
) STRICT;
-- Which of them is in force: the pinned one (0 is none of them), else the latest. revision counts the changes of both tables.
CREATE TABLE price_pin (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER, revision INTEGER NOT NULL) STRICT;
INSERT INTO price_pin (id, version, revision) VALUES (1, NULL, 0);
`,
};
