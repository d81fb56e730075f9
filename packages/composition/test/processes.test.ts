import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadConfig, openBooks } from "../src/index.ts";
import { type Child, startChild, workspaceFile } from "./support/child.ts";
import { makeFolder, removeFolder, simulatedProviders, temporaryFolder, writeConfig } from "./support/installation.ts";
import { killedWithTest } from "./support/killed-with-test.ts";
import { readLedger } from "./support/read-ledger.ts";
import { startRemoteSimulator } from "./support/remote-simulator.ts";
import { wait } from "./support/traffic.ts";

const main = workspaceFile("apps/cli/src/main.ts");
const example = workspaceFile("examples/meetingmind/tenantry.yaml");
const transcript = workspaceFile("examples/meetingmind/meetings/techstart-inc.txt");

/** What is compiled once serves every process of this file. */
let cacheDir: string;
beforeAll(async () => {
  cacheDir = await makeFolder();
  await startChild(main, ["--help"], { cacheDir }).ended;
  return async () => await removeFolder(cacheDir);
});

function startCli(args: readonly string[], cwd: string): Child {
  return killedWithTest(startChild(main, args, { cacheDir, cwd }));
}

async function runCli(
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = startCli(args, cwd);
  const code = await child.ended;
  return { code, out: child.out(), err: child.err() };
}

describe("processes that share a data directory", () => {
  test(
    "eleven calls of a tenant with ten a minute, started together on nothing: exactly one is denied",
    { timeout: 120_000 },
    async () => {
      const folder = await temporaryFolder();
      const dataDir = join(folder, "fresh", "data");
      const startedMs = performance.now();
      const args = [
        "--config",
        example,
        "--data-dir",
        dataDir,
        "--format",
        "json",
        "summarize",
        "--tenant",
        "techstart-inc",
        transcript,
      ];
      const runs = await Promise.all(Array.from({ length: 11 }, async () => await runCli(args, folder)));
      // Beyond a minute the window would have let the eleventh in.
      expect(performance.now() - startedMs).toBeLessThan(60_000);
      const codes = runs.map(({ code }) => code).sort();
      expect(codes, runs.map(({ err }) => err).join("\n")).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);

      const { calls, lines } = await recorded(dataDir);
      expect(calls.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 10 }, () => "ok"));
      expect(lines.map(({ source }) => source)).toEqual(Array.from({ length: 10 }, () => "measured"));
    },
  );

  test(
    "fifty reports beside live calls of another process fail never and make nothing unknown",
    { timeout: 180_000 },
    async () => {
      const folder = await temporaryFolder();
      const simulator = await startRemoteSimulator();
      await simulator.setLatency({ timeToFirstByteMs: 5, perTokenMs: 2 });
      const { path, dataDir } = await writeConfig(folder, liveTiers(folder) + simulatedProviders(simulator));
      await mkdir(dataDir, { recursive: true });
      const logPath = join(folder, "log.jsonl");
      await writeFile(logPath, "");
      const load = killedWithTest(
        startChild(workspaceFile("packages/composition/test/support/load-process.ts"), [path, logPath, "11", "calm"], {
          cacheDir,
        }),
      );
      await load.firstLine;
      await wait(300);

      const args = ["--config", path, "--format", "json", "usage", "report", "--by", "tenant,model"];
      const runs: Awaited<ReturnType<typeof runCli>>[] = [];
      for (let batch = 0; batch < 10; batch += 1) {
        runs.push(...(await Promise.all(Array.from({ length: 5 }, async () => await runCli(args, folder)))));
      }
      expect(runs.filter(({ code }) => code !== 0).map(({ err }) => err)).toEqual([]);
      const reports = runs.map(
        ({ out }) =>
          JSON.parse(out) as { readonly rows: readonly { readonly calls: number; readonly unknown: number }[] },
      );
      const callsSeen = reports.map(({ rows }) => rows.reduce((sum, row) => sum + row.calls, 0));
      // Alive all the while, and the reports saw it.
      expect(load.process.exitCode).toBeNull();
      expect(callsSeen.at(-1)).toBeGreaterThan(callsSeen[0] ?? 0);
      expect(reports.flatMap(({ rows }) => rows.map(({ unknown }) => unknown)).every((unknown) => unknown === 0)).toBe(
        true,
      );

      const books = await openBooks(await loadConfig({ path, env: {} }));
      const { lines } = await readLedger(books.reader);
      await books.close();
      expect(lines.filter(({ outcome }) => outcome === "lost")).toEqual([]);
      expect(lines.length).toBeGreaterThan(20);
    },
  );
});

/** Tenants of the load without deadlines of their own, so that nothing of theirs is unknown by right. */
function liveTiers(folder: string): string {
  return `
tiers:
  live: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], maxOutputTokens: 64, timeout: 60s }
tenants:
  steady: { tier: live }
  limited: { tier: live }
  spender: { tier: live }
storage: { path: "${join(folder, "data", "tenantry.db")}" }
`;
}

async function recorded(dataDir: string): Promise<Awaited<ReturnType<typeof readLedger>>> {
  const books = await openBooks(await loadConfig({ path: example, env: {}, dataDir }));
  try {
    return await readLedger(books.reader);
  } finally {
    await books.close();
  }
}
