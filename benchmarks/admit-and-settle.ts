import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createSystemClock } from "@tenantry/adapters-system";
import { type LimitStore, type UsageLedger, usd } from "@tenantry/core";
import {
  aCallRecord,
  aLine,
  anIntent,
  createMemoryLimitStore,
  createMemoryState,
  createMemoryUsageStore,
} from "@tenantry/core/testing";
import { type Contender, inParallel, interleave, printTimings } from "./interleave.ts";

const rounds = 5;
const count = 4_000;

/** Everything a call writes: window slot, hold, intent; then line, record, spending, release. */
export async function benchAdmitAndSettle(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-bench-"));
  const clock = createSystemClock();
  const state = createMemoryState();
  const memory = { limits: createMemoryLimitStore({ clock, state }), ledger: createMemoryUsageStore({ state }) };
  const sqlite = await openSqliteStorage({ path: join(folder, "process.db") }, { clock });
  const power = await openSqliteStorage({ path: join(folder, "power.db"), durability: "power" }, { clock });
  const lane = (name: string, width: number, store: { limits: LimitStore; ledger: UsageLedger }): Contender => ({
    name: `${name}, ${width} at once`,
    run: async (runs) => await inParallel(runs, width, async () => await onceThrough(store.limits, store.ledger)),
  });
  try {
    printTimings(
      "Admit + intent + settle, an operation",
      await interleave(
        [
          lane("memory", 1, memory),
          lane("memory", 32, memory),
          lane("SQLite, survives a process crash", 1, sqlite),
          lane("SQLite, survives a process crash", 32, sqlite),
          lane("SQLite, survives a power loss", 32, power),
        ],
        rounds,
        count,
      ),
    );
  } finally {
    await sqlite.close();
    await power.close();
    await rm(folder, { recursive: true });
  }
}

let sequence = 0;

async function onceThrough(limits: LimitStore, ledger: UsageLedger): Promise<void> {
  sequence += 1;
  const callId = `call-${sequence}`;
  const attemptId = `att-${sequence}`;
  const now = Date.now();
  const day = { from: now - (now % 86_400_000), to: now - (now % 86_400_000) + 86_400_000 };
  const result = await limits.admit({
    callId,
    attemptId,
    windows: [{ key: "w", limitId: "calls-1s", metric: "calls", capacity: 1_000_000, windowMs: 1_000, amount: 1 }],
    leases: [{ key: "l", limitId: "concurrent", capacity: 1_000 }],
    holds: [
      {
        key: "b",
        budgetId: "day",
        limitPico: usd("1000000"),
        span: { kind: "calendar", period: day },
        amountPico: 5_000n,
        breach: "block",
      },
    ],
  });
  if (result.kind !== "admitted") throw new Error("refused");
  await ledger.open(anIntent({ attemptId, callId, occurredAt: now, admittedAt: now }));
  const line = aLine({ lineId: attemptId, attemptId, callId, occurredAt: now, recordedAt: now });
  const call = aCallRecord({ callId, admittedAt: now, recordedAt: now });
  await Promise.all([
    ledger.settle({ line, call }),
    limits.settle({ callId, attemptId, spentPico: 3_000n }),
    limits.release({ callId, tokens: 20 }),
  ]);
}
