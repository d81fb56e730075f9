import { openSqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createSystemClock } from "@tenantry/adapters-system";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { inParallel } from "../interleave.ts";

const dayMs = 86_400_000;

/** A month of `calls` calls of 50 tenants, so that a report has something to read. */
export async function seedLedger(path: string, calls: number): Promise<void> {
  const storage = await openSqliteStorage({ path }, { clock: createSystemClock() });
  const firstMs = Date.now() - 31 * dayMs;
  let made = 0;
  try {
    await inParallel(calls, 256, async () => {
      const index = made;
      made += 1;
      const at = firstMs + Math.floor((index * 31 * dayMs) / calls);
      const ids = {
        attemptId: `seed-att-${index}`,
        callId: `seed-call-${index}`,
        tenantId: `seed-${index % 50}`,
        userId: `user-${index % 500}`,
        occurredAt: at,
      };
      await storage.ledger.open(anIntent({ ...ids, admittedAt: at }));
      const { occurredAt: _, attemptId: __, ...owner } = ids;
      await storage.ledger.settle({
        line: aLine({ ...ids, lineId: ids.attemptId, recordedAt: at }),
        call: aCallRecord({ ...owner, admittedAt: at, recordedAt: at }),
      });
    });
  } finally {
    await storage.close();
  }
}
