import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openOtlpCollector, type OtlpCollector } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, it } from "vitest";

const path = join(import.meta.dirname, "programs", "close-then-exit.ts");

interface Program {
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => void;
  /** Resolves when the program has written this. */
  wrote(text: string): Promise<void>;
}

let collector: OtlpCollector;
let running: Program[] = [];
beforeEach(async () => {
  collector = await openOtlpCollector();
});
afterEach(async () => {
  for (const program of running) program.kill("SIGKILL");
  running = [];
  await collector.close();
});

function start(mode: string, deadlineMs = 5_000): Program {
  const args = ["--conditions=@tenantry/source", path, `${collector.origin}/telemetry`, mode, String(deadlineMs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const started: Program = {
    output: () => output,
    ended: once(child, "close").then(([code]) => code as number | null),
    kill: (signal) => void child.kill(signal),
    wrote: async (text) => {
      while (!output.includes(text)) await once(child.stdout, "data");
    },
  };
  running.push(started);
  return started;
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
    const { output, ended } = start("close", 300);
    assert.equal(await ended, 0);
    assert.deepEqual(JSON.parse(output()), { sent: 0, dropped: 300, queued: 0 });
  });

  it("an application's own SIGTERM handler runs to its end", async () => {
    const { output, ended, wrote, kill } = start("sigterm");
    await wrote("ready");
    kill("SIGTERM");
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
