import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { assertRow, type ColumnKind } from "./assert-row.ts";

const values: readonly unknown[] = [
  ...["", "text", "1", "lone \ud800", null, undefined, true, {}, [], Symbol.iterator],
  ...[0, 1, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53 - 1, 1e300],
  ...[0n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n],
];
const columns: readonly (readonly [ColumnKind, string])[] = [
  ["text", "TEXT NOT NULL"],
  ["text?", "TEXT"],
  ["integer", "INTEGER NOT NULL"],
  ["integer?", "INTEGER"],
  ["real?", "REAL"],
];

it.each(columns)("lets nothing through to a column of %s that SQLite would refuse", (kind, type) => {
  const db = new DatabaseSync(":memory:");
  db.exec(`CREATE TABLE t (v ${type}) STRICT`);
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  let passed = 0;
  for (const value of values) {
    try {
      assertRow([value], [kind]);
    } catch {
      continue;
    }
    passed += 1;
    expect(insert.run(value as string).changes).toBe(1);
  }
  expect(passed).toBeGreaterThanOrEqual(4);
  db.close();
});

it("says which column it was", () => {
  expect(() => assertRow(["a", null], ["text", "text"])).toThrow("column 2 of a row is no text");
});
