import type { Migration } from "./migration.ts";

export const charges: Migration = {
  version: 6,
  sql: `
-- How much of a tenant's allowance the lines in force have used, by the allowance's name and the first instant of its
-- period. was is what stood there before the last line drew on it: it is how that line learns what was left.
CREATE TABLE allowance_counts (
  tenant_id TEXT NOT NULL, allowance TEXT NOT NULL, period_from INTEGER NOT NULL,
  used_hi INTEGER NOT NULL, used_lo INTEGER NOT NULL, was_hi INTEGER NOT NULL, was_lo INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, allowance, period_from)
) STRICT, WITHOUT ROWID;

-- Charge less cost, over the lines of which both are known, and how many lack either. Until now a charge was known
-- exactly when its cost was.
ALTER TABLE usage_roll_ups ADD COLUMN margin_hi INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_roll_ups ADD COLUMN margin_lo INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_roll_ups ADD COLUMN margin_unknown INTEGER NOT NULL DEFAULT 0;
UPDATE usage_roll_ups SET margin_hi = charge_hi - cost_hi, margin_lo = charge_lo - cost_lo,
  margin_unknown = unpriced + unknown;
`,
};
