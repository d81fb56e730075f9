import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished, expect, test } from "vitest";
import { type Ran, runCli, temporaryFolder, transcriptOf } from "./run-cli.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const node = [process.execPath, "--conditions=@tenantry/source", main];

interface Child {
  readonly ended: Promise<Ran>;
  readonly process: ReturnType<typeof spawn>;
}

/** A real process of the program, ended with the test if it has not ended before. */
function start(command: readonly string[], env: Record<string, string>, stdin?: string): Child {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  if (stdin === undefined) child.stdin.end();
  else createReadStream(stdin).pipe(child.stdin);
  const ended = new Promise<Ran>((resolve) => {
    child.on("close", (code) => resolve({ code: code ?? -1, out, err }));
  });
  return { ended, process: child };
}

test("a transcript piped in is summarized, with no escape sequence in what comes out", async () => {
  const env = { TENANTRY_DATA_DIR: temporaryFolder() };
  const { code, out, err } = await start([...node, "summarize", "-t", "techstart-inc"], env, transcriptOf("apex-legal"))
    .ended;
  expect(code).toBe(0);
  expect(out.trim()).not.toBe("");
  expect(err).toContain("simulated");
  expect(out + err).not.toContain("\u001b");
});

test("Ctrl-C is exit 130, and the attempt under way is booked all the same", async () => {
  const dataDir = temporaryFolder();
  const env = { TENANTRY_DATA_DIR: dataDir, TENANTRY_SIMULATOR_LATENCY_MS: "60000" };
  const child = start([...node, "summarize", "-t", "apex-legal", transcriptOf("apex-legal")], env);
  await untilHeld(dataDir);
  child.process.kill("SIGINT");
  const { code, out, err } = await child.ended;
  expect([code, out]).toEqual([130, ""]);
  expect(err).toMatch(/error \(cancelled\): interrupted; what was sent is booked\n$/);
  const report = await runCli(["usage", "report", "-f", "json"], { dataDir });
  expect(JSON.parse(report.out)).toMatchObject({ total: { calls: 1, attempts: 1, failed: 1 } });
  const calls = await runCli(["calls", "list", "-f", "json"], { dataDir });
  expect(JSON.parse(calls.out)).toMatchObject({ rows: [{ tenantId: "apex-legal", outcome: "aborted" }] });
});

/** Waits until the child's attempt has its hold: from then on there is something to book. */
async function untilHeld(dataDir: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { out } = await runCli(["tenants", "show", "apex-legal", "-f", "json"], { dataDir });
    const { limits } = JSON.parse(out) as { limits: readonly { held: string | null }[] };
    if (limits.some(({ held }) => held !== null)) return;
    await pause(50);
  }
  throw new Error("the child made no attempt");
}

test("a reader that goes away early is no failure and no noise", async () => {
  const env = { TENANTRY_DATA_DIR: temporaryFolder(), RUN: node.map((word) => `'${word}'`).join(" ") };
  const script = 'set -o pipefail; eval "$RUN prices list --all --format json" | true';
  const { code, err } = await start(["bash", "--norc", "-c", script], env).ended;
  expect([code, err]).toEqual([0, ""]);
});

test("exit codes reach the shell", async () => {
  const env = { TENANTRY_DATA_DIR: temporaryFolder() };
  const [version, wrong, denied] = await Promise.all([
    start([...node, "--version"], env).ended,
    start([...node, "usage", "report", "--by", "nonsense"], env).ended,
    start([...node, "summarize", "-t", "techstart-inc", "--features", "decisions", transcriptOf("apex-legal")], env)
      .ended,
  ]);
  expect([version.code, wrong.code, denied.code]).toEqual([0, 2, 3]);
  expect(wrong.out).toBe("");
});
