import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** `main.ts` as a process of its own. */
export interface ServedProcess {
  readonly child: ChildProcess;
  /** What it has written so far. */
  out(): string;
  err(): string;
  /** Resolves with the address when it listens; rejects when it ends before. */
  readonly address: Promise<string>;
  /** Resolves with the exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Compiling the same files again for every process would be most of the work. */
const compileCache = join(tmpdir(), "tenantry-api-compile-cache");

/**
 * Starts the server in a folder; nothing of this process's environment but the path is passed on. It ends with the test.
 *
 * @param fileBlocks Largest file it may write, in blocks of 512 bytes: what a full disk looks like to it.
 */
export function startServer(
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  fileBlocks: number | null = null,
): ServedProcess {
  const command = [process.execPath, "--conditions=@tenantry/source", "--disable-warning=ExperimentalWarning", main];
  const limit = fileBlocks === null ? "" : `ulimit -f ${fileBlocks}; `;
  const child = spawn("sh", ["-c", `${limit}exec "$@"`, "sh", ...command], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: compileCache, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const address = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString("utf8");
      const found = /listens on (\S+)\n[\s\S]*Try it:\n.*\n/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on("close", (code) => reject(new Error(`it ended with ${code} before it listened: ${err}`)));
  });
  address.catch(() => undefined);
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, out: () => out, err: () => err, address, ended };
}

/** A folder of its own, gone with the test. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-api-process-"));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The tenants' keys in a greeting, by tenant. */
export function keysIn(greeting: string): ReadonlyMap<string, string> {
  const section = /Keys of the tenants, shown this once:\n((?: {2}.*\n)+)/.exec(greeting)?.[1] ?? "";
  return new Map(
    section
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => line.trim().split(/\s+/) as [string, string]),
  );
}
