import type { DatabaseSync, StatementSync } from "node:sqlite";

const MAX_STATEMENTS = 512;

/** Prepares each text once, for reading with bigints; starts anew when there are too many. */
export function createStatementCache(db: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      if (prepared.size >= MAX_STATEMENTS) prepared.clear();
      statement = db.prepare(sql);
      statement.setReadBigInts(true);
      prepared.set(sql, statement);
    }
    return statement;
  };
}
