import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type IngestGateway, openIngestGateway, sendSpans } from "../ingest/installation.ts";
import { llmSpan } from "../ingest/spans.ts";
import { hello, post } from "../support/gateway.ts";

const command = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

let gateway: IngestGateway;
beforeAll(async () => {
  gateway = await openIngestGateway();
  for (const tenantId of ["acme", "marked-one"]) {
    await (await post(gateway, "/v1/chat/completions", gateway.keys[tenantId] ?? "", hello)).text();
  }
  await sendSpans(
    gateway,
    Array.from({ length: 7 }, () => llmSpan({ tenantId: "rival" })),
  );
});
afterAll(async () => await gateway.close());

/** The command beside the running gateway, on the same ledger. */
async function report(): Promise<unknown> {
  const { source, storage } = gateway.app.config;
  const args = ["usage", "report", "--source", "netra", "--period", "24h", "--config", source, "--format", "json"];
  const env = {
    PATH: process.env["PATH"],
    TENANTRY_DATA_DIR: dirname(storage.path),
    NETRA_OTLP_ENDPOINT: `${gateway.url}/telemetry`,
    NETRA_API_KEY: gateway.ingestKey,
  };
  return await new Promise((resolve, reject) => {
    const node = ["--conditions=@tenantry/source", "--disable-warning=ExperimentalWarning", command, ...args];
    execFile(process.execPath, node, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout));
      else reject(new Error(`${error.message}\n${stderr}`));
    });
  });
}

test("`usage report --source netra` asked of our own interface differs from the ledger in nothing", async () => {
  const { rows } = (await report()) as {
    rows: readonly { tenantId: string; ledger: { requests: number }; difference: unknown }[];
  };
  expect(rows.map(({ tenantId, ledger, difference }) => [tenantId, ledger.requests, difference])).toEqual(
    gateway.app.config.catalogue.tenants
      .map(({ id }) => [id, { acme: 1, "marked-one": 1, rival: 7 }[id] ?? 0, { requests: 0, tokens: 0, costUsd: "0" }])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
});
