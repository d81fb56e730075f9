import { createInterface } from "node:readline";
import { createSystemClock } from "@tenantry/adapters-system";
import { openSqliteStorage } from "../src/index.ts";

/**
 * Does as it is told, a line at a time: `claim <key>` and `start <key>` answer how it ended, `race <name>` claims the
 * keys of a race at once and answers those it got.
 */
const KEYS_OF_A_RACE = 20;
const [path = ""] = process.argv.slice(2);
const clock = createSystemClock();
const storage = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock });
const order = (name: string) => ({ tenantId: "tenant-a", route: "POST /v1/messages", idempotencyKey: name });

async function claim(name: string): Promise<string> {
  const at = clock.now() + 600_000;
  return (await storage.answers.claim(order(name), "hash", { expiresAt: at, keepUntil: at })).kind;
}

async function race(name: string): Promise<string> {
  const keys = Array.from({ length: KEYS_OF_A_RACE }, (_, n) => `${name}-${n}`);
  const kinds = await Promise.all(keys.map(async (key) => await claim(key)));
  return keys.filter((_, n) => kinds[n] === "claimed").join(" ");
}

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, value = ""] = line.split(" ");
  if (verb === "race") process.stdout.write(`${await race(value)}\n`);
  else if (verb === "claim") process.stdout.write(`${await claim(value)}\n`);
  else process.stdout.write(`${await storage.answers.start(order(value), "call-1").then(() => "started")}\n`);
}
