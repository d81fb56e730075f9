import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process of a TypeScript file, run from source. */
export interface Child {
  readonly process: ChildProcess;
  /** Everything it has written so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves with the first line it writes; rejects when it ends before that. */
  readonly firstLine: Promise<string>;
  /** Resolves with the exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Writes a line to its stdin, where that was left open. */
  tell(line: string): void;
  kill(): void;
}

const root = new URL("../../../../", import.meta.url);

/** Path of a file of the workspace, from its root. */
export function workspaceFile(path: string): string {
  return fileURLToPath(new URL(path, root));
}

/** Starts `node file …args` as a process of its own; nothing of this process's environment but the path is passed on. */
export function startChild(
  file: string,
  args: readonly string[],
  options: {
    readonly cacheDir?: string;
    readonly cwd?: string;
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** The file is built: its packages are to be read from their builds. */
    readonly isBuilt?: boolean;
    /** Leaves stdin open for `tell`. */
    readonly isTold?: boolean;
  } = {},
): Child {
  const conditions = options.isBuilt === true ? [] : ["--conditions=@tenantry/source"];
  const flags = [...conditions, "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, file, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: {
      PATH: process.env["PATH"] ?? "",
      // Compiling the same files again for every process would be most of the work.
      ...(options.cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: options.cacheDir }),
      ...options.env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString("utf8");
      const end = out.indexOf("\n");
      if (end >= 0) resolve(out.slice(0, end));
    });
    child.on("close", (code) => reject(new Error(`${file} ended with ${code} before its first line: ${err}`)));
  });
  firstLine.catch(() => undefined);
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
  child.stdin.on("error", () => undefined);
  if (options.isTold !== true) child.stdin.end(options.input ?? "");
  return {
    process: child,
    out: () => out,
    err: () => err,
    firstLine,
    ended,
    tell: (line) => void child.stdin.write(`${line}\n`),
    kill: () => void child.kill("SIGKILL"),
  };
}
