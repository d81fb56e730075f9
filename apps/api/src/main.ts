#!/usr/bin/env node
import { createJsonLog } from "@tenantry/composition";
import { TenantryError } from "@tenantry/core";
import { createBatchedLines } from "./operations/batched-lines.ts";
import { startGateway } from "./start/start-gateway.ts";

// Nobody reads any more: that ends no call.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

const lines = createBatchedLines((text) => void process.stderr.write(text));
const log = createJsonLog({ write: (line) => lines.add(line) });

try {
  const { stop } = await startGateway({ env: process.env, log, out: (text) => void process.stdout.write(text) });
  const end = (): void => void stop().then(() => exit(0, ""), fail);
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
} catch (error) {
  fail(error);
}

function fail(thrown: unknown): void {
  const { code, message } = TenantryError.from(thrown);
  exit(code === "invalid_configuration" ? 2 : 1, `error (${code}): ${message}\n`);
}

/** Ends the process when what was said has been written. */
function exit(status: number, lastWords: string): void {
  lines.flush();
  process.stderr.write(lastWords, () => process.exit(status));
}
