import { createSystemClock } from "@tenantry/adapters-system";
import { openSqliteStorage } from "../src/index.ts";

/** Asks for `tries` places of one window, 20 at a time, once it is told to go; prints how many it got. */
const [path = "", name = "", tries = "0", capacity = "0"] = process.argv.slice(2);
const storage = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock: createSystemClock() });
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));

let next = 0;
let admitted = 0;

async function work(): Promise<void> {
  while (next < Number(tries)) {
    next += 1;
    const id = `${name}-${next}`;
    const window = { limitId: "hour", metric: "calls", capacity: Number(capacity), windowMs: 3_600_000 } as const;
    const claims = { windows: [{ ...window, key: "shared", amount: 1 }], leases: [], holds: [] };
    const result = await storage.limits.admit({ ...claims, callId: id, attemptId: id });
    if (result.kind === "admitted") admitted += 1;
    // A turn of its own for each, so that the two processes really take turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

await Promise.all(Array.from({ length: 20 }, work));
await storage.close();
process.stdout.write(`admitted ${admitted}\n`);
process.exit(0);
