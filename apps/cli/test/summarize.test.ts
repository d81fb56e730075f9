import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished, describe, expect, test } from "vitest";
import { configFile, readCsv, runCli, temporaryFolder, transcriptOf } from "./run-cli.ts";

const apex = transcriptOf("apex-legal");

/** A provider on this machine that answers every request with one status. */
async function failingProvider(status: number): Promise<Record<string, string>> {
  const server: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ error: { message: "out of order\u001b[31m", type: "server_error", code: "broken" } }),
    );
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { OPENAI_API_KEY: "sk-test-key", OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` };
}

describe("a summary", () => {
  test("goes to stdout alone; the facts about it go to stderr, with the simulator named", async () => {
    const { code, out, err } = await runCli(["summarize", "-t", "apex-legal", apex], { dataDir: temporaryFolder() });
    expect(code).toBe(0);
    expect(out).toMatch(/summary/i);
    expect(out).not.toContain("call_");
    expect(err).toMatch(
      /^\ncall call_\w+, simulated\ntenant apex-legal, tier enterprise, model openai\/gpt-4, sections/,
    );
    expect(err).toMatch(/\ntokens \d+ in \+ \d+ out; cost \$0\.\d+; charge \$0\.\d+\n/);
    expect(err).toMatch(/\nlatency \d+ ms; SLA PASS; attempts 1\n$/);
  });

  test.each([[["-"]], [[]]])("reads what is piped in with %j", async (file) => {
    const stdin = readFileSync(apex, "utf8");
    const argv = ["summarize", "-t", "techstart-inc", ...file];
    const { code, out, err } = await runCli(argv, { dataDir: temporaryFolder(), stdin });
    expect(code).toBe(0);
    expect(out.trim()).not.toBe("");
    expect(err).toContain("SLA best effort");
  });

  test("in JSON is one object on stdout and nothing on stderr", async () => {
    const argv = ["summarize", "-t", "stratex-consulting", "-u", "cfo", "-s", "s", "-f", "json", apex];
    const { code, out, err } = await runCli(argv, { dataDir: temporaryFolder() });
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({
      tenantId: "stratex-consulting",
      userId: "cfo",
      sessionId: "s",
      features: ["summary", "action_items"],
      tokenUsage: { prompt: expect.any(Number) as number },
      costUsd: expect.stringMatching(/^0\.\d+$/) as string,
      latencyMs: expect.any(Number) as number,
      slaMet: true,
      simulated: true,
    });
  });

  test("in CSV is one row", async () => {
    const argv = ["summarize", "-t", "techstart-inc", "-f", "csv", apex];
    const { out, err } = await runCli(argv, { dataDir: temporaryFolder() });
    expect(err).toBe("");
    expect(readCsv(out)).toMatchObject([{ tenantId: "techstart-inc", features: "summary", simulated: "true" }]);
  });

  test("shows progress where a person watches, and wipes it away", async () => {
    const env = { TENANTRY_SIMULATOR_LATENCY_MS: "250" };
    const watched = { dataDir: temporaryFolder(), env, interactive: true };
    const { err } = await runCli(["summarize", "-t", "techstart-inc", apex], watched);
    expect(err).toMatch(/\r\S summarizing \d\.\d s/);
    expect(err).toContain("\r\u001b[K");
    const { err: unwatched } = await runCli(["summarize", "-t", "techstart-inc", apex], {
      ...watched,
      interactive: false,
    });
    expect(unwatched).not.toContain("\r");
  });
});

describe("a denied call", () => {
  test("is exit 3 and tells in whole seconds when to try again", async () => {
    const config = configFile(`
tiers:
  one: { name: One, models: [openai/gpt-4o-mini], features: [summary], maxOutputTokens: 100, limits: [{ calls: 1, per: 1m }] }
tenants:
  acme: { name: Acme, tier: one }
`);
    const dataDir = temporaryFolder();
    const argv = ["-c", config, "summarize", "-t", "acme", apex];
    expect(await runCli(argv, { dataDir })).toMatchObject({ code: 0 });
    const denied = await runCli(argv, { dataDir });
    expect(denied).toMatchObject({ code: 3, out: "" });
    expect(denied.err).toMatch(
      /^denied \(rate_limited\): limit calls-1m of 1 calls is used up.*\nretry after (60|5\d) s\n$/,
    );
    const json = await runCli([...argv, "-f", "json"], { dataDir });
    expect(json.code).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({
      callId: expect.stringMatching(/^call_/) as string,
      denial: {
        code: "rate_limited",
        limitId: "calls-1m",
        remaining: 0,
        retryAfterSeconds: expect.any(Number) as number,
        resetAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      },
    });
    const report = await runCli(["-c", config, "usage", "report", "-f", "json"], { dataDir });
    expect(JSON.parse(report.out)).toMatchObject({ total: { calls: 1, denied: 2 } });
  });

  test("for a section outside the tier says what the tier has", async () => {
    const argv = ["summarize", "-t", "techstart-inc", "--features", "summary, decisions", apex];
    const { code, err } = await runCli(argv, { dataDir: temporaryFolder() });
    expect(code).toBe(3);
    expect(err).toBe("denied (feature_not_in_tier): decisions is not in tier starter; it has summary\n");
  });
});

describe("a failure of the provider", () => {
  test("is exit 5, books the attempt, and says how to look at it", async () => {
    const dataDir = temporaryFolder();
    const env = await failingProvider(500);
    const { code, out, err } = await runCli(["summarize", "-t", "techstart-inc", apex], { dataDir, env });
    expect([code, out]).toEqual([5, ""]);
    expect(err).toMatch(/^call (call_\w+); `tenantry explain \1` shows its attempts\nerror \(upstream_error\): /);
    expect(err).not.toContain("\u001b");
    expect(err).not.toContain("sk-test-key");
    const report = await runCli(["usage", "report", "-f", "json"], { dataDir });
    expect(JSON.parse(report.out)).toMatchObject({ total: { calls: 1, failed: 1, attempts: 2, unknown: 2 } });
  });

  test("in JSON has its code", async () => {
    const env = await failingProvider(401);
    const argv = ["summarize", "-t", "techstart-inc", "-f", "json", apex];
    const { code, out } = await runCli(argv, { dataDir: temporaryFolder(), env });
    expect(code).toBe(5);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "upstream_error" } });
  });

  test("that takes longer than the tier waits is exit 5 too", async () => {
    const config = configFile(`
tiers:
  t: { name: T, models: [openai/gpt-4o-mini], features: [summary], maxOutputTokens: 100, timeout: 50ms }
tenants:
  acme: { name: Acme, tier: t }
`);
    const env = { TENANTRY_SIMULATOR_LATENCY_MS: "5000" };
    const { code, err } = await runCli(["-c", config, "summarize", "-t", "acme", apex], {
      dataDir: temporaryFolder(),
      env,
    });
    expect(code).toBe(5);
    expect(err).toMatch(/error \(upstream_timeout\): /);
  });
});

describe("what cannot be summarized is exit 2 and calls nobody", () => {
  test.each([
    [
      "an unknown tenant",
      ["-t", "nobody", apex],
      {},
      /no tenant nobody; known are apex-legal, stratex-consulting, tech/,
    ],
    ["no tenant", [apex], {}, /required option '-t, --tenant <id>' not specified/],
    [
      "a missing file",
      ["-t", "apex-legal", "/no/such"],
      {},
      /cannot read the transcript \/no\/such: there is no such file/,
    ],
    ["a folder", ["-t", "apex-legal", "/"], {}, /cannot read the transcript \/: it is a folder/],
    ["an empty pipe", ["-t", "apex-legal"], { stdin: " \n" }, /standard input has no transcript in it/],
    [
      "a keyboard",
      ["-t", "apex-legal"],
      { keyboard: true },
      /\[file\]: is missing; name a transcript, pipe one in, or give -/,
    ],
    ["no sections", ["-t", "apex-legal", "--features", " ,", apex], {}, /--features: names none/],
    ["a bad user", ["-t", "apex-legal", "-u", "x".repeat(201), apex], {}, /at most 200 characters/],
    [
      "a bad latency",
      ["-t", "apex-legal", apex],
      { env: { TENANTRY_SIMULATOR_LATENCY_MS: "soon" } },
      /TENANTRY_SIMULATOR_LATENCY_MS: is "soon"; give whole milliseconds/,
    ],
  ])("%s", async (_what, argv, options, message) => {
    const dataDir = temporaryFolder();
    const { code, out, err } = await runCli(["summarize", ...argv], { dataDir, ...options });
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    const report = await runCli(["usage", "report", "-f", "json"], { dataDir });
    expect(JSON.parse(report.out)).toMatchObject({ total: { calls: 0, attempts: 0 } });
  });
});
