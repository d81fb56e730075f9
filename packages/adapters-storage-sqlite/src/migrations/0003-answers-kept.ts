import type { Migration } from "./migration.ts";

export const answersKept: Migration = {
  version: 3,
  sql: `
-- How long an answer is kept is not how long its key is: from keep_until on sealed is gone and the key is spent.
ALTER TABLE answers ADD COLUMN keep_until INTEGER NOT NULL DEFAULT 0;
UPDATE answers SET keep_until = expires_at;
CREATE INDEX answers_by_keeping ON answers (keep_until) WHERE sealed IS NOT NULL;
`,
};
