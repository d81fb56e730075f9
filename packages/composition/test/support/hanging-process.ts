// Makes calls that no provider answers, and waits: node … hanging-process.ts <configuration> <data directory> <calls>.
import { loadConfig, openApp } from "../../src/index.ts";

const [path = "", dataDir = "", calls = "1"] = process.argv.slice(2);
const app = await openApp(await loadConfig({ path, dataDir, env: {} }));
process.stdout.write("open\n");
const messages = [{ role: "user", content: "The bridge is closed until May, says the town." }] as const;
await Promise.all(
  Array.from({ length: Number(calls) }, async () => {
    await app.tenantry.call({ tenantId: "acme", userId: "ann" }, { messages, maxOutputTokens: 40 });
  }),
);
