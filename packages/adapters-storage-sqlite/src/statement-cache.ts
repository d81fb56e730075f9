import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Prepares each text once. Texts come from fixed parts, so their number is bounded. */
export function createStatementCache(db: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statement.setReadBigInts(true);
      prepared.set(sql, statement);
    }
    return statement;
  };
}
