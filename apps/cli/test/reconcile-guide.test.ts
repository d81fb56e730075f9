import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig, openBooks } from "@tenantry/composition";
import { usd } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { expect, onTestFinished, test } from "vitest";
import { exampleConfig } from "../src/context.ts";
import { runCli } from "./run-cli.ts";

const guide = readFileSync(fileURLToPath(new URL("../../../docs/guides/reconcile.md", import.meta.url)), "utf8");

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(guide)?.[1] ?? "";
}

test("the guide's example, on the ledger it tells of, says what the program says, and ends with 4", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "tenantry-reconcile-guide-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const requested = { provider: "openai", model: "gpt-4o-mini" };
  const timedOut = { source: "unknown", usage: null, costPico: null, chargePico: null, outcome: "timeout" } as const;
  const books = await openBooks(await loadConfig({ path: exampleConfig, env: {}, dataDir }));
  for (const [index, some] of [
    { tenantId: "apex-legal", costPico: usd("0.25") },
    { tenantId: "techstart-inc", ...timedOut, atMostPico: usd("0.1") },
  ].entries()) {
    const at = Date.UTC(2026, 9, 5, 9, index);
    const ids = { tenantId: some.tenantId, callId: `call-${index}`, attemptId: `att-${index}` };
    await books.storage.ledger.open(anIntent({ ...ids, target: requested, occurredAt: at, admittedAt: at }));
    const line = aLine({ requested, ...some, ...ids, occurredAt: at });
    await books.storage.ledger.settle({ line, call: aCallRecord({ ...ids, model: requested, admittedAt: at }) });
  }
  await books.close();

  const invoice = join(dataDir, "costs.json");
  writeFileSync(invoice, block("json"));
  const [command = "", ...expected] = block("console").split("\n");
  const argv = command
    .replace("$ tenantry ", "")
    .split(" ")
    .map((word) => (word === "costs.json" ? invoice : word));
  const { code, out, err } = await runCli(argv, { dataDir, width: 100 });
  expect(out + err).toBe(expected.join("\n"));
  expect(code).toBe(4);
});
