import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { formatUsd } from "../packages/core/src/index.ts";
import { startProviderSimulator } from "../packages/provider-simulator/src/index.ts";
import { otlpAttribute, type RecordedOtlpBody } from "../packages/testkit/src/index.ts";
import { mustRun } from "./run-command.ts";
import { root } from "./workspace.ts";

/** A platform that counts the spans it gets, a call each, and answers questions about tenants from them. */
async function openPlatform(): Promise<{
  readonly endpoint: string;
  readonly traces: () => readonly RecordedOtlpBody[];
}> {
  const traces: RecordedOtlpBody[] = [];
  const server = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk: Buffer) => (body += chunk.toString()));
    req.on("end", () => {
      if (req.headers["authorization"] !== "Bearer key-for-tests") return void res.writeHead(401).end();
      if (req.url === "/telemetry/v1/traces") traces.push(JSON.parse(body) as RecordedOtlpBody);
      const tenantId = /^\/usage\/tenants\/([^?]+)/.exec(req.url ?? "")?.[1];
      res.writeHead(200, { "content-type": "application/json" });
      res.end(tenantId === undefined ? "{}" : usageOf(tenantId, traces));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/telemetry`, traces: () => traces };
}

function spansOf(traces: readonly RecordedOtlpBody[]): readonly { readonly of: (key: string) => string | undefined }[] {
  const scopes = traces.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans));
  return scopes.flatMap(({ spans }) =>
    spans.map(({ attributes }) => ({ of: (key: string) => otlpAttribute(attributes, key)?.toString() })),
  );
}

/** One call a tenant: its cost goes on with the digits it came with. */
function usageOf(tenantId: string, traces: readonly RecordedOtlpBody[]): string {
  const spans = spansOf(traces).filter((span) => span.of("netra.tenant_id") === tenantId);
  const tokens = spans.reduce((sum, span) => sum + Number(span.of("llm.usage.total_tokens") ?? 0), 0);
  const usages = spans.flatMap((span) => span.of("netra.usage") ?? []);
  const cost = /"cost_in_usd":([\d.]+)/.exec(usages[0] ?? "")?.[1] ?? "0";
  return `{"data":{"tenant_id":"${tenantId}","tokenCount":${tokens},"requestsCount":${usages.length},"sessionsCount":0,"totalCost":${cost}}}`;
}

it("the example for Netra sends the cookbook's spans, and what comes back is the ledger and the invoice to the last digit", async () => {
  const simulator = await startProviderSimulator();
  const folder = mkdtempSync(join(tmpdir(), "tenantry-netra-"));
  onTestFinished(async () => {
    rmSync(folder, { recursive: true, force: true });
    await simulator.close();
  });
  const platform = await openPlatform();
  const { output } = await mustRun("node", ["--conditions=@tenantry/source", "cookbook.ts"], {
    cwd: join(root, "examples/netra"),
    env: {
      OPENAI_API_KEY: "sk-example",
      OPENAI_BASE_URL: simulator.openaiBaseUrl,
      NETRA_OTLP_ENDPOINT: platform.endpoint,
      NETRA_API_KEY: "key-for-tests",
      LEDGER: join(folder, "ledger.db"),
    },
    timeoutMs: 60_000,
  });
  expect(output).toContain('spans {"sent":6,"dropped":0,"queued":0}');
  const billed = simulator.invoice().lines;
  expect(billed.map(({ model }) => model).toSorted()).toEqual([
    "gpt-3.5-turbo-0125",
    "gpt-4-0613",
    "gpt-4-turbo-2024-04-09",
  ]);
  for (const { amountPico } of billed) {
    const usd = formatUsd(amountPico);
    expect(output).toContain(`ledger $${usd}, Netra $${usd}, difference $0`);
  }
  const spans = spansOf(platform.traces());
  const tiers = spans.flatMap((span) => span.of("tier") ?? []);
  expect(tiers.toSorted()).toEqual(["enterprise", "professional", "starter"]);
  expect(spans.filter((span) => span.of("gen_ai.usage.prompt_tokens") !== undefined).length).toBe(3);
  expect(output).toMatch(/techstart-inc: no objective/);
});
