import type { Migration } from "./migration.ts";

export const budgetMarks: Migration = {
  version: 5,
  sql: `
-- Of budgets that need it: what the next period has drawn from this one, and the share of it that was told last.
CREATE TABLE budget_marks (
  spending_id INTEGER PRIMARY KEY, drawn_hi INTEGER NOT NULL, drawn_lo INTEGER NOT NULL,
  told_percent INTEGER, told_at INTEGER
) STRICT;
`,
};
