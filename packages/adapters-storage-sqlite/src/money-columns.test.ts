import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, it } from "vitest";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";

const anyPico = fc.bigInt({ min: -(2n ** 86n), max: 2n ** 86n });

it("gives every amount back", () => {
  fc.assert(
    fc.property(anyPico, (pico) => {
      const { hi, lo } = toMoneyColumns(pico);
      expect(fromMoneyColumns(hi, lo)).toBe(pico);
      expect(lo >= 0n && lo < 1_000_000_000n).toBe(true);
    }),
  );
});

it("sums exactly in SQLite where plain integers and floats would not", () => {
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE money (hi INTEGER NOT NULL, lo INTEGER NOT NULL) STRICT");
  const insert = db.prepare("INSERT INTO money VALUES (?, ?)");
  const sum = db.prepare("SELECT sum(hi) AS hi, sum(lo) AS lo FROM money");
  sum.setReadBigInts(true);
  fc.assert(
    fc.property(fc.array(anyPico, { minLength: 1, maxLength: 50 }), (amounts) => {
      db.exec("DELETE FROM money");
      for (const amount of amounts) {
        const { hi, lo } = toMoneyColumns(amount);
        insert.run(hi, lo);
      }
      const row = sum.get() as { hi: bigint; lo: bigint };
      expect(fromMoneyColumns(row.hi, row.lo)).toBe(amounts.reduce((total, amount) => total + amount, 0n));
    }),
  );
  db.close();
});
