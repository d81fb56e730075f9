import type { DenialCount } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { BUCKET_MS, bucketOf } from "./buckets.ts";

/** Denials gathered in memory for one transaction. */
export interface DenialCounts {
  add(denial: DenialCount, groupId: number): void;
  flush(): void;
  clear(): void;
}

/** Denials known by the millisecond; older ones are known by the bucket alone, so that a flood cannot fill the disk. */
const MAX_EXACT = 100_000;
const PRUNE_EVERY = 2_048;
/** At a time, for it holds up the event loop; more than are added in between. */
const MAX_DELETED = 2 * PRUNE_EVERY;

export function createDenialCounts(db: DatabaseSync, maxExact: number = MAX_EXACT): DenialCounts {
  const addToBucket = db.prepare(`INSERT INTO denial_roll_ups (group_id, bucket, code, denied) VALUES (?, ?, ?, ?)
    ON CONFLICT (group_id, bucket, code) DO UPDATE SET denied = denied + excluded.denied`);
  const addExact = db.prepare(`INSERT INTO denials (at, group_id, code, denied)
    SELECT ?1, ?2, ?3, ?4 FROM denial_horizon WHERE bucket <= ?5
    ON CONFLICT (at, group_id, code) DO UPDATE SET denied = denied + excluded.denied`);
  const cut = db.prepare(`SELECT at FROM denials ORDER BY at DESC LIMIT 1 OFFSET ?`);
  const setHorizon = db.prepare("UPDATE denial_horizon SET bucket = ?");
  const prune = db.prepare(`DELETE FROM denials WHERE at < ?1
    AND at <= coalesce((SELECT at FROM denials ORDER BY at LIMIT 1 OFFSET ${MAX_DELETED}), ?1)`);
  const counts = new Map<string, { readonly denial: DenialCount; readonly groupId: number; denied: number }>();
  let rows = 0;

  function pruneNowAndThen(): void {
    if (rows < PRUNE_EVERY) return;
    rows = 0;
    const oldestKept = cut.get(maxExact) as { at: number } | undefined;
    if (oldestKept === undefined) return;
    const horizon = bucketOf(oldestKept.at) + 1;
    setHorizon.run(horizon);
    prune.run(horizon * BUCKET_MS);
  }

  return {
    add(denial, groupId) {
      const name = `${groupId}/${denial.at}/${denial.code}`;
      const count = counts.get(name);
      if (count === undefined) counts.set(name, { denial, groupId, denied: 1 });
      else count.denied += 1;
    },
    flush() {
      for (const { denial, groupId, denied } of counts.values()) {
        const bucket = bucketOf(denial.at);
        addToBucket.run(groupId, bucket, denial.code, denied);
        addExact.run(denial.at, groupId, denial.code, denied, bucket);
        rows += 1;
      }
      pruneNowAndThen();
    },
    clear: () => counts.clear(),
  };
}
