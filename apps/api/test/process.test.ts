import { execFile } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { hello, post, until } from "./support/gateway.ts";
import { freshFolder, keysIn, type ServedProcess, startServer } from "./support/served-process.ts";
import { openSteeredUpstream, type SteeredUpstream } from "./support/steered-upstream.ts";

const path = "/v1/chat/completions";
const run = promisify(execFile);

describe("the first start and those after it", () => {
  test("keys are shown once; the curl line works when pasted; what was shown works on after a restart", async () => {
    const folder = await freshFolder();
    const first = startServer(folder);
    const url = await first.address;
    const keys = keysIn(first.out());
    expect([...keys.keys()]).toEqual(["apex-legal", "stratex-consulting", "techstart-inc"]);
    for (const key of keys.values()) expect(key).toMatch(/^tnt_[0-9A-Za-z]{43}$/);
    expect(first.out()).toContain("Admin key, shown this once:");
    expect(first.out()).toContain("simulated");

    const line =
      first
        .out()
        .split("\n")
        .find((one) => one.trim().startsWith("curl")) ?? "";
    const { stdout } = await run("sh", ["-c", line]);
    expect(JSON.parse(stdout)).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { role: "assistant" } }],
    });

    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
    const second = startServer(folder);
    const again = await second.address;
    expect(second.out()).not.toMatch(/tnt_[0-9A-Za-z]{8}/);
    expect(second.out()).toContain("keys create --tenant apex-legal");
    expect((await post({ url: again }, path, keys.get("techstart-inc") ?? "", hello)).status).toBe(200);
    expect(url).not.toBe("");
    // What is written about it anywhere is a hash.
    for (const name of await readdir(join(folder, ".tenantry"))) {
      const bytes = await readFile(join(folder, ".tenantry", name), "latin1");
      for (const key of keys.values()) expect(bytes).not.toContain(key);
    }
    for (const key of keys.values()) expect(first.err()).not.toContain(key);
  });

  test("a port in use is an error that names PORT, and no key is lost with it", async () => {
    const folder = await freshFolder();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const busy = startServer(folder, { PORT: String(port) });
    expect(await busy.ended).toBe(2);
    expect(busy.err()).toMatch(new RegExp(`PORT: ${port} is in use`));
    expect(busy.out()).toBe("");
    const next = startServer(folder);
    await next.address;
    expect(keysIn(next.out()).size).toBe(3);
    expect(next.out()).toContain("Admin key, shown this once:");
  });
});

describe("settings that are wrong", () => {
  test("are told all at once, and nothing is made", async () => {
    const folder = await freshFolder();
    const server = startServer(folder, { PORT: "eighty", TENANTRY_DRAIN_SECONDS: "-1", HOST: "0.0.0.0" });
    expect(await server.ended).toBe(2);
    for (const name of ["PORT", "TENANTRY_DRAIN_SECONDS", "HOST", "TENANTRY_ADMIN_KEY"])
      expect(server.err()).toContain(name);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    [{ TENANTRY_CONFIG: "nowhere.yaml" }, "nowhere.yaml"],
    [{ TENANTRY_ADMIN_KEY: "short" }, "TENANTRY_ADMIN_KEY"],
    [{ HOST: "192.0.2.1", TENANTRY_ADMIN_KEY: "an-admin-key-of-the-tests" }, "HOST"],
  ])("%j is refused by name", async (env, name) => {
    const server = startServer(await freshFolder(), env);
    expect(await server.ended).toBe(2);
    expect(server.err()).toContain(name);
    expect(server.err()).not.toMatch(/\n\s+at /);
  });
});

/** A server before an upstream that is steered, in a folder that may be opened again. */
async function steered(): Promise<{ upstream: SteeredUpstream; start(): ServedProcess }> {
  const upstream = await openSteeredUpstream();
  const folder = await freshFolder();
  await writeFile(
    join(folder, "tenantry.yaml"),
    `
tiers:
  t: { models: [openai/gpt-4o-mini], maxOutputTokens: 64, keepAnswers: true, showCost: true, budgets: [{ usd: "1", within: 24h }] }
tenants: { one: { tier: t } }
providers: { openai: { apiKey: sk-ours, baseUrl: "${upstream.url}/v1" } }
`,
  );
  return { upstream, start: () => startServer(folder, { TENANTRY_ADMIN_KEY: "an-admin-key-of-the-tests" }) };
}

describe("the end of a process", () => {
  test("SIGTERM lets a stream end, tells new calls when to come back, and exits with 0", async () => {
    const { upstream, start } = await steered();
    const server = start();
    const url = await server.address;
    const key = keysIn(server.out()).get("one") ?? "";
    const running = await post({ url }, path, key, { ...hello, stream: true });
    expect(running.status).toBe(200);
    server.child.kill("SIGTERM");
    await until(async () => (await fetch(`${url}/readyz`)).status === 503);
    const late = await post({ url }, path, key, hello);
    expect([late.status, late.headers.get("retry-after")]).toEqual([503, "2"]);
    upstream.release();
    expect(await running.text()).toMatch(/ there[\s\S]*\[DONE\]\n\n$/);
    expect(await server.ended).toBe(0);
    expect(server.err()).toContain('"event":"stopped"');
    expect(upstream.requests()).toBe(1);
  });

  test("after kill -9 a key whose call had begun is never used for a second one; an answer that was given is given again", async () => {
    const { upstream, start } = await steered();
    const doomed = start();
    const url = await doomed.address;
    const key = keysIn(doomed.out()).get("one") ?? "";
    const stream = { ...hello, stream: true };
    const broken = await post({ url }, path, key, stream, { "idempotency-key": "begun" });
    const callId = broken.headers.get("x-tenantry-call-id") ?? "";
    doomed.child.kill("SIGKILL");
    await broken.text().catch(() => undefined);
    await doomed.ended;

    upstream.release();
    const next = start();
    const again = await next.address;
    const repeated = await post({ url: again }, path, key, stream, { "idempotency-key": "begun" });
    expect(repeated.status).toBe(409);
    expect(await repeated.json()).toMatchObject({
      error: { code: "idempotency_key_spent", message: expect.stringContaining(callId) },
    });
    expect(upstream.requests()).toBe(1);

    // What it cost nobody knows; the most it can be stays taken from the budget.
    const headers = { authorization: "Bearer an-admin-key-of-the-tests" };
    const call = await fetch(`${again}/api/v1/calls/${callId}`, { headers });
    expect(await call.json()).toMatchObject({ callId, attempts: [{ source: "unknown", costUsd: null }] });

    const kept = await post({ url: again }, path, key, stream, { "idempotency-key": "kept" });
    const bytes = await kept.text();
    await until(
      async () => (await post({ url: again }, path, key, stream, { "idempotency-key": "kept" })).status === 200,
    );
    next.child.kill("SIGKILL");
    await next.ended;
    const last = start();
    const replayed = await post({ url: await last.address }, path, key, stream, { "idempotency-key": "kept" });
    expect([replayed.status, replayed.headers.get("x-tenantry-replayed")]).toEqual([200, "true"]);
    expect(await replayed.text()).toBe(bytes);
    expect(upstream.requests()).toBe(2);
  });
});

test("a full disk refuses calls before anything is sent, and the server goes on when there is room", async () => {
  const upstream = await openSteeredUpstream();
  upstream.release();
  const folder = await freshFolder();
  const yaml = `
tiers: { t: { models: [openai/gpt-4o-mini], maxOutputTokens: 64 } }
tenants: { one: { tier: t } }
providers: { openai: { apiKey: sk-ours, baseUrl: "${upstream.url}/v1" } }
`;
  await writeFile(join(folder, "tenantry.yaml"), yaml);
  const first = startServer(folder);
  await first.address;
  const key = keysIn(first.out()).get("one") ?? "";
  first.child.kill("SIGTERM");
  await first.ended;
  const { size } = await stat(join(folder, ".tenantry", "tenantry.db"));

  const full = startServer(folder, {}, Math.ceil(size / 512) + 1_000);
  const url = await full.address;
  let answered = 0;
  let refused: Response | null = null;
  for (let made = 0; made < 5_000 && refused === null; made += 1) {
    const answer = await post({ url }, path, key, hello);
    if (answer.status === 200) answered += 1;
    else refused = answer;
    await answer.clone().text();
  }
  expect([refused?.status, refused?.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(upstream.requests()).toBe(answered);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  full.child.kill("SIGTERM");
  await full.ended;

  const roomy = startServer(folder);
  expect((await post({ url: await roomy.address }, path, key, hello)).status).toBe(200);
  expect(upstream.requests()).toBe(answered + 1);
});
