import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatUsd } from "../packages/core/src/index.ts";
import { startProviderSimulator } from "../packages/provider-simulator/src/index.ts";
import { mustRun, runCommand } from "./run-command.ts";
import { packageManager, publishedPackages, readText, root } from "./workspace.ts";

const example = "examples/without-container/summarize.ts";
const thirdAdapter = "tools/reuse/third-adapter";

/** What a stranger installs, besides whatever the example imports. */
const alwaysInstalled = [
  "@tenantry/core",
  "@tenantry/testkit",
  "@tenantry/adapters-llm-openai",
  "@tenantry/adapters-storage-sqlite",
  "@tenantry/adapters-system",
];

const packed = mkdtempSync(join(tmpdir(), "tenantry-packed-"));

function tarballOf(name: string): string {
  const prefix = `${name.replace("@", "").replace("/", "-")}-`;
  const file = readdirSync(packed).find((entry) => entry.startsWith(prefix) && /^\d/.test(entry.slice(prefix.length)));
  if (file === undefined) throw new Error(`${name} was not packed`);
  return join(packed, file);
}

beforeAll(async () => {
  const filters = publishedPackages().map(({ name }) => `--filter=${name}`);
  await mustRun("npx", [...packageManager(), "-r", ...filters, "pack", "--pack-destination", packed]);
}, 120_000);
afterAll(() => rmSync(packed, { recursive: true, force: true }));

describe.for(publishedPackages())("$name, packed", ({ name }) => {
  it("holds its build, its sources and its README, and no tests", async () => {
    const { stdout } = await mustRun("tar", ["-tzf", tarballOf(name)]);
    const files = stdout.trim().split("\n");
    for (const file of [
      "package/dist/index.js",
      "package/dist/index.d.ts",
      "package/src/index.ts",
      "package/README.md",
    ]) {
      expect(files).toContain(file);
    }
    expect(files.filter((file) => /\.test\.|\.test-support\.|\/test\/|\.tmp\.|tsbuildinfo/.test(file))).toEqual([]);
  });

  it("names versions, not the workspace", async () => {
    const { stdout } = await mustRun("tar", ["-xOzf", tarballOf(name), "package/package.json"]);
    expect(stdout).not.toMatch(/"(?:workspace|catalog|link|file):/);
  });

  it("satisfies publint", async () => {
    const tarball = Uint8Array.from(readFileSync(tarballOf(name))).buffer;
    const { messages } = await publint({ pack: { tarball }, strict: true });
    const { stdout } = await mustRun("tar", ["-xOzf", tarballOf(name), "package/package.json"]);
    const manifest = JSON.parse(stdout) as Record<string, unknown>;
    expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([]);
  });
});

describe("outside the workspace, with plain npm", () => {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-reuse-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("packages install from their tarballs", { timeout: 240_000 }, async () => {
    const imported = [...readText(example).matchAll(/from "(@tenantry\/[\w-]+)/g)].map((match) => match[1] ?? "");
    const tarballs = [...new Set([...alwaysInstalled, ...imported])].map(tarballOf);
    const tools = ["typescript", "vitest", "vite", "@types/node"].map((tool) => `${tool}@${versionOf(tool)}`);
    writeFileSync(join(folder, "package.json"), '{ "name": "stranger", "private": true, "type": "module" }\n');
    const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", ...tarballs, ...tools];
    await mustRun("npm", args, { cwd: folder, timeoutMs: 220_000 });
    cpSync(join(root, example), join(folder, basename(example)));
    mkdirSync(join(folder, "third-adapter"));
    cpSync(join(root, thirdAdapter), join(folder, "third-adapter"), { recursive: true });
  });

  it("their types hold under tsc --strict", { timeout: 120_000 }, async () => {
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2024", "--types", "node"];
    const files = [
      basename(example),
      ...readdirSync(join(folder, "third-adapter")).map((file) => `third-adapter/${file}`),
    ];
    const allowances = ["--skipLibCheck", "--allowImportingTsExtensions", "--ignoreConfig"];
    await mustRun("tsc", [...options, ...allowances, ...files], { cwd: folder });
  });

  it("the example without a container runs, in under 60 lines", { timeout: 120_000 }, async () => {
    expect(readText(example).trimEnd().split("\n").length).toBeLessThan(60);
    const simulator = await startProviderSimulator();
    try {
      const env = { OPENAI_API_KEY: "sk-example", OPENAI_BASE_URL: simulator.openaiBaseUrl };
      const { output } = await mustRun("node", [basename(example)], { cwd: folder, env, timeoutMs: 60_000 });
      const billed = simulator.invoice().lines.map(({ amountPico }) => formatUsd(amountPico));
      expect(billed.length).toBe(1);
      expect(output, "the ledger tells what the provider billed").toContain(billed[0]);
    } finally {
      await simulator.close();
    }
  });

  it("a third adapter, under 150 lines, keeps every rule of the ChatModel contract", { timeout: 120_000 }, async () => {
    const adapter = readText(`${thirdAdapter}/kestrel-chat-model.ts`);
    expect(adapter.trimEnd().split("\n").length).toBeLessThan(150);
    const args = ["run", "--root", "third-adapter", "--reporter=json", "--outputFile=report.json"];
    const { output } = await runCommand(join(folder, "node_modules/.bin/vitest"), args, { cwd: folder });
    const file = join(folder, "third-adapter/report.json");
    if (!existsSync(file)) expect.fail(output);
    const report = JSON.parse(readFileSync(file, "utf8")) as ContractReport;
    const failures = report.testResults.flatMap(({ assertionResults, message }) => [
      ...assertionResults.filter(({ status }) => status !== "passed").map(({ title }) => title),
      ...(message === "" ? [] : [message]),
    ]);
    expect(failures).toEqual([]);
    expect(report.numPassedTests).toBeGreaterThan(40);
  });
});

interface ContractReport {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

/** The version the workspace itself uses. */
function versionOf(tool: string): string {
  const manifest = readFileSync(join(root, "node_modules", tool, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
