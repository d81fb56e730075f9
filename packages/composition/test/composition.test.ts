import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TenantryError } from "@tenantry/core";
import { type ProviderSimulator, startProviderSimulator } from "@tenantry/provider-simulator";
import { openOtlpCollector } from "@tenantry/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openApp, openBooks } from "../src/index.ts";
import { startChild, workspaceFile } from "./support/child.ts";
import {
  configIn,
  makeFolder,
  plainTiers,
  removeFolder,
  simulatedProviders,
  temporaryFolder,
  writeConfig,
} from "./support/installation.ts";
import { always } from "./support/read-ledger.ts";
import { killedWithTest } from "./support/killed-with-test.ts";

let simulator: ProviderSimulator;
let cacheDir: string;
beforeAll(async () => {
  simulator = await startProviderSimulator();
  cacheDir = await makeFolder();
});
afterAll(async () => {
  await simulator.close();
  await removeFolder(cacheDir);
});

const request = { messages: [{ role: "user" as const, content: "The bridge is closed until May." }] };
const inMemory = 'storage: { path: ":memory:" }\n';

describe("an installation opens, answers and closes", () => {
  test.for<[name: string, yaml: () => string, model: string]>([
    ["with the embedded simulator", () => plainTiers, "openai/gpt-4o-mini"],
    ["with both providers", () => plainTiers + simulatedProviders(simulator), "openai/gpt-4o-mini"],
    [
      "with openai alone",
      () => `${plainTiers}providers: { openai: { apiKey: k, baseUrl: "${simulator.openaiBaseUrl}" } }`,
      "openai/gpt-4o-mini",
    ],
    [
      "with anthropic alone",
      () => `${plainTiers}providers: { anthropic: { apiKey: k, baseUrl: "${simulator.anthropicBaseUrl}" } }`,
      "anthropic/claude-haiku-4-5",
    ],
    ["in memory", () => plainTiers + inMemory, "openai/gpt-4o-mini"],
    ["surviving power cuts", () => `${plainTiers}storage: { durability: power, path: "PATH" }`, "openai/gpt-4o-mini"],
  ])("%s", async ([, yaml, model]) => {
    const folder = await temporaryFolder();
    const config = await configIn(folder, yaml().replace("PATH", join(folder, "power.db")));
    const app = await openApp(config);
    expect(app.simulator === null).toBe(config.providers.length > 0);
    const result = await app.tenantry.call({ tenantId: "acme" }, request);
    expect(result).toMatchObject({ kind: "ok" });
    const rows = await app.reader.usage(
      { kind: "installation" },
      { period: always, groupBy: ["model"], timeZone: "UTC" },
    );
    expect(rows).toMatchObject([{ model, calls: 1, attempts: 1, unknown: 0 }]);
    await app.close();
    await app.close();
    await expect(app.reader.calls({ kind: "installation" }, { period: always, limit: 1 })).rejects.toMatchObject({
      code: "unavailable",
    });
    await expect(app.tenantry.call({ tenantId: "acme" }, request)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("with Netra, and what was not yet delivered is delivered before it has closed", async () => {
    const collector = await openOtlpCollector();
    try {
      const folder = await temporaryFolder();
      const app = await openApp(
        await configIn(folder, `${plainTiers}telemetry: { netra: { endpoint: "${collector.origin}", apiKey: k } }`),
      );
      await app.tenantry.call({ tenantId: "acme" }, request);
      expect(collector.spans()).toHaveLength(0);
      await app.close();
      expect(collector.spans()).toHaveLength(2);
    } finally {
      await collector.close();
    }
  });

  test("with Netra unreachable, calls answer as ever", async () => {
    const collector = await openOtlpCollector();
    await collector.close();
    const folder = await temporaryFolder();
    const app = await openApp(
      await configIn(folder, `${plainTiers}telemetry: { netra: { endpoint: "${collector.origin}", apiKey: k } }`),
    );
    expect(await app.tenantry.call({ tenantId: "acme" }, request)).toMatchObject({ kind: "ok" });
    await app.tenantry.close(50);
    await app.close();
  });

  test("its books open beside it, read what it wrote, and connect to nobody", async () => {
    const folder = await temporaryFolder();
    const config = await configIn(folder, plainTiers);
    const app = await openApp(config);
    await app.tenantry.call({ tenantId: "acme" }, request);
    const books = await openBooks(config);
    const page = await books.reader.calls({ kind: "tenant", tenantId: "acme" }, { period: always, limit: 10 });
    expect(page.calls).toHaveLength(1);
    expect(await books.tenants.find("acme")).toMatchObject({ id: "acme", tier: "plain" });
    await books.close();
    await books.close();
    await app.close();
  });

  test("the ledger and its folder are for this user alone", async () => {
    const folder = await temporaryFolder();
    const config = await configIn(folder, plainTiers);
    await (await openBooks(config)).close();
    expect((await stat(join(folder, "data"))).mode & 0o077).toBe(0);
    expect((await stat(config.storage.path)).mode & 0o077).toBe(0);
  });

  test("a tenant changed in the file is changed in the store, and one left out stays", async () => {
    const folder = await temporaryFolder();
    const two =
      "tiers: { plain: { models: [openai/gpt-4o-mini] } }\ntenants: { acme: { tier: plain }, other: { tier: plain } }";
    await (await openBooks(await configIn(folder, two))).close();
    const books = await openBooks(
      await configIn(
        folder,
        "tiers: { plain: { models: [openai/gpt-4o-mini] } }\ntenants: { acme: { tier: plain, status: suspended } }",
      ),
    );
    expect(await books.tenants.find("acme")).toMatchObject({ status: "suspended" });
    expect(await books.tenants.find("other")).toMatchObject({ status: "active" });
    await books.close();
  });
});

describe("an installation that cannot open says why and leaves nothing open", () => {
  /** A process that tries to open, prints the error, and must then end by itself. */
  async function openInChild(
    yaml: string,
    prepare: (folder: string) => Promise<void>,
    what: "app" | "books",
  ): Promise<{ readonly code: string; readonly message: string }> {
    const folder = await temporaryFolder();
    const { path, dataDir } = await writeConfig(folder, yaml);
    await prepare(folder);
    const child = killedWithTest(
      startChild(workspaceFile("packages/composition/test/support/open-process.ts"), [path, dataDir, what], {
        cacheDir,
      }),
    );
    const reported = JSON.parse(await child.firstLine) as { readonly code: string; readonly message: string };
    const ended = await Promise.race([
      child.ended,
      new Promise((resolve) => setTimeout(resolve, 8_000, "still running")),
    ]);
    expect(ended, child.err()).toBe(0);
    return reported;
  }

  test.for(["app", "books"] as const)("one that opens and closes lets its process end (%s)", async (what) => {
    expect(await openInChild(plainTiers, async () => {}, what)).toMatchObject({ code: "opened" });
  });

  test.for(["app", "books"] as const)("a file that is no database is left as it is (%s)", async (what) => {
    const garbage = "this is no database, and nobody may touch it ".repeat(200);
    let file = "";
    const error = await openInChild(
      plainTiers,
      async (folder) => {
        file = join(folder, "data", "tenantry.db");
        await mkdir(join(folder, "data"));
        await writeFile(file, garbage);
      },
      what,
    );
    expect(error.code).toBe("invalid_configuration");
    expect(error.message).toMatch(/database/);
  });

  test("garbage stays byte for byte", async () => {
    const folder = await temporaryFolder();
    const config = await configIn(folder, plainTiers);
    await mkdir(join(folder, "data"));
    await writeFile(config.storage.path, "no database".repeat(100));
    await expect(openApp(config)).rejects.toMatchObject({ code: "invalid_configuration" });
    expect(await readFile(config.storage.path, "utf8")).toBe("no database".repeat(100));
  });

  test("a data directory that is a file", async () => {
    const error = await openInChild(plainTiers, async (folder) => await writeFile(join(folder, "data"), ""), "app");
    expect(["invalid_configuration", "unavailable"]).toContain(error.code);
    expect(error.message).toMatch(/data/);
  });

  test("a place no directory can be made in", async () => {
    const error = await openInChild(
      `${plainTiers}storage: { path: /dev/null/tenantry/tenantry.db }`,
      async () => {},
      "app",
    );
    expect(["invalid_configuration", "unavailable"]).toContain(error.code);
    expect(error.message).toMatch(/\/dev\/null\/tenantry/);
  });

  test("a telemetry key no header can hold: closes the store it had opened", async () => {
    const yaml = `${plainTiers}telemetry: { netra: { endpoint: "http://127.0.0.1:9", apiKey: "a\\nb" } }`;
    const error = await openInChild(yaml, async () => {}, "app");
    expect(error.code).toBe("invalid_configuration");
    expect(error.message).not.toContain("a\nb");
  });

  test("in this process no timer and no socket is left behind", async () => {
    const folder = await temporaryFolder();
    const before = countResources();
    const config = await configIn(folder, plainTiers);
    for (let round = 0; round < 3; round += 1) {
      const app = await openApp(config);
      await app.tenantry.call({ tenantId: "acme" }, request);
      await app.close();
    }
    await expect(
      openApp({ ...config, storage: { ...config.storage, path: "/dev/null/tenantry/tenantry.db" } }),
    ).rejects.toThrow(TenantryError);
    // Connections that were closed leave the list a turn later.
    for (let turn = 0; turn < 100 && exceeds(countResources(), before); turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(exceeds(countResources(), before)).toBe(false);
  });
});

function countResources(): ReadonlyMap<string, number> {
  const kinds = ["TCPServerWrap", "TCPSocketWrap", "MessagePort", "FSEvent"];
  const names = process.getActiveResourcesInfo().filter((name) => kinds.includes(name));
  return new Map(kinds.map((kind) => [kind, names.filter((name) => name === kind).length]));
}

function exceeds(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): boolean {
  return [...now].some(([kind, count]) => count > (before.get(kind) ?? 0));
}
