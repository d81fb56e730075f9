import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TenantryError } from "@tenantry/core";
import { describe, expect, test } from "vitest";
import { type Config, loadConfig, openApp } from "../src/index.ts";
import { workspaceFile } from "./support/child.ts";
import { temporaryFolder, writeConfig } from "./support/installation.ts";

const good = "tiers: { a: { models: [openai/gpt-4o-mini] } }\n";

/** Nine steps of nine references each: 9⁹ texts. */
const aliasBomb = `a: &a [x, x, x, x, x, x, x, x, x]
${["b", "c", "d", "e", "f", "g", "h", "i"]
  .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${"abcdefgh"[index]}`).join(", ")}]`)
  .join("\n")}
`;

/** What is said about a configuration that cannot be used; also proves that nothing was written. */
async function refused(
  yaml: string,
  env: Readonly<Record<string, string>> = {},
  prices?: string,
): Promise<TenantryError> {
  const folder = await temporaryFolder();
  const written = await writeConfig(folder, yaml);
  if (prices !== undefined) await writeFile(join(folder, "prices.yaml"), prices);
  const error: unknown = await loadConfig({ ...written, env })
    .then(async (config) => await (await openApp(config)).close())
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  expect(existsSync(written.dataDir)).toBe(false);
  if (!TenantryError.is(error)) throw new Error(`not refused as a configuration: ${String(error)}`);
  expect(error.code).toBe("invalid_configuration");
  return error;
}

async function accepted(yaml: string, env: Readonly<Record<string, string>> = {}, prices?: string): Promise<Config> {
  const folder = await temporaryFolder();
  const written = await writeConfig(folder, yaml);
  if (prices !== undefined) await writeFile(join(folder, "prices.yaml"), prices);
  const config = await loadConfig({ ...written, env });
  expect(existsSync(written.dataDir)).toBe(false);
  return config;
}

describe("a bad configuration is refused with the place of the problem, and nothing is written", () => {
  test.for<[name: string, yaml: string, paths: readonly string[], words: RegExp]>([
    ["unknown tier", `${good}tenants: { acme: { tier: gold } }`, ["tenants.acme.tier"], /"gold".*known are a/],
    ["missing tier", `${good}tenants: { acme: {} }`, ["tenants.acme.tier"], /text/],
    ["no tier at all", "tenants: {}", ["tiers"], /at least one tier/],
    ["tier without models", "tiers: { a: {} }", ["tiers.a.models"], /at least one model/],
    ["empty route", "tiers: { a: { models: [] } }", ["tiers.a.models"], /at least one model/],
    ["model without provider", "tiers: { a: { models: [gpt-4] } }", ["tiers.a.models[0]"], /provider\/model/],
    [
      "model without price",
      "tiers: { a: { models: [openai/gpt-99] } }",
      ["tiers.a.models[0]"],
      /no price.*unpriced: allow/,
    ],
    [
      "override without price",
      `${good}tenants: { acme: { tier: a, overrides: { models: [openai/gpt-99] } } }`,
      ["tenants.acme.overrides.models[0]"],
      /no price/,
    ],
    ["unknown field of ingest", `${good}ingest: { keep: 1 }`, ["ingest.keep"], /known are unknownTenant/],
    ["unknown policy", `${good}ingest: { unknownTenant: drop }`, ["ingest.unknownTenant"], /reject, quarantine/],
    [
      "tier of unknown tenants that is none",
      `${good}ingest: { unknownTenant: { create: gold } }`,
      ["ingest.unknownTenant.create"],
      /"gold".*known are a/,
    ],
    [
      "every problem of ingest",
      `${good}ingest: { acceptPastDays: 0, keepSpansDays: 1.5, maxBodyMb: 9999 }`,
      ["ingest.acceptPastDays", "ingest.keepSpansDays", "ingest.maxBodyMb"],
      /whole number/,
    ],
    [
      "spans forgotten before they are too old",
      `${good}ingest: { acceptPastDays: 40, keepSpansDays: 35 }`,
      ["ingest.keepSpansDays"],
      /counted twice/,
    ],
    ["unknown field", `${good}tirs: {}`, ["tirs"], /not a known field; known are .*tiers/],
    [
      "unknown field of a tier",
      "tiers: { a: { models: [openai/gpt-4o], budget: [] } }",
      ["tiers.a.budget"],
      /known are .*budgets/,
    ],
    [
      "negative limit",
      tierWith("limits: [{ calls: -1, per: 1m }]"),
      ["tiers.a.limits[0].calls"],
      /whole number of at least 0/,
    ],
    ["broken limit", tierWith("limits: [{ calls: 1.5, per: 1m }]"), ["tiers.a.limits[0].calls"], /whole number/],
    [
      "limit of two kinds",
      tierWith("limits: [{ calls: 1, tokens: 2, per: 1m }]"),
      ["tiers.a.limits[0]"],
      /exactly one/,
    ],
    ["limit without window", tierWith("limits: [{ calls: 1 }]"), ["tiers.a.limits[0].per"], /duration/],
    [
      "places with a window",
      tierWith("limits: [{ concurrent: 1, per: 1m }]"),
      ["tiers.a.limits[0].per"],
      /does not apply/,
    ],
    [
      "duplicate limits",
      tierWith("limits: [{ calls: 1, per: 60s }, { calls: 2, per: 1m }]"),
      ["tiers.a.limits"],
      /twice/,
    ],
    [
      "duplicate budgets",
      tierWith('budgets: [{ usd: "1", per: day }, { usd: "2", per: day }]'),
      ["tiers.a.budgets"],
      /twice/,
    ],
    [
      "duplicate objectives",
      tierWith("objectives: [{ latency: p95, under: 1s }, { latency: p95, under: 1000ms }]"),
      ["tiers.a.objectives"],
      /twice/,
    ],
    ["float amount", tierWith("budgets: [{ usd: 5.00, per: month }]"), ["tiers.a.budgets[0].usd"], /in quotes/],
    ["negative amount", tierWith('budgets: [{ usd: "-5", per: month }]'), ["tiers.a.budgets[0].usd"], /negative/],
    ["budget without period", tierWith('budgets: [{ usd: "5" }]'), ["tiers.a.budgets[0]"], /either per .* or within/],
    [
      "budget of two periods",
      tierWith('budgets: [{ usd: "5", per: day, within: 24h }]'),
      ["tiers.a.budgets[0]"],
      /either/,
    ],
    ["unknown period", tierWith('budgets: [{ usd: "5", per: fortnight }]'), ["tiers.a.budgets[0].per"], /one of hour/],
    [
      "unknown scope",
      tierWith("limits: [{ calls: 1, per: 1m, scope: planet }]"),
      ["tiers.a.limits[0].scope"],
      /one of tenant/,
    ],
    ["month as a duration", tierWith("timeout: 1month"), ["tiers.a.timeout"], /no fixed length/],
    ["time without unit", tierWith("timeout: 30"), ["tiers.a.timeout"], /unit/],
    [
      "impossible quantile",
      tierWith("objectives: [{ latency: p100, under: 1s }]"),
      ["tiers.a.objectives[0].latency"],
      /below 100/,
    ],
    ["markup as a number", tierWith("charge: { markup: 20 }"), ["tiers.a.charge.markup"], /percentage/],
    ["text as a flag", tierWith("traceContent: 'yes'"), ["tiers.a.traceContent"], /true or false/],
    [
      "bad time zone",
      `${good}tenants: { acme: { tier: a, timeZone: Europe/Atlantis } }`,
      ["tenants.acme.timeZone"],
      /IANA/,
    ],
    [
      "unknown status",
      `${good}tenants: { acme: { tier: a, status: asleep } }`,
      ["tenants.acme.status"],
      /active, suspended/,
    ],
    [
      "tenant id too long",
      `${good}tenants: { ${"x".repeat(201)}: { tier: a } }`,
      [`tenants.${"x".repeat(201)}`],
      /at most 200/,
    ],
    ["tenants as a list", `${good}tenants: [{ tier: a }]`, ["tenants"], /object/],
    ["tier as a text", "tiers: { a: gold }", ["tiers.a"], /object/],
    ["unknown durability", `${good}storage: { durability: forever }`, ["storage.durability"], /process, power/],
    ["provider without key", `${good}providers: { openai: {} }`, ["providers.openai.apiKey"], /text/],
    ["provider of no kind", `${good}providers: { mine: { apiKey: k } }`, ["providers.mine.kind"], /openai, anthropic/],
    ["provider with a slash", `${good}providers: { a/b: { kind: openai, apiKey: k } }`, ["providers.a/b"], /slash/],
    [
      "provider address",
      `${good}providers: { openai: { apiKey: k, baseUrl: "file:///etc" } }`,
      ["providers.openai.baseUrl"],
      /http/,
    ],
    [
      "telemetry address",
      `${good}telemetry: { netra: { endpoint: nowhere, apiKey: k } }`,
      ["telemetry.netra.endpoint"],
      /http/,
    ],
    [
      "OTLP without an address",
      `${good}telemetry: { otlp: { protocol: http/json } }`,
      ["telemetry.otlp.endpoint"],
      /4318/,
    ],
    [
      "OTLP over gRPC, times and headers that are none: all at once",
      `${good}telemetry: { otlp: { endpoint: ftp://x, protocol: grpc, metricsInterval: 5ms, headers: { "a b": c, d: 1, e: "secret\u0007" }, metrics: 1, conventions: latest } }`,
      [
        "telemetry.otlp.endpoint",
        "telemetry.otlp.protocol",
        "telemetry.otlp.metricsInterval",
        "telemetry.otlp.headers.a b",
        "telemetry.otlp.headers.d",
        "telemetry.otlp.headers.e",
        "telemetry.otlp.metrics",
        "telemetry.otlp.conventions",
      ],
      /^(?!.*secret)/s,
    ],
    [
      "missing variable",
      `${good}providers: { openai: { apiKey: "\${NOT_SET}" } }`,
      ["providers.openai.apiKey"],
      /NOT_SET/,
    ],
    ["price file that is not there", `${good}prices: nowhere.yaml`, [], /nowhere\.yaml.*cannot be read/],
    ["bad YAML", "tiers: { a: [", [], /line 1/],
    ["a field twice", `${good}${good}`, [], /unique/],
    ["two documents", `${good}---\n${good}`, [], /document/],
    ["empty file", "", ["tiers"], /at least one tier|object/],
    ["a text", "hello", [], /object/],
    ["a list", "- tiers", [], /object/],
    ["nothing but a comment", "# later", [], /tier|object/],
  ])("%s", async ([, yaml, paths, words]) => {
    const error = await refused(yaml);
    expect(error.message).toMatch(words);
    for (const path of paths) {
      expect(error.issues.map((issue) => issue.path)).toContain(path);
      expect(error.message).toContain(path);
    }
  });

  test.for<[name: string, prices: string, words: RegExp]>([
    [
      "overlapping periods",
      prices("from: 2026-01-01", "from: 2026-06-01"),
      /prices\.yaml: prices\[1\]: overlaps prices\[0\]/,
    ],
    ["the same period twice", prices("", ""), /prices\[1\]: is a duplicate/],
    ["an end before the beginning", prices("from: 2026-02-01, to: 2026-01-01"), /prices\[0\]\.to: .*before it begins/],
    [
      "float price",
      "prices: [{ model: openai/x, perMillionTokens: { input: 0.15 } }]",
      /prices\[0\]\.perMillionTokens\.input: .*in quotes/,
    ],
    [
      "negative price",
      'prices: [{ model: openai/x, perMillionTokens: { input: "-1" } }]',
      /perMillionTokens\.input: .*negative/,
    ],
    [
      "unknown class",
      'prices: [{ model: openai/x, perMillionTokens: { inptu: "1" } }]',
      /perMillionTokens\.inptu: is not a known field/,
    ],
    ["no prices", "price: []", /price: is not a known field/],
    ["a bomb of aliases", aliasBomb, /prices\.yaml: .*alias/i],
  ])("price file with %s", async ([, priceFile, words]) => {
    const error = await refused(`${good}prices: prices.yaml`, {}, priceFile);
    expect(error.message).toMatch(words);
  });

  test("all problems are in one message, each on its line with its path", async () => {
    const yaml = `
tiers:
  a: { models: [openai/gpt-99], limits: [{ calls: -1, per: 1m }], retries: many }
  b: { models: [gpt-4], colour: red }
tenants:
  acme: { tier: gold, timeZone: Nowhere/Land }
providers: { openai: { apiKey: "\${NOT_SET}" } }
storage: { durability: maybe }
prices: prices.yaml
`;
    const error = await refused(yaml, {}, prices("", ""));
    const paths = error.issues.map(({ path }) => path);
    const expected = [
      "tiers.a.limits[0].calls",
      "tiers.a.retries",
      "tiers.b.models[0]",
      "tiers.b.colour",
      "tenants.acme.tier",
    ];
    expected.push("tenants.acme.timeZone", "providers.openai.apiKey", "storage.durability", "prices.yaml: prices[1]");
    for (const path of expected) {
      expect(paths).toContain(path);
      expect(error.message.split("\n").filter((line) => line.startsWith(`${path}: `))).toHaveLength(1);
    }
  });

  test("a bomb of aliases is refused before it goes off", async () => {
    const startedMs = performance.now();
    const error = await refused(`${good}${aliasBomb}`);
    expect(error.message).toMatch(/alias/i);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test("a huge file is refused unread", async () => {
    const startedMs = performance.now();
    const error = await refused(good + `# ${"x".repeat(1000)}\n`.repeat(20_000));
    expect(error.message).toMatch(/larger than 8 MiB/);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  test("a file nested without end is refused", async () => {
    const error = await refused(`tiers: ${"[".repeat(200_000)}`);
    expect(error.issues.length).toBeGreaterThan(0);
  });

  test("so are addresses of the environment, by the name of their variable", async () => {
    const env = {
      OPENAI_API_KEY: "k",
      OPENAI_BASE_URL: "nowhere",
      NETRA_OTLP_ENDPOINT: "also nowhere",
      NETRA_API_KEY: "k",
    };
    const error = await refused(good, env);
    expect(error.issues.map(({ path }) => path).sort()).toEqual(["NETRA_OTLP_ENDPOINT", "OPENAI_BASE_URL"]);
  });

  test("no message quotes a key", async () => {
    const secret = "sk-SECRETSECRETSECRET";
    const yaml = `${good}providers: { mine: { apiKey: "\${KEY}" }, openai: { apiKey: "\${KEY}", baseUrl: "\${KEY}" } }`;
    const error = await refused(yaml, { KEY: secret });
    expect(JSON.stringify([error.message, error.issues])).not.toContain(secret);
  });

  test("a file that cannot be read is named", async () => {
    const path = join(await temporaryFolder(), "nowhere.yaml");
    await expect(loadConfig({ path, env: {} })).rejects.toThrow(/nowhere\.yaml: ENOENT/);
  });
});

describe("a good configuration", () => {
  test("has the written values and the documented defaults", async () => {
    const { catalogue, storage, providers, netra, otlp } = await accepted(`${good}tenants: { acme: { tier: a } }`);
    expect(catalogue.tiers.get("a")).toMatchObject({
      id: "a",
      name: "a",
      features: [],
      limits: [],
      concurrency: [],
      budgets: [],
      objectives: [],
      charge: { kind: "pass-through" },
      unpriced: "deny",
      fixedHoldPico: null,
      maxOutputTokens: 4096,
      clampToBudget: null,
      timeoutMs: 60_000,
      attemptTimeoutMs: null,
      retries: 1,
      traceContent: false,
      keepAnswers: false,
      showCost: null,
    });
    expect(catalogue.tenants).toEqual([
      { id: "acme", name: "acme", tier: "a", status: "active", timeZone: "UTC", overrides: {} },
    ]);
    expect(storage).toMatchObject({ durability: "process" });
    expect([providers, netra, otlp]).toEqual([[], null, null]);
  });

  test("takes variables of the environment, their defaults, and never the environment of the process", async () => {
    const yaml = `${good}providers: { openai: { apiKey: "\${KEY}", baseUrl: "http://\${HOST:-127.0.0.1}:1/v1" } }`;
    const { providers } = await accepted(yaml, { KEY: "k" });
    expect(providers).toEqual([{ kind: "openai", name: "openai", apiKey: "k", baseUrl: "http://127.0.0.1:1/v1" }]);
    expect((await refused(yaml, { KEY: "" })).message).toMatch(/needs the environment variable KEY/);
    expect((await refused(yaml.replace("KEY", "PATH"))).message).toMatch(/needs the environment variable PATH/);
  });

  test("takes OpenTelemetry's own variables where the file says nothing of OTLP", async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://127.0.0.1:9/m",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20k,x-team=a",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "DELTA",
      OTEL_SERVICE_NAME: "meetingmind",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production",
      OTEL_METRICS_EXPORTER: "none",
    };
    expect((await accepted(good, env)).otlp).toEqual({
      endpoint: "http://127.0.0.1:4318",
      metricsEndpoint: "http://127.0.0.1:9/m",
      headers: "authorization=Bearer%20k,x-team=a",
      protocol: "http/json",
      compression: "gzip",
      temporality: "delta",
      serviceName: "meetingmind",
      resourceAttributes: "deployment.environment.name=production",
      metrics: false,
    });
    expect((await accepted(good, { ...env, OTEL_SDK_DISABLED: "true" })).otlp).toBeNull();
    const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:4318/v1/traces" };
    expect((await accepted(good, traces)).otlp).toEqual({ tracesEndpoint: "http://127.0.0.1:4318/v1/traces" });
    expect((await accepted(good, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://127.0.0.1:9/m" })).otlp).toBeNull();
  });

  test("that has an OTLP section takes nothing from the exporters' variables but what the process is called", async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=not-for-this-host",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_SERVICE_NAME: "meetingmind",
    };
    const yaml = `${good}telemetry: { otlp: { endpoint: "http://127.0.0.1:4318", headers: { api-key: k }, metricsInterval: 1m, metricsPerTenant: true } }`;
    expect((await accepted(yaml, env)).otlp).toEqual({
      endpoint: "http://127.0.0.1:4318",
      headers: { "api-key": "k" },
      metricsIntervalMs: 60_000,
      metricsPerTenant: true,
      serviceName: "meetingmind",
    });
    const { issues } = await refused(good, { ...env, OTEL_EXPORTER_OTLP_HEADERS: "authorization" });
    expect(issues.map(({ path }) => path)).toEqual(["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_PROTOCOL"]);
  });

  test("is the same in JSON", async () => {
    const asJson = JSON.stringify({ tiers: { a: { models: ["openai/gpt-4o-mini"] } } });
    expect((await accepted(asJson)).catalogue).toEqual((await accepted(good)).catalogue);
  });

  test("may name tenants as it likes", async () => {
    const ids = ["__proto__", "constructor", "a:b%c", "Größe 株式会社", "toString", "42"];
    const yaml = `${good}tenants:\n${ids.map((id) => `  ${JSON.stringify(id)}: { tier: a }`).join("\n")}`;
    expect((await accepted(yaml)).catalogue.tenants.map(({ id }) => id).sort()).toEqual(ids.toSorted());
  });

  test("of two thousand tenants is read in seconds", async () => {
    const tenants = Array.from({ length: 2000 }, (_, index) => `  tenant-${index}: { tier: a, name: Tenant ${index} }`);
    const { catalogue } = await accepted(`${good}tenants:\n${tenants.join("\n")}`);
    expect(catalogue.tenants).toHaveLength(2000);
  });
});

describe("the guide", () => {
  const guide = readFile(workspaceFile("docs/guides/configuration.md"), "utf8");
  const blocks = async (): Promise<readonly string[]> =>
    [...(await guide).matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text ?? "");

  test("shows nothing that cannot be used", async () => {
    const all = await blocks();
    const priceFile = all.find((text) => text.startsWith("prices:\n"));
    const configs = all.filter((text) => text !== priceFile);
    expect(configs.length).toBeGreaterThan(4);
    expect(priceFile).toBeDefined();
    for (const config of configs) await accepted(config, {}, priceFile);
  });

  test("about charging shows nothing that cannot be used either", async () => {
    const charging = await readFile(workspaceFile("docs/guides/charging.md"), "utf8");
    const [yaml = ""] = [...charging.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text);
    expect(yaml).toContain("allowance:");
    await accepted(yaml, {}, undefined);
  });

  test("names every field there is", async () => {
    const text = await guide;
    const unknownEverywhere = `
nope: 1
tiers: { a: { nope: 1, models: [openai/gpt-4o-mini], limits: [{ nope: 1 }], budgets: [{ nope: 1 }], objectives: [{ nope: 1 }], charge: { nope: 1, prices: { openai/x: { nope: 1 } }, unlisted: { nope: 1 }, allowance: { nope: 1 }, attempts: { nope: 1 } } } }
tenants: { t: { nope: 1, tier: a, overrides: { nope: 1 } } }
storage: { nope: 1 }
providers: { openai: { nope: 1 } }
telemetry: { nope: 1, netra: { nope: 1 }, otlp: { nope: 1 } }
prices: prices.yaml
`;
    const priceFile =
      'prices: [{ nope: 1, model: openai/x, perMillionTokens: { nope: "1" }, longContext: [{ nope: 1 }], serviceTiers: { nope: {} } }]';
    const { issues } = await refused(unknownEverywhere, {}, priceFile);
    const lists = issues.flatMap(({ message }) => /known are (.*)$/.exec(message)?.[1]?.split(", ") ?? []);
    const fields = [...new Set(lists)];
    expect(issues.filter(({ path }) => path.endsWith("nope"))).toHaveLength(21);
    expect(fields.length).toBeGreaterThan(50);
    expect(fields.filter((field) => !text.includes(`\`${field}\``))).toEqual([]);
  });

  test("shows each field of a tier and of a tenant at work", async () => {
    const full = (await blocks()).find((text) => /durability: power/.test(text)) ?? "";
    const { catalogue } = await accepted(full);
    const tier = catalogue.tiers.get("professional");
    const unset = Object.entries(tier ?? {}).filter(
      ([, value]) => value === null || (Array.isArray(value) && value.length === 0),
    );
    expect(unset).toEqual([]);
    expect(catalogue.tenants[0]?.overrides).toMatchObject({ maxOutputTokens: 2048, limits: [{ capacity: 60 }] });
  });
});

function tierWith(field: string): string {
  return `tiers: { a: { models: [openai/gpt-4o-mini], ${field} } }`;
}

function prices(...periods: readonly string[]): string {
  const entry = (period: string): string =>
    `  - { model: openai/x, perMillionTokens: { input: "1", output: "1" }${period === "" ? "" : `, ${period}`} }\n`;
  return `prices:\n${periods.map(entry).join("")}`;
}
