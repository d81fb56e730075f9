import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { onTestFinished } from "vitest";
import { runCommand, type Terminal } from "../src/index.ts";
import { createProgram } from "../src/program.ts";

/** What a command line left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions extends Partial<Pick<Terminal, "width" | "keyboard" | "interactive">> {
  readonly dataDir?: string;
  readonly stdin?: string | (() => Promise<string>);
  readonly env?: Terminal["env"];
}

/** Runs a command line in this process, with nothing of this process's environment. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { dataDir, stdin = "", env = {}, interactive = false, ...terminal } = options;
  let out = "";
  let err = "";
  const code = await runCommand(argv, {
    env: { ...env, ...(dataDir === undefined ? {} : { TENANTRY_DATA_DIR: dataDir }) },
    stdin: typeof stdin === "string" ? async () => stdin : stdin,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    interactive,
    ...terminal,
  });
  return { code, out, err };
}

/** Every command that runs something, as it is typed: `usage report`. */
export function commandNames(): readonly string[] {
  const leaves = (command: Command, path: readonly string[]): readonly string[] =>
    command.commands.length === 0
      ? [path.join(" ")]
      : command.commands.flatMap((below) => leaves(below, [...path, below.name()]));
  const ignored = (): void => undefined;
  const terminal = { env: {}, stdin: async () => "", out: ignored, err: ignored, interactive: false };
  return leaves(createProgram(terminal, ignored), []);
}

/** A folder that is gone when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A configuration file of the given YAML, in a folder of its own. */
export function configFile(yaml: string): string {
  const path = join(temporaryFolder(), "tenantry.yaml");
  writeFileSync(path, yaml);
  return path;
}

/** The transcripts of the MeetingMind example. */
export function transcriptOf(tenantId: string): string {
  return fileURLToPath(new URL(`../../../examples/meetingmind/meetings/${tenantId}.txt`, import.meta.url));
}

/** Makes calls of the example's tenants, so that there is something to report. */
export async function callSome(dataDir: string, ...tenantIds: readonly string[]): Promise<void> {
  for (const tenantId of tenantIds) {
    const argv = ["summarize", "--tenant", tenantId, "--user", "ann", "--session", "s-1", transcriptOf(tenantId)];
    const { code, err } = await runCli(argv, { dataDir });
    if (code !== 0) throw new Error(err);
  }
}

/** CSV read back, each row by the names of the first. */
export function readCsv(text: string): Record<string, string>[] {
  const [head = [], ...rows] = text
    .split("\r\n")
    .slice(0, -1)
    .map((line) => Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, a, b]) => a ?? b ?? ""));
  return rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ""])));
}
