import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodes } from "../src/exit-code.ts";
import { commandNames, configFile, runCli, temporaryFolder, transcriptOf } from "./run-cli.ts";

const commands = commandNames();

/** What each command has to be given, so that nothing but the configuration is wrong. */
const given: Readonly<Record<string, readonly string[]>> = {
  summarize: ["-t", "acme", transcriptOf("apex-legal")],
  explain: ["x"],
  reconcile: ["--provider", "openai", "--invoice", "-"],
  reprice: ["--from", "2026-11-01", "--to", "2026-12-01"],
  "calls settle": ["x", "--cost-usd", "1"],
  "tenants show": ["acme"],
  "tenants create": ["acme", "--tier", "gold"],
  "tenants suspend": ["acme"],
  "tenants resume": ["acme"],
  "budgets show": ["acme"],
  "budgets top-up": ["acme", "budget-month", "1"],
  "keys create": ["-t", "acme"],
  "keys rotate": ["x"],
  "keys revoke": ["x"],
  "prices show": ["a/b"],
  "prices import": ["-", "--as", "yaml"],
  "prices diff": ["0"],
  "prices pin": ["1"],
};
/** Read before the configuration. */
const onStdin: Readonly<Record<string, string>> = {
  reconcile: JSON.stringify({ object: "page", data: [], has_more: false, next_page: null }),
  "prices import": "prices:\n  - { model: openai/gpt-4o, perMillionTokens: { input: '1', output: '2' } }\n",
};

describe("help", () => {
  test("has every command, every exit code and the environment, on stdout with exit 0", async () => {
    const { code, out, err } = await runCli(["--help"], {});
    expect([code, err]).toEqual([0, ""]);
    for (const name of commands) expect(out).toMatch(new RegExp(`\n {2}${name.split(" ")[0]} `));
    for (const [number, meaning] of exitCodes) expect(out).toContain(`\n  ${String(number).padEnd(3)}  ${meaning}\n`);
    expect(out).toContain("TENANTRY_CONFIG");
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test.each(commands)("tenantry %s --help answers without a configuration", async (name) => {
    const { code, out } = await runCli([...name.split(" "), "--help"], {
      env: { TENANTRY_CONFIG: "/no/such" },
    });
    expect(code).toBe(0);
    expect(out).toContain(`Usage: tenantry ${name}`);
    expect(out).toContain("--format");
  });

  test.each([[[]], [["usage"]], [["tenants"]]])("without a command, %j shows help on stderr, exit 2", async (argv) => {
    const { code, out, err } = await runCli(argv, {});
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^Usage: tenantry/);
  });

  test("--version is the package's version", async () => {
    expect(await runCli(["--version"], {})).toEqual({ code: 0, out: "0.1.0\n", err: "" });
  });
});

describe("a wrong command line is exit 2, on stderr, with what would be right", () => {
  test.each([
    [["usag", "report"], /unknown command 'usag'\n\(Did you mean usage\?\)/],
    [["usage", "repart"], /unknown command 'repart'\n\(Did you mean report\?\)/],
    [["usage", "report", "--buy", "user"], /unknown option '--buy'\n\(Did you mean --by\?\)/],
    [["tenants", "list", "extra"], /too many arguments/],
    [["explain"], /missing required argument 'call'/],
    [
      ["tenants", "list", "--format", "xml"],
      /'--?f?.*--format <format>' argument 'xml' is invalid\. Allowed choices are table, json, csv\./,
    ],
    [["\u001b[31m"], /unknown command '\\x1b\[31m'/],
  ])("%j", async (argv, message) => {
    const { code, out, err } = await runCli(argv, {});
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err).not.toContain("\u001b");
    expect(err).toContain("run with --help");
  });
});

describe("a wrong configuration", () => {
  const broken = `
tiers:
  starter: { name: Starter, models: [openai/gpt-9-unheard-of], limits: [{ calls: -1, per: 1m }] }
tenants:
  acme: { name: Acme, tier: gold }
prices: 0.5
nonsense: true
`;

  test.each(commands.filter((name) => name !== "demo"))(
    "%s: every problem at once with its path, exit 2, nothing written",
    async (name) => {
      const [config, folder] = [configFile(broken), temporaryFolder()];
      const dataDir = join(folder, "data");
      const argv = ["-c", config, ...name.split(" "), ...(given[name] ?? [])];
      const { code, out, err } = await runCli(argv, { dataDir, stdin: onStdin[name] ?? "" });
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(/^error \(invalid_configuration\): \d problems in the configuration:\n/);
      for (const path of ["tiers.starter.limits[0].calls: ", "tenants.acme.tier: ", "prices: ", "nonsense: "]) {
        expect(err).toContain(`\n${path}`);
      }
      expect(existsSync(dataDir)).toBe(false);
    },
  );

  test("that is not there, or is no YAML, is named", async () => {
    const missing = await runCli(["tenants", "list"], { env: { TENANTRY_CONFIG: "/no/such.yaml" } });
    expect(missing).toMatchObject({ code: 2, out: "" });
    expect(missing.err).toContain("cannot read the configuration /no/such.yaml: ENOENT");
    const garbled = await runCli(["-c", configFile("tiers: [\n"), "tenants", "list"], {});
    expect(garbled).toMatchObject({ code: 2, out: "" });
    expect(garbled.err).toContain("error (invalid_configuration)");
  });

  test("--config goes before TENANTRY_CONFIG", async () => {
    const good = configFile(
      "tiers:\n  t: { name: T, models: [openai/gpt-4o-mini] }\ntenants:\n  acme: { name: Acme, tier: t }\n",
    );
    const env = { TENANTRY_CONFIG: "/no/such.yaml" };
    const { code, out } = await runCli(["-c", good, "tenants", "list"], { dataDir: temporaryFolder(), env });
    expect(code).toBe(0);
    expect(out).toContain("acme");
    const { out: doctor } = await runCli(["doctor"], { dataDir: temporaryFolder(), env: { TENANTRY_CONFIG: good } });
    expect(doctor).toContain("(by TENANTRY_CONFIG)");
  });
});

test("a data directory that cannot be used is exit 1 and named", async () => {
  const { code, out, err } = await runCli(["tenants", "list", "--data-dir", "/dev/null/x"], {});
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^error \(unavailable\): .*\/dev\/null\/x/);
});

test("a fault of our own is exit 1, and --verbose shows where", async () => {
  const stdin = async (): Promise<string> => await Promise.reject(new Error("broken\u001b[31m pipe"));
  const quiet = await runCli(["summarize", "-t", "apex-legal"], { stdin, dataDir: temporaryFolder() });
  expect(quiet).toMatchObject({ code: 1, out: "" });
  expect(quiet.err).toBe(
    "error (internal): broken\\x1b[31m pipe\nthis is a fault of tenantry's own; --verbose shows where\n",
  );
  const loud = await runCli(["-v", "summarize", "-t", "apex-legal"], { stdin, dataDir: temporaryFolder() });
  expect(loud.err).toContain("command-line.test.ts");
});
