import { checkLineQuery, type LinePage, type LineQuery, type QueryScope } from "@tenantry/core";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { fromLineRow, lineColumns, type LineRow } from "./line-row.ts";
import { cursorOf, type Position, positionOf } from "./paging.ts";
import { sightOf } from "./scope.ts";

/** Before every position there can be. */
const oldest: Position = [Number.MIN_SAFE_INTEGER, ""];

/** Pages of lines in force, oldest first, ids of one instant in the order of their bytes. */
export function createReadLines(db: DatabaseSync): (scope: QueryScope, query: LineQuery) => LinePage {
  const statement = (byTenant: boolean): StatementSync => {
    // The first bound is what the index is entered with; the pair cuts off what the page before had of that instant.
    const prepared = db.prepare(`SELECT ${lineColumns} FROM lines l JOIN usage_groups g ON g.id = l.group_id
      WHERE l.occurred_at >= max(?1, ?3) AND l.occurred_at < ?2 AND (l.occurred_at, l.line_id) > (?3, ?4)
        AND l.is_superseded = 0 ${byTenant ? "AND g.tenant_id = ?6" : ""}
      ORDER BY l.occurred_at, l.line_id LIMIT ?5`);
    prepared.setReadBigInts(true);
    return prepared;
  };
  const ofAll = statement(false);
  const ofTenant = statement(true);

  return (scope, query) => {
    checkLineQuery(query);
    const [at, lineId] = query.cursor === undefined ? oldest : positionOf(query.cursor);
    const sight = sightOf(scope, query.tenantId);
    if (sight === "nothing") return { lines: [], nextCursor: null };
    const { from, to } = query.period;
    // One more than asked for tells whether there is a next page.
    const bounds = [from, to, at, lineId, query.limit + 1] as const;
    const found = sight.tenantId === null ? ofAll.all(...bounds) : ofTenant.all(...bounds, sight.tenantId);
    const rows = found as unknown as LineRow[];
    const lines = rows.slice(0, query.limit).map(fromLineRow);
    const last = lines.at(-1);
    const isMore = rows.length > query.limit && last !== undefined;
    return { lines, nextCursor: isMore ? cursorOf([last.occurredAt, last.lineId]) : null };
  };
}
