import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { formatUsd } from "@tenantry/core";
import { expect, onTestFinished, test } from "vitest";
import { openIngestGateway, sumsOf } from "../ingest/installation.ts";

const program = fileURLToPath(new URL("netra-sdk-program.ts", import.meta.url));
/** Where Netra's SDK is installed; the registry does not have it. */
const sdkPath = process.env["NETRA_SDK_PATH"] ?? "";

interface Read {
  readonly tenant: object;
  readonly nobody: null;
  readonly session: object;
  readonly traces: readonly { readonly id: string; readonly totalCost: number | null }[];
  readonly spans: readonly { readonly name: string; readonly totalCost: number | null }[];
  readonly sessions: readonly object[];
  readonly chart: { readonly data: { readonly data: readonly { readonly value: number }[] } };
  readonly summary: object;
}

test.skipIf(!existsSync(sdkPath))(
  "Netra's own SDK exports here, is costed once, and its clients read the answers field by field",
  { timeout: 60_000 },
  async () => {
    const gateway = await openIngestGateway();
    onTestFinished(async () => await gateway.close());
    const read = await new Promise<Read>((resolve, reject) => {
      const env = {
        PATH: process.env["PATH"],
        NETRA_SDK_PATH: sdkPath,
        NETRA_OTLP_ENDPOINT: `${gateway.url}/telemetry`,
        NETRA_API_KEY: gateway.ingestKey,
        PROVIDER_URL: gateway.simulator.openaiBaseUrl,
      };
      execFile(process.execPath, [program], { env, timeout: 50_000 }, (error, stdout, stderr) => {
        const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
        if (error === null && result !== undefined) resolve(JSON.parse(result) as Read);
        else reject(new Error(`${error?.message}\n${stdout}\n${stderr}`));
      });
    });
    const row = await sumsOf(gateway, "acme");
    const billed = gateway.simulator.invoice().totalPico;
    expect(row).toMatchObject({ calls: 1, attempts: 1, costPico: billed });
    const tokens = Object.values(row?.tokens ?? {}).reduce((sum, count) => sum + count, 0);
    const totalCost = Number(formatUsd(billed));
    expect(read.tenant).toEqual({
      tenantId: "acme",
      organisationId: "",
      tokenCount: tokens,
      requestCount: 1,
      sessionCount: 1,
      totalCost,
    });
    expect(read.nobody).toBeNull();
    expect(read.session).toEqual({ sessionId: "sdk-session", tokenCount: tokens, requestCount: 1, totalCost });
    expect(read.traces).toMatchObject([
      {
        name: "meeting-summarization",
        tenantId: "acme",
        userId: "sdk-user",
        sessionId: "sdk-session",
        totalCost,
        totalTokens: tokens,
        models: ["gpt-4o-mini"],
        service: "sdk",
        hasError: false,
      },
    ]);
    expect(read.spans).toMatchObject([
      { name: "meeting-summarization", totalCost: null },
      { name: "openai.chat", totalCost, totalTokens: tokens, traceId: read.traces[0]?.id, status: "OK" },
    ]);
    expect(read.sessions).toMatchObject([{ session_id: "sdk-session", totalRequests: 1, totalCost }]);
    expect(read.chart.data.data.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(totalCost, 12);
    expect(read.summary).toMatchObject({ totalSessions: 1, totalRequests: 1, totalCost });
  },
);
