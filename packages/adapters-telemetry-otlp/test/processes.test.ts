import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openOtlpCollector, type OtlpCollector } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, it } from "vitest";
import { acceptedSpans } from "./open-otlp.ts";

const program = join(import.meta.dirname, "programs", "close-then-exit.ts");

let collector: OtlpCollector;
beforeEach(async () => {
  collector = await openOtlpCollector();
});
afterEach(async () => await collector.close());

async function run(
  mode: string,
  deadlineMs = 5_000,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const args = ["--conditions=@tenantry/source", program, collector.origin, mode, String(deadlineMs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], timeout: 20_000 });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

describe("a process that ends", () => {
  it("delivers every span when it closes telemetry first", async () => {
    const { code, output } = await run("close");
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(output), { sent: 300, dropped: 0, queued: 0 });
    assert.equal(acceptedSpans(collector).length, 300);
  });

  it("is not kept by a collector that hangs, and knows what was lost", async () => {
    await collector.behave({ kind: "hang" });
    const { code, output } = await run("close", 300);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(output), { sent: 0, dropped: 300, queued: 0 });
  });

  it("is not kept by telemetry that nobody closed, its metrics' timer included", async () => {
    const startedMs = performance.now();
    assert.equal((await run("forget")).code, 0);
    assert.ok(performance.now() - startedMs < 5_000, "a timer kept the process");
  });
});
