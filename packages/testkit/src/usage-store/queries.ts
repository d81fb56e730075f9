import assert from "node:assert/strict";
import type {
  CallQuery,
  CallRecord,
  DenialCount,
  LedgerLine,
  Period,
  QueryScope,
  UsageDimension,
  UsageQuery,
  UsageReader,
  UsageRow,
} from "@tenantry/core";

export const installation: QueryScope = { kind: "installation" };

/** Everything any rule writes. */
export const always: Period = { from: Date.UTC(2025, 0, 1), to: Date.UTC(2027, 0, 1) };

/** Noon of the day on which the builders' lines and calls lie. */
export const noon: number = Date.UTC(2026, 0, 15, 12);

export function tenant(tenantId: string): QueryScope {
  return { kind: "tenant", tenantId };
}

export function usageQuery(overrides: Partial<UsageQuery> = {}): UsageQuery {
  return { period: always, groupBy: [], timeZone: "UTC", ...overrides };
}

export function callQuery(overrides: Partial<CallQuery> = {}): CallQuery {
  return { period: always, limit: 100, ...overrides };
}

export function aDenial(overrides: Partial<DenialCount> = {}): DenialCount {
  return {
    tenantId: "tenant-a",
    userId: null,
    feature: null,
    model: null,
    code: "rate_limited",
    at: noon,
    ...overrides,
  };
}

/** The one row of everything. */
export async function totalOf(reader: UsageReader, overrides: Partial<UsageQuery> = {}): Promise<UsageRow> {
  const rows = await reader.usage(installation, usageQuery(overrides));
  assert.equal(rows.length, 1, `expected one row, not ${rows.length}`);
  return rows[0] as UsageRow;
}

export async function rowsBy(
  reader: UsageReader,
  groupBy: readonly UsageDimension[],
  overrides: Partial<UsageQuery> = {},
): Promise<readonly UsageRow[]> {
  return await reader.usage(installation, usageQuery({ groupBy, ...overrides }));
}

/** The lines of a call as their ids, in the order they are read. */
export async function lineIdsOf(reader: UsageReader, callId: string): Promise<readonly string[]> {
  const detail = await reader.call(installation, callId);
  return (detail?.lines ?? []).map((line: LedgerLine) => line.lineId);
}

/** Every call of a query, page by page. `between` runs after each page. */
export async function allPages(
  reader: UsageReader,
  scope: QueryScope,
  query: CallQuery,
  between: () => Promise<void> = async () => {},
): Promise<readonly CallRecord[]> {
  const found: CallRecord[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 1_000; page += 1) {
    const { calls, nextCursor } = await reader.calls(scope, cursor === undefined ? query : { ...query, cursor });
    assert.ok(calls.length <= query.limit, `a page of ${calls.length} calls where ${query.limit} were asked for`);
    found.push(...calls);
    if (nextCursor === null) return found;
    cursor = nextCursor;
    await between();
  }
  assert.fail("paging does not end");
}
