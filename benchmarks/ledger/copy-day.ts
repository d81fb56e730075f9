import { DatabaseSync } from "node:sqlite";
import { dayMs } from "./history.ts";

/** What differs between a row of the first day and the same row of another; `?1` is how many days lie between. */
const changes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lines: {
    line_id: idOf("line_id"),
    call_id: idOf("call_id"),
    attempt_id: idOf("attempt_id"),
    occurred_at: laterBy("occurred_at"),
    recorded_at: laterBy("recorded_at"),
  },
  calls: {
    call_id: idOf("call_id"),
    admitted_at: laterBy("admitted_at"),
    rest: `json_set(rest, '$.recordedAt', ${laterBy("json_extract(rest, '$.recordedAt')")})`,
  },
  usage_roll_ups: { bucket: "bucket + ?1 * 96" },
  wide_roll_ups: { bucket: "bucket + ?1 * 96" },
  day_roll_ups: { bucket: "bucket + ?1" },
  objective_roll_ups: { bucket: "bucket + ?1 * 96" },
  latency_roll_ups: { bucket: "bucket + ?1 * 96" },
};

/** Adds to a ledger the rows of another one's only day, so many days later. Nobody else may have either file open. */
export function copyDay(path: string, firstDay: string, day: number): void {
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA wal_autocheckpoint = 100000");
    db.prepare("ATTACH ? AS first_day").run(firstDay);
    db.exec("BEGIN");
    for (const [table, change] of Object.entries(changes)) {
      // A row's own number is given to it anew.
      const columns = db
        .prepare(`SELECT name FROM pragma_table_info('${table}') WHERE name <> 'id'`)
        .all()
        .map(({ name }) => String(name));
      const values = columns.map((column) => change[column] ?? column);
      // In the order of the rows, as they were written.
      db.prepare(
        `INSERT INTO main.${table} (${columns.join(", ")}) SELECT ${values.join(", ")} FROM first_day.${table}`,
      ).run(day);
    }
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}

/** `call_00…` is `call_07…` a week later. */
function idOf(column: string): string {
  return `replace(substr(${column}, 1, 7), '_00', printf('_%02d', ?1)) || substr(${column}, 8)`;
}

function laterBy(value: string): string {
  return `${value} + ?1 * ${dayMs}`;
}
