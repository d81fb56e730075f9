import type { DatabaseSync } from "node:sqlite";

/** Who and what a line, a call or a denial counts under. */
export interface UsageGroup {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly feature: string | null;
  /** `provider/model`. */
  readonly model: string | null;
}

export interface UsageGroups {
  /** The group's number, recorded if need be. `featureUsed` null is the group that counts everything once. */
  idOf(group: UsageGroup, featureUsed: string | null): number;
  /** The number of the same group with all its users, recorded if need be; these are counted apart. */
  wideIdOf(group: UsageGroup, featureUsed: string | null): number;
  /** To be called when a transaction was rolled back: numbers given out in it are void. */
  forget(): void;
}

const MAX_CACHED = 10_000;

export function createUsageGroups(db: DatabaseSync): UsageGroups {
  const exact = createNumbers(db, "usage_groups", ["tenant_id", "user_id", "feature", "model", "feature_used"]);
  const wide = createNumbers(db, "wide_groups", ["tenant_id", "feature", "model", "feature_used"]);
  return {
    idOf: ({ tenantId, userId, feature, model }, featureUsed) =>
      exact.of([tenantId, userId, feature, model, featureUsed]),
    wideIdOf: ({ tenantId, feature, model }, featureUsed) => wide.of([tenantId, feature, model, featureUsed]),
    forget() {
      exact.forget();
      wide.forget();
    },
  };
}

interface Numbers {
  of(values: readonly (string | null)[]): number;
  forget(): void;
}

function createNumbers(db: DatabaseSync, table: string, columns: readonly string[]): Numbers {
  const find = db.prepare(`SELECT id FROM ${table} WHERE name = ?`);
  const insert = db.prepare(
    `INSERT INTO ${table} (name, ${columns.join(", ")}) VALUES (?, ${columns.map(() => "?").join(", ")})`,
  );
  const known = new Map<string, number>();
  /** A line, its call and their sums ask for the same one in a row. */
  let last: { readonly values: readonly (string | null)[]; readonly id: number } | null = null;

  return {
    of(values) {
      if (last !== null && values.every((value, index) => value === last?.values[index])) return last.id;
      // A JSON list, so that no id can imitate another's place (R4).
      const name = JSON.stringify(values);
      const cached = known.get(name);
      if (cached !== undefined) {
        last = { values, id: cached };
        return cached;
      }
      const found = find.get(name) as { id: number } | undefined;
      // A number that was just made is not kept: the operation that made it may still fail alone.
      if (found === undefined) return Number(insert.run(name, ...values).lastInsertRowid);
      if (known.size >= MAX_CACHED) known.clear();
      known.set(name, found.id);
      return found.id;
    },
    forget() {
      known.clear();
      last = null;
    },
  };
}
