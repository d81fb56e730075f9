import { openSync, writeSync } from "node:fs";
import { createSystemClock } from "@tenantry/adapters-system";
import type { HoldClaim } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { openSqliteStorage } from "../src/index.ts";

/** Makes calls until it is killed, and notes in a file what it was promised to be durable. */
const [path = "", name = "", notesPath = ""] = process.argv.slice(2);
const notes = openSync(notesPath, "a");
const storage = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock: createSystemClock() });
const hold: HoldClaim = {
  key: "b",
  budgetId: "b",
  limitPico: 10n ** 20n,
  span: { kind: "calendar", period: { from: 0, to: 8_640_000_000_000 } },
  amountPico: 7n,
  breach: "block",
};

async function makeCall(id: string): Promise<void> {
  const admitted = await storage.limits.admit({
    callId: id,
    attemptId: id,
    windows: [{ key: "w", limitId: "w", metric: "calls", capacity: 1_000_000, windowMs: 86_400_000, amount: 1 }],
    leases: [{ key: "l", limitId: "l", capacity: 1_000_000 }],
    holds: [hold],
  });
  if (admitted.kind === "refused") throw new Error("refused");
  await storage.ledger.open(anIntent({ attemptId: id, callId: id }));
  writeSync(notes, `opened ${id}\n`);
  const unknown = aLine({ attemptId: id, callId: id, source: "unknown", usage: null, costPico: null, atMostPico: 7n });
  await Promise.all([
    storage.ledger.settle({ line: unknown, call: aCallRecord({ callId: id }) }),
    storage.limits.settle({ callId: id, attemptId: id, spentPico: 7n }),
    storage.limits.release({ callId: id, tokens: null }),
  ]);
  // What is known later takes its place, in ledger and budget alike.
  await Promise.all([
    storage.ledger.settle({
      line: aLine({ attemptId: id, callId: id, lineId: `${id}~2`, supersedes: id, costPico: 5n }),
      call: null,
    }),
    storage.limits.spend({ spendingId: `${id}~2`, claims: [hold], amountPico: -2n, at: Date.now() }),
  ]);
  writeSync(notes, `settled ${id}\n`);
}

async function work(lane: number): Promise<void> {
  for (let n = 0; n < 100_000; n += 1) await makeCall(`${name}-${lane}-${n}`);
}

await Promise.all([0, 1, 2, 3].map(work));
