import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "./workspace.ts";

export interface CommandResult {
  /** Exit code; 1 when the command was killed or could not be started. */
  readonly code: number;
  readonly stdout: string;
  /** Standard output, then standard error, without colours. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default 120,000. */
  readonly timeoutMs?: number;
  /** What the program reads from standard input. Default: nothing. */
  readonly input?: string;
}

/** Runs a program, the workspace's own tools first on the path, and waits for its end. Never rejects. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const path = join(root, "node_modules/.bin") + delimiter + (process.env["PATH"] ?? "");
  const { FORCE_COLOR: _colour, ...inherited } = process.env;
  return await new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      {
        cwd: options.cwd ?? root,
        env: { ...inherited, PATH: path, NO_COLOR: "1", DO_NOT_TRACK: "1", ...options.env },
        timeout: options.timeoutMs ?? 120_000,
        maxBuffer: 256 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const reason = error !== null && typeof error.code !== "number" ? `\n${error.message}` : "";
        resolve({
          code: error === null ? 0 : typeof error.code === "number" ? error.code : 1,
          stdout,
          output: stripVTControlCharacters(`${stdout}${stderr}${reason}`).trim(),
        });
      },
    );
    if (options.input !== undefined) child.stdin?.end(options.input);
  });
}

/** Throws with the command's own words unless it ended well. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(command, args, options);
  if (result.code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${result.code}\n${result.output}`);
  return result;
}
