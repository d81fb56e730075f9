import type { Migration } from "./migration.ts";

const sums = [
  ...["calls", "attempts", "failed", "input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"],
  ...["audio_input", "audio_output", "cost_hi", "cost_lo", "charge_hi", "charge_lo", "at_most_hi", "at_most_lo"],
  ...["unpriced", "estimated", "unknown", "margin_hi", "margin_lo", "margin_unknown"],
];

const fill = (table: string, bucket: string): string => `
INSERT INTO ${table} SELECT w.id, ${bucket}, ${sums.map((name) => `sum(r.${name})`).join(", ")}
  FROM usage_roll_ups r JOIN usage_groups g ON g.id = r.group_id
  JOIN wide_groups w ON w.tenant_id = g.tenant_id AND w.feature IS g.feature AND w.model IS g.model
    AND w.feature_used IS g.feature_used
  GROUP BY 1, 2;`;

const table = (name: string, comment: string): string => `
-- ${comment}
CREATE TABLE ${name} (
  group_id INTEGER NOT NULL, bucket INTEGER NOT NULL, ${sums.map((column) => `${column} INTEGER NOT NULL`).join(", ")},
  PRIMARY KEY (group_id, bucket)
) STRICT, WITHOUT ROWID;`;

/** Sums without users, for questions that name none: users are what makes the other roll-ups as long as the ledger. */
export const wideRollUps: Migration = {
  version: 9,
  sql: `
-- As usage_groups, without the user.
CREATE TABLE wide_groups (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tenant_id TEXT NOT NULL, feature TEXT, model TEXT,
  feature_used TEXT
) STRICT;
CREATE INDEX wide_groups_by_tenant ON wide_groups (tenant_id);
${table("wide_roll_ups", "By quarter of an hour, as usage_roll_ups.")}
${table("day_roll_ups", "By day of UTC: bucket is the number of days since 1970.")}

INSERT INTO wide_groups (name, tenant_id, feature, model, feature_used)
  SELECT DISTINCT json_array(tenant_id, feature, model, feature_used), tenant_id, feature, model, feature_used
  FROM usage_groups;
${fill("wide_roll_ups", "r.bucket")}
${fill("day_roll_ups", "(r.bucket - ((r.bucket % 96) + 96) % 96) / 96")}
`,
};
