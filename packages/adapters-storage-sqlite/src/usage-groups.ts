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
  /** To be called when a transaction was rolled back: numbers given out in it are void. */
  forget(): void;
}

const MAX_CACHED = 10_000;

export function createUsageGroups(db: DatabaseSync): UsageGroups {
  const find = db.prepare("SELECT id FROM usage_groups WHERE name = ?");
  const insert = db.prepare(
    "INSERT INTO usage_groups (name, tenant_id, user_id, feature, model, feature_used) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const known = new Map<string, number>();
  /** A line, its call and their sums ask for the same one in a row. */
  let last: (UsageGroup & { readonly featureUsed: string | null; readonly id: number }) | null = null;

  function isLast({ tenantId, userId, feature, model }: UsageGroup, featureUsed: string | null): boolean {
    if (last === null || last.tenantId !== tenantId || last.userId !== userId) return false;
    return last.model === model && last.feature === feature && last.featureUsed === featureUsed;
  }

  return {
    idOf(group, featureUsed) {
      if (last !== null && isLast(group, featureUsed)) return last.id;
      const { tenantId, userId, feature, model } = group;
      // A JSON list, so that no id can imitate another's place (R4).
      const name = JSON.stringify([tenantId, userId, feature, model, featureUsed]);
      const cached = known.get(name);
      if (cached !== undefined) {
        last = { tenantId, userId, feature, model, featureUsed, id: cached };
        return cached;
      }
      const found = find.get(name) as { id: number } | undefined;
      // A number that was just made is not kept: the operation that made it may still fail alone.
      if (found === undefined) {
        return Number(insert.run(name, tenantId, userId, feature, model, featureUsed).lastInsertRowid);
      }
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
