import { loadConfig, openBooks } from "@tenantry/composition";
import { usd } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { describe, expect, it } from "vitest";
import { exampleConfig } from "../src/context.ts";
import { type Ran, runCli, temporaryFolder } from "./run-cli.ts";

const at = Date.UTC(2026, 9, 5, 12);
const requested = { provider: "openai", model: "gpt-4o-mini" };

/** A call of an attempt that timed out, at most $0.10, and one that was measured, or is still in flight. */
async function ledger(occurredAt: number = at, inFlight = false): Promise<string> {
  const dataDir = temporaryFolder();
  const books = await openBooks(await loadConfig({ path: exampleConfig, env: {}, dataDir }));
  const { ledger: lines } = books.storage;
  const of = { tenantId: "apex-legal", callId: "call-1", requested, occurredAt };
  const unknown = { source: "unknown", usage: null, costPico: null, chargePico: null, atMostPico: usd("0.1") } as const;
  const first = aLine({
    ...of,
    ...unknown,
    attemptId: "att-1",
    outcome: "timeout",
    status: null,
    holdPico: usd("0.1"),
  });
  const second = aLine({ ...of, attemptId: "att-2", ordinal: 2, costPico: usd("0.002") });
  for (const line of [first, second]) {
    const { attemptId, ordinal } = line;
    await lines.open(anIntent({ ...of, attemptId, ordinal, target: requested }));
  }
  await lines.settle({ line: first, call: null });
  const call = aCallRecord({ ...of, model: requested, admittedAt: occurredAt, attempts: 2 });
  if (!inFlight) await lines.settle({ line: second, call });
  await books.close();
  return dataDir;
}

async function settle(dataDir: string, ...argv: readonly string[]): Promise<Ran> {
  return await runCli(["calls", "settle", "call-1", ...argv], { dataDir });
}

describe("tenantry calls settle", () => {
  it("replaces an unknown cost by what the provider billed, and explain shows both lines", async () => {
    const dataDir = await ledger();
    const { code, out } = await settle(dataDir, "--cost-usd", "0.031", "--by", "billing page");
    expect(code).toBe(0);
    expect(out).toContain("cost unknown, at most $0.1");
    expect(out).toContain("$0.031, measured");
    const explained = (await runCli(["explain", "call-1"], { dataDir })).out;
    expect(explained).toContain("attempt 1 att-1: timeout (superseded)");
    expect(explained).toMatch(/line att-1~2 of .* supersedes line att-1, told by billing page/);
    expect(explained).toContain("cost $0.031, billed by the provider, not computed here");
    expect(explained).toContain("total cost $0.033");
    const report = await runCli(["usage", "report", "--from", "2026-10-05", "--format", "json"], { dataDir });
    expect((JSON.parse(report.out) as { total: object }).total).toMatchObject({
      calls: 1,
      attempts: 2,
      costUsd: "0.033",
      unknown: 0,
    });
  });

  it("prices usage as of then, and tells why nothing changes", async () => {
    const dataDir = await ledger();
    const usage = ["att-1", "--usage", "input=1000,output=100"];
    const first = JSON.parse((await settle(dataDir, ...usage, "--format", "json")).out) as Record<string, unknown>;
    expect(first).toMatchObject({
      result: "superseded",
      because: null,
      attempt: { costUsd: "0.00021", supersedes: "att-1", reportedBy: "operator" },
    });
    expect((await settle(dataDir, ...usage)).out).toContain("already says so");
    const estimate = await settle(dataDir, "att-1", "--cost-usd", "0.05", "--estimated", "--format", "json");
    expect(JSON.parse(estimate.out)).toMatchObject({ result: "unchanged", because: "better-source" });
    const less = await settle(dataDir, "att-1", "--cost-usd", "0.0001");
    expect(less.out.replaceAll(/\s+/g, " ")).toContain("name it with --replaces");
    const csv = await settle(dataDir, "att-1", "--cost-usd", "0.0001", "--replaces", "att-1~2", "--format", "csv");
    expect(csv.out).toContain("superseded,,att-1~3,att-1,att-1~2,measured,0.0001,");
  });

  it.each([
    [["att-1"], 2, /--cost-usd: give what the provider billed/],
    [["--cost-usd", "1.0e3"], 2, /--cost-usd: is "1.0e3"/],
    [["--cost-usd", "-1"], 2, /--cost-usd/],
    [["att-1", "--usage", "input=1,words=2"], 2, /"words=2" is no count of tokens/],
    [["att-9", "--cost-usd", "1"], undefined, /has no attempt "att-9"/],
    [["att-1", "--cost-usd", "1", "--replaces", "att-7"], undefined, /line att-7 is not in force; line att-1 is/],
  ])("%j is refused", async (argv, exit, message) => {
    const { code, err } = await settle(await ledger(), ...argv);
    expect(err).toMatch(message);
    expect(code).not.toBe(0);
    if (exit !== undefined) expect(code).toBe(exit);
  });

  it("asks for the attempt where several are not measured, and knows no call that is not there", async () => {
    const dataDir = await ledger();
    await settle(dataDir, "att-1", "--cost-usd", "0.031");
    const { err } = await settle(dataDir, "--cost-usd", "0.031");
    expect(err).toContain("name one of att-1, att-2");
    const none = await runCli(["calls", "settle", "call-9", "--cost-usd", "1"], { dataDir });
    expect(none.err).toContain("there is no call");
  });

  it("is what doctor tells for attempts of unknown cost", async () => {
    const dataDir = await ledger(Date.now() - 3_600_000);
    const told = async (): Promise<string> => (await runCli(["doctor", "--format", "json"], { dataDir })).out;
    expect(await told()).toContain("1 attempt in 30 days, at most $0.1");
    const command = /tenantry (calls settle call-1 att-1) --cost-usd/.exec(await told())?.[1] ?? "";
    expect((await runCli([...command.split(" "), "--cost-usd", "0"], { dataDir })).code).toBe(0);
    expect(await told()).toContain("none in 30 days");
    expect(await told()).toContain("none of a process that died");
  });

  it("is what doctor tells for an attempt whose call has not ended", async () => {
    const dataDir = await ledger(Date.now() - 3_600_000, true);
    expect((await runCli(["doctor", "--format", "json"], { dataDir })).out).toContain("calls settle call-1 att-1");
  });

  it("waits for calls of a process that is gone, which doctor tells of", async () => {
    const dataDir = temporaryFolder();
    const books = await openBooks(await loadConfig({ path: exampleConfig, env: {}, dataDir }));
    await books.storage.ledger.open(anIntent({ tenantId: "apex-legal", target: requested }));
    await books.close();
    const { out } = await runCli(["doctor", "--format", "json"], { dataDir });
    expect(out).toContain(
      "1 call with 1 attempt of processes that died; a server or program that makes calls settles them",
    );
  });
});
