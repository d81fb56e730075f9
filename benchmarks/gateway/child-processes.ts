import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface ChildOptions {
  /** A module beside this file, or a path. */
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Modules loaded before it, beside this file. */
  readonly preload?: readonly string[];
  readonly nodeOptions?: readonly string[];
  readonly args?: readonly string[];
}

/** A running server. */
export interface Child {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** What it has written so far. */
  readonly output: string;
  readonly process: ChildProcess;
  /** Asks it to end, and kills it when it does not within 15 s. */
  stop(): Promise<void>;
  /** Resident memory, bytes. */
  residentBytes(): Promise<number>;
  /** Processor time it has used, all threads, ms; NaN where the system does not say. */
  cpuMs(): Promise<number>;
  /** The same of its main thread alone: what one core has to do. */
  mainThreadMs(): Promise<number>;
}

/** Starts servers, and stops all that are left. */
export interface ChildProcesses {
  /** Resolves when the child has printed an address of loopback. */
  start(name: string, options: ChildOptions): Promise<Child>;
  /** Without waiting for what they are doing. */
  kill(): Promise<void>;
}

const startMs = 30_000;
const stopMs = 15_000;
const address = /http:\/\/127\.0\.0\.1:\d+/;

/** @param logFolder where each server's log goes. */
export function createChildProcesses(logFolder: string): ChildProcesses {
  const running = new Set<Child>();
  return {
    async start(name, options) {
      const child = await startChild(name, options, logFolder);
      running.add(child);
      child.process.once("exit", () => running.delete(child));
      return child;
    },
    async kill() {
      await Promise.all([...running].map(async ({ process: child }) => await endChild(child, "SIGKILL")));
    },
  };
}

async function startChild(name: string, options: ChildOptions, folder: string): Promise<Child> {
  const { file, env = {}, preload = [], nodeOptions = [], args = [] } = options;
  const beside = (path: string): URL => new URL(path, import.meta.url);
  const loaded = ["./end-with-parent.ts", ...preload].flatMap((path) => ["--import", beside(path).href]);
  const logPath = join(folder, `${name.replaceAll(" ", "-")}.log`);
  const log = openSync(logPath, "w");
  const child = spawn(
    process.execPath,
    ["--conditions=@tenantry/source", ...loaded, ...nodeOptions, fileURLToPath(beside(file)), ...args],
    // Logs go to a file, as they would: reading them here would cost what is to be measured.
    { env: { PATH: process.env["PATH"], ...env }, stdio: ["ignore", "pipe", log, "ipc"] },
  );
  closeSync(log);
  const written: string[] = [];
  const said = (): string => [...written, readFileSync(logPath, "utf8").slice(0, 4_000)].join("\n");
  const gone = new Promise<never>((_resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${name} ended (${code}):\n${said()}`)));
    setTimeout(() => reject(new Error(`${name} did not start:\n${said()}`)), startMs).unref();
  });
  // Later ends are seen by the requests that fail.
  gone.catch(() => undefined);
  const origin = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      if (written.length < 200) written.push(line);
      const found = address.exec(line)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  try {
    return {
      origin: await Promise.race([origin, gone]),
      process: child,
      get output() {
        return written.join("\n");
      },
      stop: async () => await endChild(child, "SIGTERM"),
      residentBytes: async () => await residentBytes(child),
      cpuMs: async () => await cpuMs(`/proc/${child.pid}/stat`),
      mainThreadMs: async () => await cpuMs(`/proc/${child.pid}/task/${child.pid}/stat`),
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function endChild(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
  await ended;
  clearTimeout(timer);
}

async function residentBytes({ pid }: ChildProcess): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout.trim()) * 1024;
}

/** In ticks of 10 ms: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. Other systems have no such file. */
async function cpuMs(path: string): Promise<number> {
  const stat = await readFile(path, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
