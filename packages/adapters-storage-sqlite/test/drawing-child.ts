import { createSystemClock } from "@tenantry/adapters-system";
import { aLine } from "@tenantry/core/testing";
import { openSqliteStorage } from "../src/index.ts";

/** Settles `count` lines under one allowance, some corrected, once it is told to go; prints how many it settled. */
const [path = "", name = "", count = "0", limit = "0"] = process.argv.slice(2);
const storage = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock: createSystemClock() });
const period = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) };
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));

let next = 0;

async function settle(lineId: string, chargePico: bigint, supersedes: string | null): Promise<void> {
  const terms = { id: "usd-month", unit: "usd", limit: BigInt(limit), period, exact: exactly(chargePico) } as const;
  const line = aLine({ lineId, attemptId: lineId, callId: lineId, costPico: 1n, chargePico, supersedes });
  await storage.ledger.settle({ line, terms, call: null });
}

function exactly(numerator: bigint): { readonly numerator: bigint; readonly denominator: bigint } {
  return { numerator, denominator: 1n };
}

async function work(): Promise<void> {
  while (next < Number(count)) {
    next += 1;
    const id = `${name}-${next}`;
    await settle(id, 31n, null);
    // Tried again, as after an answer that was lost on its way; and corrected.
    if (next % 3 === 0) await settle(id, 31n, null);
    if (next % 5 === 0) await settle(`${id}+`, 17n, id);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

await Promise.all(Array.from({ length: 10 }, work));
await storage.close();
process.stdout.write("done\n");
process.exit(0);
