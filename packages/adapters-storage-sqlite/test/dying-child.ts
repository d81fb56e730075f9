import { openSync, writeSync } from "node:fs";
import { createSystemClock } from "@tenantry/adapters-system";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { openSqliteStorage } from "../src/index.ts";

/** Makes calls until it is killed, and notes in a file what it was promised to be durable. */
const [path = "", name = "", notesPath = ""] = process.argv.slice(2);
const notes = openSync(notesPath, "a");
const storage = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock: createSystemClock() });
const month = { from: 0, to: 8_640_000_000_000 };

async function makeCall(id: string): Promise<void> {
  const admitted = await storage.limits.admit({
    callId: id,
    attemptId: id,
    windows: [{ key: "w", limitId: "w", metric: "calls", capacity: 1_000_000, windowMs: 86_400_000, amount: 1 }],
    leases: [{ key: "l", limitId: "l", capacity: 1_000_000 }],
    holds: [
      {
        key: "b",
        budgetId: "b",
        limitPico: 10n ** 20n,
        span: { kind: "calendar", period: month },
        amountPico: 7n,
        breach: "block",
      },
    ],
  });
  if (admitted.kind === "refused") throw new Error("refused");
  await storage.ledger.open(anIntent({ attemptId: id, callId: id }));
  writeSync(notes, `opened ${id}\n`);
  const settled = Promise.all([
    storage.ledger.settle({
      line: aLine({ attemptId: id, callId: id, costPico: 5n }),
      call: aCallRecord({ callId: id }),
    }),
    storage.limits.settle({ callId: id, attemptId: id, spentPico: 5n }),
    storage.limits.release({ callId: id, tokens: null }),
  ]);
  await settled;
  writeSync(notes, `settled ${id}\n`);
}

async function work(lane: number): Promise<void> {
  for (let n = 0; n < 100_000; n += 1) await makeCall(`${name}-${lane}-${n}`);
}

await Promise.all([0, 1, 2, 3].map(work));
