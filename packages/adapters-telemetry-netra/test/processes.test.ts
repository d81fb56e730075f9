import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openOtlpCollector, type OtlpCollector } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, it } from "vitest";

const program = join(import.meta.dirname, "programs", "close-then-exit.ts");

let collector: OtlpCollector;
let child: ReturnType<typeof spawn> | null = null;
beforeEach(async () => {
  collector = await openOtlpCollector();
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await collector.close();
});

function start(mode: string): { readonly output: () => string; readonly ended: Promise<number | null> } {
  const args = ["--conditions=@tenantry/source", program, `${collector.origin}/telemetry`, mode];
  const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  child = started;
  let output = "";
  started.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { output: () => output, ended: once(started, "close").then(([code]) => code as number | null) };
}

describe("check 14: what ended is delivered before the process is gone", () => {
  it("close, then process.exit(0), delivers every span", async () => {
    const { output, ended } = start("close");
    assert.equal(await ended, 0);
    assert.deepEqual(JSON.parse(output()), { sent: 300, dropped: 0, queued: 0 });
    assert.equal(collector.spans().length, 300);
  });

  it("close gives up in time when the collector hangs, and the process exits", async () => {
    await collector.behave({ kind: "hang" });
    const { output, ended } = start("close");
    assert.equal(await ended, 0);
    assert.deepEqual(JSON.parse(output()), { sent: 0, dropped: 300, queued: 0 });
  });

  it("an application's own SIGTERM handler runs to its end", async () => {
    const { output, ended } = start("sigterm");
    while (!output().includes("ready")) await once(child?.stdout as NodeJS.ReadableStream, "data");
    child?.kill("SIGTERM");
    assert.equal(await ended, 0);
    assert.match(output(), /drained \{"sent":300,"dropped":0,"queued":0\}/);
    assert.equal(collector.spans().length, 300);
  });

  it("a program that forgets to close ends by itself, at once", async () => {
    const startedMs = performance.now();
    assert.equal(await start("forget").ended, 0);
    assert.ok(performance.now() - startedMs < 4_000, "a timer kept the process");
  });
});
