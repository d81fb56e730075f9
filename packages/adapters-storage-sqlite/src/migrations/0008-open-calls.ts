import type { Migration } from "./migration.ts";

/** What calls in flight hold was rows of four tables, with eight indices; it is one row for each call now. */
export const openCalls: Migration = {
  version: 8,
  sql: `
-- What a storage holds for a call in flight (open-calls.ts), and its attempts; gone when it holds nothing more.
CREATE TABLE open_calls (
  id INTEGER PRIMARY KEY, call_id TEXT NOT NULL, owner_id TEXT NOT NULL, held TEXT NOT NULL, attempts TEXT NOT NULL
) STRICT;
CREATE INDEX open_calls_by_call ON open_calls (call_id);
-- How many calls in flight have a place.
CREATE TABLE lease_counts (key TEXT PRIMARY KEY, held INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- What rolling budgets hold, by the stamp at which it was taken.
CREATE TABLE rolling_holds (
  spending_id INTEGER NOT NULL, stamp INTEGER NOT NULL, hi INTEGER NOT NULL, lo INTEGER NOT NULL,
  PRIMARY KEY (spending_id, stamp)
) STRICT, WITHOUT ROWID;

INSERT INTO lease_counts (key, held) SELECT key, count(*) FROM leases GROUP BY key;
INSERT INTO rolling_holds (spending_id, stamp, hi, lo)
  SELECT spending_id, stamp, sum(h.hi), sum(h.lo) FROM holds h JOIN spendings s ON s.id = h.spending_id
  WHERE s.period_from IS NULL GROUP BY spending_id, stamp;
-- A hold did not know its call. Without an intent to tell, it is a call of its own, which recovery ends.
CREATE TEMP TABLE old_holds AS
  SELECT coalesce(i.call_id, h.attempt_id) AS call_id, h.owner_id, h.id, json_array(h.attempt_id, s.key, s.period_from,
    s.period_to, h.stamp, CAST(h.hi AS TEXT) || printf('%09d', h.lo)) AS hold
  FROM holds h JOIN spendings s ON s.id = h.spending_id LEFT JOIN intents i ON i.attempt_id = h.attempt_id;
INSERT INTO open_calls (call_id, owner_id, held, attempts)
  SELECT c.call_id, c.owner_id, json_object(
    'leases', (SELECT json_group_array(key) FROM leases WHERE call_id = c.call_id AND owner_id = c.owner_id),
    'tokens', (SELECT json_group_array(json_array(k.key, k.id, t.stamp, t.amount)) FROM token_stamps t
      JOIN window_keys k ON k.id = t.key_id WHERE t.call_id = c.call_id AND t.owner_id = c.owner_id),
    'holds', (SELECT json_group_array(json(hold)) FROM (SELECT hold FROM old_holds
      WHERE call_id = c.call_id AND owner_id = c.owner_id ORDER BY id))),
    (SELECT json_group_array(json_array(is_settled, attempt_id, json(intent))) FROM intents
      WHERE call_id = c.call_id AND owner_id = c.owner_id)
  FROM (SELECT call_id, owner_id FROM intents UNION SELECT call_id, owner_id FROM leases
    UNION SELECT call_id, owner_id FROM token_stamps UNION SELECT call_id, owner_id FROM old_holds) c;
DROP TABLE old_holds;
DROP TABLE intents;
DROP TABLE holds;
DROP TABLE token_stamps;
DROP TABLE leases;

-- Two sketches do not fit into a cell of a table without row ids, and each change of them moved pages about.
ALTER TABLE latency_roll_ups RENAME TO old_latency_roll_ups;
CREATE TABLE latency_roll_ups (
  id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, bucket INTEGER NOT NULL, calls INTEGER NOT NULL,
  latency BLOB NOT NULL, ttft BLOB NOT NULL, UNIQUE (tenant_id, bucket)
) STRICT;
INSERT INTO latency_roll_ups (tenant_id, bucket, calls, latency, ttft)
  SELECT tenant_id, bucket, calls, latency, ttft FROM old_latency_roll_ups ORDER BY tenant_id, bucket;
DROP TABLE old_latency_roll_ups;
`,
};
