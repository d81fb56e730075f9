import { writeSync } from "node:fs";
import { createSystemClock } from "@tenantry/adapters-system";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { openSqliteStorage } from "../src/index.ts";

/** Writes intents and lines one after the other, and says when it begins and ends. */
const [path = "", durability = "", count = ""] = process.argv.slice(2);
const storage = await openSqliteStorage(
  { path, durability: durability === "power" ? "power" : "process" },
  { clock: createSystemClock() },
);
writeSync(1, "begins\n");
for (let n = 0; n < Number(count); n += 1) {
  const ids = { attemptId: `${n}`, callId: `${n}` };
  await storage.ledger.open(anIntent(ids));
  await storage.ledger.settle({ line: aLine(ids), call: aCallRecord({ callId: ids.callId }) });
}
writeSync(1, "ends\n");
await storage.close();
