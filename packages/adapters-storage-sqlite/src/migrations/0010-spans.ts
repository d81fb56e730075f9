import type { Migration } from "./migration.ts";

/** Spans that others reported, and calls that were taken back. */
export const spans: Migration = {
  version: 10,
  sql: `
-- Of lines of calls of ours alone: the provider's id of the answer, by which spans that tell of it are known.
ALTER TABLE lines ADD COLUMN response_id TEXT;
UPDATE lines SET response_id = rest ->> '$.responseId'
  WHERE rest ->> '$.responseId' IS NOT NULL AND rest ->> '$.origin' = 'call';
CREATE INDEX lines_by_response ON lines (response_id) WHERE response_id IS NOT NULL;

-- Records of calls that turned out to be other calls, as they were in calls. Their lines have is_superseded = 2.
CREATE TABLE retracted_calls (
  call_id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, group_id INTEGER NOT NULL, session_id TEXT,
  features_used TEXT NOT NULL, admitted_at INTEGER NOT NULL, outcome TEXT NOT NULL, latency_ms REAL, ttft_ms REAL,
  verdicts TEXT NOT NULL, rest TEXT NOT NULL, same_as TEXT NOT NULL, retracted_at INTEGER NOT NULL
) STRICT;

-- Traces by number, so that the rows of spans are short and come one behind the other. scope (span-row.ts) is what the
-- key that brought them may write for.
CREATE TABLE span_traces (
  id INTEGER PRIMARY KEY, trace_id TEXT NOT NULL, scope TEXT NOT NULL, UNIQUE (trace_id, scope)
) STRICT;
CREATE TABLE spans (
  trace INTEGER NOT NULL, span_id TEXT NOT NULL, tenant_id TEXT NOT NULL, started_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL, response_id TEXT, attempt_id TEXT, booked_as TEXT, rest TEXT NOT NULL,
  PRIMARY KEY (trace, span_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX spans_by_response ON spans (response_id, tenant_id) WHERE response_id IS NOT NULL;
CREATE INDEX spans_by_attempt ON spans (attempt_id, tenant_id) WHERE attempt_id IS NOT NULL;
-- What a tenant has of a trace, kept up with its spans (trace-summary.ts), so that lists read no spans.
CREATE TABLE tenant_traces (
  trace INTEGER NOT NULL, tenant_id TEXT NOT NULL, started_at INTEGER NOT NULL, user_id TEXT, session_id TEXT,
  summary TEXT NOT NULL, PRIMARY KEY (trace, tenant_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tenant_traces_by_time ON tenant_traces (started_at);
CREATE INDEX tenant_traces_by_tenant ON tenant_traces (tenant_id, started_at);
CREATE INDEX tenant_traces_by_session ON tenant_traces (session_id, started_at) WHERE session_id IS NOT NULL;
-- In which hours since 1970 spans of a trace came in: what is to be forgotten, oldest first.
CREATE TABLE span_arrivals (hour INTEGER NOT NULL, trace INTEGER NOT NULL, PRIMARY KEY (hour, trace)) STRICT, WITHOUT ROWID;
-- Traces to be looked at again, with the row of lines that put them here last.
CREATE TABLE pending_traces (trace INTEGER PRIMARY KEY, line INTEGER NOT NULL) STRICT;
CREATE INDEX pending_traces_by_line ON pending_traces (line);
-- Moves with every write of spans.
CREATE TABLE span_revision (revision INTEGER NOT NULL) STRICT;
INSERT INTO span_revision (revision) VALUES (0);
`,
};
