import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectLike } from "./guide-examples.ts";
import { callSome, runCli } from "./run-cli.ts";

let dataDir: string;
let server: Server;
let answer: (tenantId: string) => readonly [status: number, body: string];
const asked: string[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tenantry-beside-"));
  await callSome(dataDir, "apex-legal", "stratex-consulting");
  server = createServer((req, res) => {
    asked.push(req.url ?? "");
    const [status, body] = answer(new URL(req.url ?? "", "http://localhost").pathname.split("/").at(-1) ?? "");
    res.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => asked.splice(0));
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function beside(...argv: string[]): Promise<Awaited<ReturnType<typeof runCli>>> {
  const { port } = server.address() as AddressInfo;
  const env = { NETRA_OTLP_ENDPOINT: `http://127.0.0.1:${port}/telemetry`, NETRA_API_KEY: "key-of-netra" };
  return await runCli(["usage", "report", "--source", "netra", ...argv], { dataDir, env, width: 120 });
}

function counted(tenantId: string, tokens: number, cost: string): readonly [number, string] {
  return [
    200,
    `{"data":{"tenant_id":"${tenantId}","tokenCount":${tokens},"requestsCount":1,"sessionsCount":1,"totalCost":${cost}}}`,
  ];
}

describe("usage report --source netra", () => {
  test("lays what Netra counted beside the ledger for every tenant, with the exact difference", async () => {
    const { out: ledger } = await runCli(["usage", "report", "--format", "json"], { dataDir });
    const rows = (JSON.parse(ledger) as { rows: { tenantId: string; tokens: { total: number }; costUsd: string }[] })
      .rows;
    const [apex, stratex] = rows;
    if (apex === undefined || stratex === undefined) throw new Error("there are no calls");
    answer = (tenantId) =>
      tenantId === "apex-legal"
        ? counted(tenantId, apex.tokens.total, apex.costUsd)
        : tenantId === "stratex-consulting"
          ? counted(tenantId, stratex.tokens.total + 7, "123456789.000000000001")
          : [200, `{"data":{"tenant_id":"","tokenCount":0}}`];
    const { code, out } = await beside("--format", "json");
    expect(code).toBe(0);
    const found = (JSON.parse(out) as { rows: Record<string, unknown>[] }).rows;
    expect(found.find(({ tenantId }) => tenantId === "apex-legal")).toMatchObject({
      ledger: { requests: 1, costUsd: apex.costUsd },
      difference: { requests: 0, tokens: 0, costUsd: "0" },
    });
    const difference = found.find(({ tenantId }) => tenantId === "stratex-consulting")?.["difference"];
    expect(difference).toMatchObject({ tokens: 7 });
    const [whole, fraction = ""] = stratex.costUsd.split(".");
    const ledgerPico = BigInt(`${whole}${fraction.padEnd(12, "0")}`);
    const saidPico = BigInt(String((difference as { costUsd: string }).costUsd).replace(".", ""));
    expect(saidPico + ledgerPico).toBe(123_456_789_000_000_000_001n);
    expect(found.find(({ tenantId }) => tenantId === "techstart-inc")).toMatchObject({
      platform: null,
      difference: null,
    });
    const table = (await beside()).out;
    expect(table).toContain("Netra has no data of 1 tenant, which is not 0");
    expect(table).toContain("differ for 1 tenant");
  });

  test("says what the guide says", async () => {
    const guide = readFileSync(fileURLToPath(new URL("../../../docs/guides/cli.md", import.meta.url)), "utf8");
    const [, expected = ""] = /```text\n\$ tenantry usage report --source netra\n([\s\S]*?)```/.exec(guide) ?? [];
    answer = (tenantId) =>
      tenantId === "apex-legal" ? counted(tenantId, 707, "0.03465") : [200, `{"data":{"tenant_id":"","tokenCount":0}}`];
    expectLike((await beside()).out, expected);
  });

  test("a failure is an error that says what to do, and no table of zeros", async () => {
    for (const [status, said] of [
      [401, "check NETRA_API_KEY"],
      [500, "ask again later"],
    ] as const) {
      answer = () => [status, "{}"];
      const { code, out, err } = await beside();
      expect([code, out]).toEqual([5, ""]);
      expect(err).toContain(said);
      expect(err).not.toContain("key-of-netra");
    }
  });

  test("asks for one tenant where one is named, and for tenants alone", async () => {
    answer = (tenantId) => counted(tenantId, 1, "0.5");
    expect((await beside("--tenant", "apex-legal")).code).toBe(0);
    expect(asked).toHaveLength(1);
    for (const argv of [
      ["--by", "model"],
      ["--session", "s-1"],
    ]) {
      const { code, err } = await beside(...argv);
      expect(code).toBe(2);
      expect(err).toContain(argv[0]);
    }
    expect((await beside("--tenant", "nobody")).code).toBe(2);
    expect(asked).toHaveLength(1);
  });

  test("needs Netra to be configured", async () => {
    const { code, err } = await runCli(["usage", "report", "--source", "netra"], { dataDir });
    expect(code).toBe(2);
    expect(err).toContain("NETRA_OTLP_ENDPOINT");
  });
});
