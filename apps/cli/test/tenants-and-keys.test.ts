import { describe, expect, test } from "vitest";
import { callSome, configFile, readCsv, runCli, temporaryFolder, transcriptOf } from "./run-cli.ts";

interface KeyRow {
  readonly id: string;
  readonly key?: string;
  readonly tenantId: string | null;
  readonly scope: string;
  readonly revokedAt: string | null;
}

async function json<Data>(dataDir: string, ...argv: readonly string[]): Promise<Data> {
  const { code, out, err } = await runCli([...argv, "--format", "json"], { dataDir });
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Data;
}

const call = async (dataDir: string, tenant: string): Promise<number> =>
  (await runCli(["summarize", "-t", tenant, transcriptOf("techstart-inc")], { dataDir })).code;

describe("tenants", () => {
  test("one that is made may call, and is still there in later runs", async () => {
    const dataDir = temporaryFolder();
    const made = await json(dataDir, "tenants", "create", "new", "--tier", "starter", "--name", "New Ltd");
    expect(made).toEqual({
      id: "new",
      name: "New Ltd",
      tier: "starter",
      status: "active",
      timeZone: "UTC",
      models: ["openai/gpt-3.5-turbo"],
    });
    expect(await call(dataDir, "new")).toBe(0);
    const { rows } = await json<{ rows: readonly { id: string }[] }>(dataDir, "tenants", "list");
    expect(rows.map(({ id }) => id)).toContain("new");
  });

  test("a suspension of a tenant that the configuration declares outlives every start, until it is ended", async () => {
    const dataDir = temporaryFolder();
    expect(await json(dataDir, "tenants", "suspend", "techstart-inc")).toMatchObject({ status: "suspended" });
    expect(await call(dataDir, "techstart-inc")).toBe(3);
    expect(await json(dataDir, "tenants", "suspend", "techstart-inc")).toMatchObject({ status: "suspended" });
    expect(await json(dataDir, "tenants", "resume", "techstart-inc")).toMatchObject({ status: "active" });
    expect(await call(dataDir, "techstart-inc")).toBe(0);
    expect(await json(dataDir, "tenants", "resume", "techstart-inc")).toMatchObject({ status: "active" });
  });

  test("a suspension the configuration asks for is ended there, and then at once", async () => {
    const dataDir = temporaryFolder();
    const tier = "tiers: { a: { models: [openai/gpt-4o-mini] } }\n";
    const suspended = configFile(`${tier}tenants: { acme: { tier: a, status: suspended } }`);
    const active = configFile(`${tier}tenants: { acme: { tier: a } }`);
    const refused = await runCli(["-c", suspended, "tenants", "resume", "acme"], { dataDir });
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("the configuration suspends")]);
    const { out } = await runCli(["-c", active, "-f", "json", "tenants", "show", "acme"], { dataDir });
    expect(JSON.parse(out)).toMatchObject({ status: "active" });
  });

  test.each<[string, readonly string[], RegExp]>([
    [
      "an unknown tier and zone",
      ["create", "x", "--tier", "gold", "--time-zone", "Mars"],
      /--tier: is "gold".*starter.*--time-zone: /,
    ],
    [
      "an id that cannot be one",
      ["create", "a\u0007b", "--tier", "starter"],
      /<tenant>: must not contain control characters/,
    ],
    ["an id that is taken", ["create", "apex-legal", "--tier", "starter"], /there is a tenant "apex-legal" already/],
    ["a tenant nobody knows", ["suspend", "nobody"], /there is no tenant nobody; known are apex-legal/],
    ["no tier", ["create", "x"], /--tier/],
  ])("%s is exit 2 and named", async (_name, argv, message) => {
    const { code, out, err } = await runCli(["tenants", ...argv], { dataDir: temporaryFolder() });
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });
});

describe("keys", () => {
  test("the secret is shown when it is made, and never again", async () => {
    const dataDir = temporaryFolder();
    const made = await json<KeyRow>(dataDir, "keys", "create", "-t", "apex-legal", "--name", "ci");
    expect(made).toMatchObject({ scope: "tenant", tenantId: "apex-legal", name: "ci", revokedAt: null });
    expect(made.key).toMatch(/^tnt_\w{43}$/);
    for (const format of ["table", "json", "csv"]) {
      const { out } = await runCli(["keys", "list", "-f", format], { dataDir });
      expect(out).toContain(made.id);
      expect(out).not.toContain(made.key);
      expect(out).not.toMatch(/[0-9a-f]{64}/);
    }
  });

  test("rotating leaves the old key its grace; revoking ends one at once, and again changes nothing", async () => {
    const dataDir = temporaryFolder();
    const old = await json<KeyRow>(dataDir, "keys", "create", "-t", "apex-legal");
    const fresh = await json<KeyRow>(dataDir, "keys", "rotate", old.id, "--grace", "1h");
    expect(fresh).toMatchObject({ scope: "tenant", tenantId: "apex-legal" });
    expect(fresh.key).not.toBe(old.key);
    const ended = await json<KeyRow>(dataDir, "keys", "revoke", fresh.id);
    expect(await json<KeyRow>(dataDir, "keys", "revoke", fresh.id)).toEqual(ended);
    const { rows } = await json<{ rows: readonly KeyRow[] }>(dataDir, "keys", "list");
    const left = Date.parse(rows.find(({ id }) => id === old.id)?.revokedAt ?? "") - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    const { out } = await runCli(["keys", "list"], { dataDir });
    expect(out).toMatch(/ends 20/);
    expect(out).toMatch(/ended/);
  });

  test("lists narrow to a tenant; admin and ingest keys belong to none", async () => {
    const dataDir = temporaryFolder();
    await callSome(dataDir);
    await json(dataDir, "keys", "create", "-t", "apex-legal");
    await json(dataDir, "keys", "create", "--scope", "admin");
    await json(dataDir, "keys", "create", "--scope", "ingest");
    const { rows } = await json<{ rows: readonly KeyRow[] }>(dataDir, "keys", "list", "-t", "apex-legal");
    expect(rows.map(({ tenantId }) => tenantId)).toEqual(["apex-legal"]);
    const { out } = await runCli(["keys", "list", "-f", "csv"], { dataDir });
    expect(readCsv(out).map(({ scope, tenantId }) => [scope, tenantId])).toEqual([
      ["tenant", "apex-legal"],
      ["admin", ""],
      ["ingest", ""],
    ]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ["a key for nobody", ["create"], /--tenant: must be given/],
    [
      "an admin key for a tenant",
      ["create", "--scope", "admin", "-t", "apex-legal"],
      /--tenant: cannot go with --scope admin/,
    ],
    ["a scope that is none", ["create", "--scope", "root"], /--scope.*tenant, ingest, admin/],
    ["a tenant nobody knows", ["create", "-t", "nobody"], /there is no tenant nobody/],
    [
      "a name that cannot be one",
      ["create", "-t", "apex-legal", "--name", "a\u0007"],
      /--name: must not contain control characters/,
    ],
    ["a key nobody has", ["rotate", "key_x"], /there is no key "key_x"/],
    ["a grace that is none", ["rotate", "key_x", "--grace", "soon"], /--grace: is "soon"/],
    ["a grace too long", ["rotate", "key_x", "--grace", "31d"], /--grace: is "31d"; give at most 30d/],
    ["a key nobody has, to be ended", ["revoke", "key_x"], /there is no key "key_x"/],
  ])("%s is exit 2 and named", async (_name, argv, message) => {
    const { code, out, err } = await runCli(["keys", ...argv], { dataDir: temporaryFolder() });
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });
});
