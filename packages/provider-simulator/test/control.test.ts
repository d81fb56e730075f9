import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { parseInvoice, startProviderSimulator } from "../src/index.ts";
import { question, start } from "./running.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const post = (url: string, body: unknown, headers = {}) =>
  fetch(url, { method: "POST", body: JSON.stringify(body), headers });

describe("control routes", () => {
  test("invoice, plan, latency and reset work from another process", async () => {
    const { openai, simulator } = await start();
    const at = `${simulator.url}/__simulator`;
    expect((await fetch(`${at}/health`)).status).toBe(200);
    await openai.chat.completions.create({ model: "gpt-4o", messages: [question] });
    const invoice = parseInvoice(await (await fetch(`${at}/invoice`)).text());
    expect(invoice).toEqual(simulator.invoice());
    const plan = [{ fault: { kind: "status", status: 500 } }];
    expect((await post(`${at}/plan`, plan)).status).toBe(200);
    const call = () => openai.chat.completions.create({ model: "gpt-4o", messages: [question] });
    await expect(call()).rejects.toMatchObject({ status: 500 });
    expect((await post(`${at}/reset`, {})).status).toBe(200);
    expect(simulator.invoice().lines).toEqual([]);
    expect((await post(`${at}/latency`, { timeToFirstByteMs: 60 })).status).toBe(200);
    const begun = performance.now();
    await call();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(55);
    expect((await post(`${at}/latency`, { speed: 1 })).status).toBe(400);
    expect((await fetch(`${at}/secrets`)).status).toBe(404);
  });

  test("a browser's page cannot steer it", async () => {
    const { simulator } = await start();
    const headers = { origin: "https://example.com" };
    const answer = await post(`${simulator.url}/__simulator/reset`, {}, headers);
    expect(answer.status).toBe(403);
  });
});

describe("latency", () => {
  test("total time is spread over a stream's tokens, and models can have their own", async () => {
    const { openai } = await start({
      latency: { timeToFirstByteMs: 20, totalMs: 120, models: { "gpt-4o-mini": { totalMs: 0 } } },
    });
    const timed = async (model: string): Promise<number> => {
      const begun = performance.now();
      const stream = await openai.chat.completions.create({
        model,
        messages: [question],
        max_tokens: 10,
        stream: true,
      });
      for await (const chunk of stream) void chunk;
      return performance.now() - begun;
    };
    await timed("gpt-4o-mini");
    expect(await timed("gpt-4o")).toBeGreaterThanOrEqual(110);
    expect(await timed("gpt-4o-mini")).toBeLessThan(100);
  });
});

describe("life", () => {
  test("closing twice is closing once, and a taken port is an error", async () => {
    const { simulator } = await start();
    const port = Number(new URL(simulator.url).port);
    await expect(startProviderSimulator({ port })).rejects.toThrow("EADDRINUSE");
    await Promise.all([simulator.close(), simulator.close()]);
    await simulator.close();
    await expect(fetch(simulator.url)).rejects.toThrow("fetch failed");
  });

  test("as a process it prints its address and stops on SIGTERM", async () => {
    const main = join(import.meta.dirname, "../src/main.ts");
    const child = spawn(process.execPath, [main, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const lines = createInterface({ input: child.stdout });
      const [line] = (await once(lines, "line")) as [string];
      const { url } = JSON.parse(line) as { url: string };
      expect((await fetch(`${url}/__simulator/health`)).status).toBe(200);
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("memory grows by invoice lines, not by prompts", async () => {
    const { openai, simulator } = await start();
    const filler = Array.from({ length: 8000 }, (_, i) => `n${i % 97}`).join(" ");
    const ask = (i: number) =>
      openai.chat.completions.create({
        model: "gpt-4o-mini",
        messages: [{ role: "user", content: `${i} ${filler}` }],
        max_tokens: 5,
      });
    // The prompt cache is full after this many different prefixes.
    for (let i = 0; i < 130; i += 1) await ask(i);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 130; i < 250; i += 1) await ask(i);
    collectGarbage();
    // 120 prompts are 4 MB as text and more as token ids.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2_000_000);
    expect(simulator.invoice().lines).toHaveLength(250);
  });
});
