// Opens an installation, says what came of it, closes it, and ends when nothing is open any more:
// node … open-process.ts <configuration> <data directory> app|books.
import { TenantryError } from "@tenantry/core";
import { loadConfig, openApp, openBooks } from "../../src/index.ts";

const [path = "", dataDir = "", what = "app"] = process.argv.slice(2);

async function open(): Promise<{ readonly code: string; readonly message: string }> {
  try {
    const config = await loadConfig({ path, dataDir, env: {} });
    const opened = await (what === "app" ? openApp(config) : openBooks(config));
    await opened.close();
    return { code: "opened", message: "" };
  } catch (thrown) {
    const error = TenantryError.from(thrown);
    return { code: error.code, message: error.message };
  }
}

process.stdout.write(`${JSON.stringify(await open())}\n`);
