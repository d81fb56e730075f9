import type { Migration } from "./migration.ts";

/**
 * Money is in pairs `…_hi`, `…_lo` (money-columns.ts), instants are epoch milliseconds. Tables are STRICT, so that an
 * integer can never become a float in silence.
 */
export const firstSchema: Migration = {
  version: 1,
  sql: `
-- Every opened storage, until it has ended and holds nothing more.
CREATE TABLE owners (
  id TEXT PRIMARY KEY, pid INTEGER NOT NULL, started_at TEXT, boot_id TEXT, host TEXT NOT NULL,
  seen_at INTEGER NOT NULL, has_left INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sliding windows. total is the sum of the entries stamped after counted_to; entries up to it count no more.
CREATE TABLE window_keys (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, offset_ms INTEGER NOT NULL, latest INTEGER,
  keep_ms INTEGER NOT NULL, counted_to INTEGER NOT NULL, total INTEGER NOT NULL
) STRICT;
CREATE TABLE window_entries (
  key_id INTEGER NOT NULL, stamp INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (key_id, stamp)
) STRICT, WITHOUT ROWID;
-- Token claims of calls in flight: the part of an entry that changes when the call ends.
CREATE TABLE token_stamps (
  id INTEGER PRIMARY KEY, call_id TEXT NOT NULL, key_id INTEGER NOT NULL, stamp INTEGER NOT NULL,
  amount INTEGER NOT NULL, owner_id TEXT NOT NULL
) STRICT;
CREATE INDEX token_stamps_by_call ON token_stamps (call_id);

CREATE TABLE leases (
  key TEXT NOT NULL, call_id TEXT NOT NULL, owner_id TEXT NOT NULL, PRIMARY KEY (key, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_call ON leases (call_id);

-- Budgets: one row per calendar period, or one for a rolling window (period_from null).
CREATE TABLE spendings (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, period_from INTEGER, period_to INTEGER,
  spent_hi INTEGER NOT NULL, spent_lo INTEGER NOT NULL, held_hi INTEGER NOT NULL, held_lo INTEGER NOT NULL,
  offset_ms INTEGER NOT NULL, latest INTEGER, keep_ms INTEGER NOT NULL, counted_to INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX spendings_calendar ON spendings (key, period_from, period_to) WHERE period_from IS NOT NULL;
CREATE UNIQUE INDEX spendings_rolling ON spendings (key) WHERE period_from IS NULL;
-- What rolling windows spent and when.
CREATE TABLE spending_entries (
  spending_id INTEGER NOT NULL, stamp INTEGER NOT NULL, hi INTEGER NOT NULL, lo INTEGER NOT NULL,
  PRIMARY KEY (spending_id, stamp)
) STRICT, WITHOUT ROWID;
CREATE TABLE holds (
  id INTEGER PRIMARY KEY, attempt_id TEXT NOT NULL, spending_id INTEGER NOT NULL, stamp INTEGER NOT NULL,
  hi INTEGER NOT NULL, lo INTEGER NOT NULL, owner_id TEXT NOT NULL
) STRICT;
CREATE INDEX holds_by_attempt ON holds (attempt_id);
CREATE INDEX holds_by_spending ON holds (spending_id, stamp);

CREATE TABLE intents (
  attempt_id TEXT PRIMARY KEY, call_id TEXT NOT NULL, ordinal INTEGER NOT NULL, owner_id TEXT NOT NULL,
  is_settled INTEGER NOT NULL, intent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX intents_by_call ON intents (call_id);
CREATE INDEX intents_by_owner ON intents (owner_id);

-- Who and what: the combinations that occur. feature_used is null in the one that counts everything once.
CREATE TABLE usage_groups (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tenant_id TEXT NOT NULL, user_id TEXT, feature TEXT, model TEXT,
  feature_used TEXT
) STRICT;
CREATE INDEX usage_groups_by_tenant ON usage_groups (tenant_id);

CREATE TABLE lines (
  line_id TEXT PRIMARY KEY, call_id TEXT NOT NULL, attempt_id TEXT NOT NULL, group_id INTEGER NOT NULL,
  session_id TEXT, features_used TEXT NOT NULL, ordinal INTEGER NOT NULL, occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL, is_superseded INTEGER NOT NULL, supersedes TEXT,
  input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,
  cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  audio_input INTEGER NOT NULL, audio_output INTEGER NOT NULL,
  cost_hi INTEGER, cost_lo INTEGER, charge_hi INTEGER, charge_lo INTEGER, at_most_hi INTEGER, at_most_lo INTEGER,
  unpriced INTEGER NOT NULL, estimated INTEGER NOT NULL, unknown INTEGER NOT NULL, rest TEXT NOT NULL
) STRICT;
CREATE INDEX lines_by_call ON lines (call_id);
CREATE INDEX lines_by_time ON lines (occurred_at);
CREATE INDEX lines_by_session ON lines (session_id, occurred_at) WHERE session_id IS NOT NULL;
CREATE INDEX lines_by_superseded ON lines (supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE calls (
  call_id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, group_id INTEGER NOT NULL, session_id TEXT,
  features_used TEXT NOT NULL, admitted_at INTEGER NOT NULL, outcome TEXT NOT NULL, latency_ms REAL, ttft_ms REAL,
  verdicts TEXT NOT NULL, rest TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_time ON calls (admitted_at, call_id);
CREATE INDEX calls_by_tenant ON calls (tenant_id, admitted_at, call_id);
CREATE INDEX calls_by_session ON calls (session_id, admitted_at, call_id) WHERE session_id IS NOT NULL;

-- Roll-ups by quarter of an hour (buckets.ts).
CREATE TABLE usage_roll_ups (
  group_id INTEGER NOT NULL, bucket INTEGER NOT NULL,
  calls INTEGER NOT NULL, attempts INTEGER NOT NULL, failed INTEGER NOT NULL,
  input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,
  cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  audio_input INTEGER NOT NULL, audio_output INTEGER NOT NULL,
  cost_hi INTEGER NOT NULL, cost_lo INTEGER NOT NULL, charge_hi INTEGER NOT NULL, charge_lo INTEGER NOT NULL,
  at_most_hi INTEGER NOT NULL, at_most_lo INTEGER NOT NULL,
  unpriced INTEGER NOT NULL, estimated INTEGER NOT NULL, unknown INTEGER NOT NULL,
  PRIMARY KEY (group_id, bucket)
) STRICT, WITHOUT ROWID;
CREATE TABLE denial_roll_ups (
  group_id INTEGER NOT NULL, bucket INTEGER NOT NULL, code TEXT NOT NULL, denied INTEGER NOT NULL,
  PRIMARY KEY (group_id, bucket, code)
) STRICT, WITHOUT ROWID;
-- The latest denials by the millisecond, for the edges of intervals that cut a bucket.
CREATE TABLE denials (
  at INTEGER NOT NULL, group_id INTEGER NOT NULL, code TEXT NOT NULL, denied INTEGER NOT NULL,
  PRIMARY KEY (at, group_id, code)
) STRICT, WITHOUT ROWID;
-- Buckets before this one have no denials by the millisecond any more.
CREATE TABLE denial_horizon (bucket INTEGER NOT NULL) STRICT;
INSERT INTO denial_horizon (bucket) VALUES (-9007199254740991);
CREATE TABLE objective_roll_ups (
  tenant_id TEXT NOT NULL, objective_id TEXT NOT NULL, bucket INTEGER NOT NULL,
  good INTEGER NOT NULL, bad INTEGER NOT NULL, excluded INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, bucket, objective_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE latency_roll_ups (
  tenant_id TEXT NOT NULL, bucket INTEGER NOT NULL, calls INTEGER NOT NULL, latency BLOB NOT NULL, ttft BLOB NOT NULL,
  PRIMARY KEY (tenant_id, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (id TEXT PRIMARY KEY, tenant TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
};
