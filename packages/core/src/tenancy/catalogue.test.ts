import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import { defaultPolicy, parseCatalogue } from "./catalogue.ts";
import type { ModelAlias } from "./find-model.ts";
import { formatModelRef } from "./model-ref.ts";
import type { Tenant } from "./tenant.ts";
import type { Tier } from "./tier.ts";

const models = ["acme/large", "other/small/v2"];
const route = [
  { provider: "acme", model: "large" },
  { provider: "other", model: "small/v2" },
];

/** `path: message` of everything that is wrong. */
const problems = (data: unknown): string[] =>
  parseCatalogue(data).issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));

const tierOf = (fields: Readonly<Record<string, unknown>>): Tier => {
  const { catalogue, issues } = parseCatalogue({ tiers: { gold: { models, ...fields } } });
  expect(issues).toEqual([]);
  return catalogue.tiers.get("gold")!;
};

const tierProblems = (fields: unknown): string[] => problems({ tiers: { gold: fields } });
const with_ = (fields: Readonly<Record<string, unknown>>): string[] => tierProblems({ models, ...fields });

const tenantOf = (fields: Readonly<Record<string, unknown>>): Tenant => {
  const { catalogue, issues } = parseCatalogue({
    tiers: { gold: { models } },
    tenants: { apex: { tier: "gold", ...fields } },
  });
  expect(issues).toEqual([]);
  return catalogue.tenants[0]!;
};

const tenantProblems = (fields: unknown): string[] =>
  problems({ tiers: { gold: { models } }, tenants: { apex: fields } });

describe("a tier", () => {
  it("that says nothing but its models has the defaults", () => {
    expect(tierOf({})).toEqual({ ...defaultPolicy, route, id: "gold", name: "gold" });
  });

  it("has every field it names", () => {
    const fields = {
      name: "Gold",
      aliases: { fast: models[0] },
      features: ["summary", "decisions"],
      limits: [
        { calls: 100, per: "1m" },
        { tokens: 5_000, per: "90s", scope: "user" },
        { concurrent: 4 },
        { concurrent: 1, scope: "key" },
      ],
      budgets: [
        { usd: "25.50", per: "month" },
        { usd: "0", within: "24h", scope: "feature", onBreach: "warn" },
      ],
      objectives: [{ latency: "p95", under: "2s" }, { errors: "99%" }],
      charge: { markup: "20%" },
      unpriced: "allow",
      fixedHold: "0.25",
      maxOutputTokens: 1,
      clampToBudget: { minOutputTokens: 8 },
      timeout: "30s",
      attemptTimeout: "10s",
      retries: 0,
      traceContent: true,
      keepAnswers: true,
      store: true,
      showCost: true,
    };
    expect(tierOf(fields)).toEqual({
      id: "gold",
      name: "Gold",
      route,
      aliases: [{ name: "fast", target: route[0] }],
      features: ["summary", "decisions"],
      limits: [
        { id: "calls-1m", metric: "calls", capacity: 100, windowMs: 60_000, scope: "tenant" },
        { id: "tokens-90s-user", metric: "tokens", capacity: 5_000, windowMs: 90_000, scope: "user" },
      ],
      concurrency: [
        { id: "concurrent", capacity: 4, scope: "tenant" },
        { id: "concurrent-key", capacity: 1, scope: "key" },
      ],
      budgets: [
        {
          id: "budget-month",
          limitPico: usd("25.5"),
          span: { kind: "calendar", unit: "month" },
          scope: "tenant",
          breach: "block",
        },
        {
          id: "budget-1d-feature",
          limitPico: 0n,
          span: { kind: "rolling", windowMs: 86_400_000 },
          scope: "feature",
          breach: "warn",
        },
      ],
      objectives: [
        { id: "latency-p95-2000ms", metric: "latency", quantile: 0.95, thresholdMs: 2_000, minCalls: 20 },
        { id: "errors-p99", metric: "errors", quantile: 0.99, thresholdMs: null, minCalls: 100 },
      ],
      charge: { kind: "markup", version: "markup-200000ppm", markupPpm: 200_000n },
      unpriced: "allow",
      fixedHoldPico: usd("0.25"),
      maxOutputTokens: 1,
      clampToBudget: { minOutputTokens: 8 },
      timeoutMs: 30_000,
      attemptTimeoutMs: 10_000,
      retries: 0,
      traceContent: true,
      keepAnswers: true,
      store: true,
      showCost: true,
    });
  });

  it.each([
    ["pass-through", { kind: "pass-through", version: "pass-through" }],
    [{ markup: "0%" }, { kind: "markup", version: "markup-0ppm", markupPpm: 0n }],
    [{ markup: "12.5%" }, { kind: "markup", version: "markup-125000ppm", markupPpm: 125_000n }],
    [{ markup: "0.0001%" }, { kind: "markup", version: "markup-1ppm", markupPpm: 1n }],
    [{ markup: "300%" }, { kind: "markup", version: "markup-3000000ppm", markupPpm: 3_000_000n }],
  ])("charges %j", (charge, policy) => {
    expect(tierOf({ charge }).charge).toEqual(policy);
  });

  it.each(["hour", "day", "week", "month", "year"])("has a budget per %s", (per) => {
    expect(tierOf({ budgets: [{ usd: "1", per }] }).budgets[0]).toMatchObject({
      id: `budget-${per}`,
      span: { kind: "calendar", unit: per },
    });
  });

  const place = "tiers.gold";
  const whole = "must be a whole number of at least";
  const duration = 'write the duration as a whole number with a unit: "250ms", "60s", "5m", "1h" or "7d"';
  const amount = 'write the amount as a decimal string, such as "0.15"';
  it.each<[string, unknown, string[]]>([
    [
      "is no object",
      "gold",
      [expect.stringMatching(/^tiers\.gold: must be an object with name, models, aliases, features/) as string],
    ],
    ["has no models", {}, [`${place}.models: must list at least one model`]],
    ["has an empty route", { models: [] }, [`${place}.models: must name at least one model`]],
    ["has a route that is no list", { models: "acme/large" }, [`${place}.models: must be a list`]],
    [
      "names models without a provider",
      { models: ["large", "/large", "acme/", 5] },
      [0, 1, 2, 3].map(
        (index) => `${place}.models[${index}]: must be a model as "provider/model", such as "acme/large-1"`,
      ),
    ],
  ])("is refused when it %s", (_name, fields, expected) => {
    const found = tierProblems(fields).map((text) => text.replace(/such as "[^"]*"/, 'such as "acme/large-1"'));
    expect(found).toEqual(expected);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string[]]>([
    [
      "an unknown field",
      { budget: [] },
      [expect.stringMatching(/^tiers\.gold\.budget: is not a known field; known are name, models, /) as string],
    ],
    ["an empty name", { name: " " }, [`${place}.name: must be a text that is not empty`]],
    ["features that are no list", { features: "summary" }, [`${place}.features: must be a list`]],
    ["a feature without a name", { features: ["a", ""] }, [`${place}.features[1]: must be a text that is not empty`]],
    ["limits that are no list", { limits: {} }, [`${place}.limits: must be a list`]],
    [
      "a limit that is no object",
      { limits: [5] },
      [`${place}.limits[0]: must be an object with calls, tokens, concurrent, per, scope`],
    ],
    [
      "a limit of nothing",
      { limits: [{ per: "1m" }] },
      [`${place}.limits[0]: must set exactly one of calls, tokens, concurrent`],
    ],
    [
      "a limit of two things",
      { limits: [{ calls: 1, tokens: 1, per: "1m" }] },
      [`${place}.limits[0]: must set exactly one of calls, tokens, concurrent`],
    ],
    [
      "a limit with an unknown field",
      { limits: [{ calls: 1, per: "1m", window: "1m" }] },
      [`${place}.limits[0].window: is not a known field; known are calls, tokens, concurrent, per, scope`],
    ],
    [
      "every part of a limit wrong",
      { limits: [{ calls: -1, per: "1 minute", scope: "team" }] },
      [
        `${place}.limits[0].calls: ${whole} 0, not -1`,
        `${place}.limits[0].scope: must be one of tenant, user, feature, key, not "team"`,
        `${place}.limits[0].per: ${duration}`,
      ],
    ],
    ["a window without a length", { limits: [{ tokens: 9 }] }, [`${place}.limits[0].per: ${duration}`]],
    [
      "calls in flight over a time",
      { limits: [{ concurrent: 1, per: "1m" }] },
      [`${place}.limits[0].per: does not apply to concurrent calls; leave it out`],
    ],
    [
      "a part of calls in flight",
      { limits: [{ concurrent: 1.5, scope: null }] },
      [
        `${place}.limits[0].concurrent: ${whole} 0, not 1.5`,
        `${place}.limits[0].scope: must be one of tenant, user, feature, key, not nothing`,
      ],
    ],
    [
      "the same window twice, written differently",
      {
        limits: [
          { calls: 1, per: "60s" },
          { calls: 2, per: "1m" },
        ],
      },
      [`${place}.limits: has calls-1m twice; keep one`],
    ],
    [
      "the same place twice",
      { limits: [{ concurrent: 1 }, { concurrent: 2, scope: "tenant" }] },
      [`${place}.limits: has concurrent twice; keep one`],
    ],
    [
      "a budget in floats",
      { budgets: [{ usd: 25.5, per: "month" }] },
      [`${place}.budgets[0].usd: ${amount}, in quotes: a number is a float and not exact`],
    ],
    [
      "a budget below zero",
      { budgets: [{ usd: "-1", per: "month" }] },
      [`${place}.budgets[0].usd: must not be negative`],
    ],
    [
      "a budget over no time",
      { budgets: [{ usd: "1" }] },
      [`${place}.budgets[0]: must set either per (hour, day, week, month, year) or within (a duration such as "24h")`],
    ],
    [
      "a budget over two times",
      { budgets: [{ usd: "1", per: "day", within: "24h" }] },
      [`${place}.budgets[0]: must set either per (hour, day, week, month, year) or within (a duration such as "24h")`],
    ],
    [
      "every part of a budget wrong",
      { budgets: [{ usd: "one", per: "quarter", scope: "all", onBreach: "panic", currency: "EUR" }] },
      [
        `${place}.budgets[0].currency: is not a known field; known are usd, per, within, scope, onBreach, rollover, alertAt`,
        `${place}.budgets[0].usd: ${amount}: digits, one point with digits on both sides, and "-" in front when negative`,
        `${place}.budgets[0].scope: must be one of tenant, user, feature, key, not "all"`,
        `${place}.budgets[0].onBreach: must be one of block, warn, not "panic"`,
        `${place}.budgets[0].per: must be one of hour, day, week, month, year, not "quarter"`,
      ],
    ],
    [
      "a rolling budget without a length",
      { budgets: [{ usd: "1", within: "a day" }] },
      [`${place}.budgets[0].within: ${duration}`],
    ],
    [
      "the same budget twice",
      {
        budgets: [
          { usd: "1", per: "day" },
          { usd: "2", per: "day" },
        ],
      },
      [`${place}.budgets: has budget-day twice; keep one`],
    ],
    [
      "the same objective twice",
      { objectives: [{ errors: "99%" }, { errors: "99.0%" }] },
      [`${place}.objectives: has errors-p99 twice; keep one`],
    ],
    [
      "an objective of nothing",
      { objectives: [{}] },
      [`${place}.objectives[0]: must set exactly one of latency, ttft, errors`],
    ],
    [
      "a charge of an unknown kind",
      { charge: "free" },
      [`${place}.charge: must be an object with markup, prices, unlisted, allowance, attempts`],
    ],
    ...["20", 20, "-5%", "1.23456%", "1000000.%", null].map((markup): [string, { charge: unknown }, string[]] => [
      `a markup of ${JSON.stringify(markup)}`,
      { charge: { markup } },
      [`${place}.charge.markup: must be a percentage such as "20%", with at most 4 decimals`],
    ]),
    ["a choice that is none", { unpriced: "maybe" }, [`${place}.unpriced: must be one of deny, allow, not "maybe"`]],
    ["no output at all", { maxOutputTokens: 0 }, [`${place}.maxOutputTokens: ${whole} 1, not 0`]],
    ["a number in quotes", { retries: "1" }, [`${place}.retries: ${whole} 0, not "1"`]],
    ["a number beyond 2⁵³", { retries: 2 ** 53 }, [`${place}.retries: ${whole} 0, not 9007199254740992`]],
    ["a flag in quotes", { traceContent: "yes" }, [`${place}.traceContent: must be true or false`]],
    ["a flag that is a number", { showCost: 1 }, [`${place}.showCost: must be true or false`]],
    ["a time without a unit", { timeout: 30 }, [`${place}.timeout: ${duration}`]],
    ["no time", { attemptTimeout: "0s" }, [`${place}.attemptTimeout: ${duration}`]],
    ["a hold below zero", { fixedHold: "-0.01" }, [`${place}.fixedHold: must not be negative`]],
    ["a field that is null", { retries: null }, [`${place}.retries: ${whole} 0, not nothing`]],
  ])("is refused with the place and what to do for %s", (_name, fields, expected) => {
    expect(with_(fields)).toEqual(expected);
  });

  it("has an id a count can be kept under", () => {
    expect(problems({ tiers: { ["x".repeat(201)]: { models } } })).toEqual([
      `tiers.${"x".repeat(201)}: id must be at most 200 characters long, not 201`,
    ]);
    expect(problems({ tiers: { "a\nb": { models } } })).toEqual(["tiers.a\nb: id must not contain control characters"]);
    expect(problems({ tiers: { "": { models } } })).toEqual(["tiers.: id must not be empty"]);
  });
});

describe("aliases", () => {
  const gold = { models: ["a/one", "b/two"] };

  it.each<[string, unknown, string]>([
    ["point at a model the tier has not", { fast: "a/three" }, "fast: is a/three, which is not among models"],
    ["have another model's name", { two: "a/one" }, "two: is the name of b/two already; choose another name"],
    ["have another model's full name", { "b/two": "a/one" }, "b/two: is the name of b/two already"],
    ["are called default", { default: "a/one" }, "default: stands for the first of models already"],
    ["are no models", { fast: "one" }, 'fast: must be a model as "provider/model"'],
  ])("are refused where they %s", (_name, aliases, expected) => {
    const [first, ...others] = problems({ tiers: { gold: { ...gold, aliases } } });
    expect(first).toContain(`tiers.gold.aliases.${expected}`);
    expect(others).toEqual([]);
  });

  it("may be a name of the model they stand for", () => {
    expect(problems({ tiers: { gold: { ...gold, aliases: { two: "b/two", "kestrel-4": "a/one" } } } })).toEqual([]);
  });

  it("that a tenant overrides have to go with its models, and its models with them", () => {
    const tiers = { gold: { ...gold, aliases: { fast: "a/one" } } };
    const withOverrides = (overrides: unknown): string[] =>
      problems({ tiers, tenants: { apex: { tier: "gold", overrides } } });
    expect(withOverrides({ aliases: { fast: "c/three" } })).toEqual([
      "tenants.apex.overrides.aliases.fast: is c/three, which is not among models",
    ]);
    expect(withOverrides({ models: ["b/two"] })).toEqual([
      "tenants.apex.overrides.models: alias fast of the tier is a/one, which is not among models; override aliases too",
    ]);
    expect(withOverrides({ models: ["b/two"], aliases: {} })).toEqual([]);
    expect(withOverrides({ models: ["b/two", "a/one"] })).toEqual([]);
  });
});

describe("a tenant", () => {
  it("that says nothing but its tier is active, in UTC, and overrides nothing", () => {
    expect(tenantOf({})).toEqual({
      id: "apex",
      name: "apex",
      tier: "gold",
      status: "active",
      timeZone: "UTC",
      overrides: {},
    });
  });

  it("has every field it names, and overrides only what it names", () => {
    const fields = {
      name: "Apex Legal",
      status: "suspended",
      timeZone: "Europe/Dublin",
      overrides: { models: ["other/small"], limits: [{ calls: 1, per: "1s" }], retries: 3 },
    };
    expect(tenantOf(fields)).toEqual({
      id: "apex",
      name: "Apex Legal",
      tier: "gold",
      status: "suspended",
      timeZone: "Europe/Dublin",
      overrides: {
        route: [{ provider: "other", model: "small" }],
        limits: [{ id: "calls-1s", metric: "calls", capacity: 1, windowMs: 1_000, scope: "tenant" }],
        concurrency: [],
        retries: 3,
      },
    });
  });

  const place = "tenants.apex";
  it.each<[string, unknown, string[]]>([
    ["is no object", null, [`${place}: must be an object with name, tier, status, timeZone, overrides`]],
    ["has no tier", {}, [`${place}.tier: must be a text that is not empty`]],
    [
      "names a tier that is not sold",
      { tier: "silver" },
      [`${place}.tier: is "silver", which is not a tier; known are gold`],
    ],
    [
      "has another status",
      { tier: "gold", status: "gone" },
      [`${place}.status: must be one of active, suspended, not "gone"`],
    ],
    [
      "lives in no zone",
      { tier: "gold", timeZone: "Mars/Olympus" },
      [`${place}.timeZone: is "Mars/Olympus", which is not an IANA time zone such as Europe/Berlin`],
    ],
    [
      "has a zone that is no text",
      { tier: "gold", timeZone: 1 },
      [`${place}.timeZone: must be a text that is not empty`],
    ],
    ["has no name", { tier: "gold", name: "" }, [`${place}.name: must be a text that is not empty`]],
    [
      "overrides what cannot be",
      { tier: "gold", overrides: { name: "Gold", retries: -1 } },
      [
        expect.stringMatching(
          /^tenants\.apex\.overrides\.name: is not a known field; known are models, aliases, features, /,
        ) as string,
        `${place}.overrides.retries: must be a whole number of at least 0, not -1`,
      ],
    ],
    [
      "overrides with a list",
      { tier: "gold", overrides: [] },
      [expect.stringMatching(/^tenants\.apex\.overrides: must be an object with models, /) as string],
    ],
    [
      "has an unknown field",
      { tier: "gold", teir: "gold" },
      [`${place}.teir: is not a known field; known are name, tier, status, timeZone, overrides`],
    ],
  ])("is refused when it %s", (_name, fields, expected) => {
    expect(tenantProblems(fields)).toEqual(expected);
  });

  it("has an id that can be told apart and logged", () => {
    const tenants = {
      ["y".repeat(200)]: { tier: "gold" },
      ["y".repeat(201)]: { tier: "gold" },
      "a\u0000": { tier: "gold" },
      "(unattributed)": { tier: "gold" },
    };
    expect(problems({ tiers: { gold: { models } }, tenants })).toEqual([
      `tenants.${"y".repeat(201)}: id must be at most 200 characters long, not 201`,
      "tenants.a\u0000: id must not contain control characters",
      "tenants.(unattributed): id is reserved for what belongs to no tenant",
    ]);
  });
});

describe("a catalogue", () => {
  it("is whole only without problems", () => {
    expect(parseCatalogue({ tiers: { gold: { models } } })).toMatchObject({ ok: true, issues: [] });
    expect(parseCatalogue({ tiers: { gold: { models, retries: -1 } } }).ok).toBe(false);
  });

  it.each<[string, unknown, string[]]>([
    ["nothing", undefined, ["must be an object with models, tiers, tenants"]],
    ["a list", [], ["must be an object with models, tiers, tenants"]],
    ["a text", "tiers", ["must be an object with models, tiers, tenants"]],
    ["an empty object", {}, ["tiers: must name at least one tier"]],
    ["no tier", { tiers: {} }, ["tiers: must name at least one tier"]],
    ["tiers that are a list", { tiers: [{ models }] }, ["tiers: must be an object"]],
    ["tenants that are a list", { tiers: { gold: { models } }, tenants: [] }, ["tenants: must be an object"]],
    [
      "an unknown field",
      { tiers: { gold: { models } }, tier: {} },
      ["tier: is not a known field; known are models, tiers, tenants"],
    ],
    [
      "a tenant without any tier to be in",
      { tenants: { apex: { tier: "gold" } } },
      ["tiers: must name at least one tier", 'tenants.apex.tier: is "gold", which is not a tier; known are none'],
    ],
  ])("made of %s is refused", (_name, data, expected) => {
    expect(problems(data)).toEqual(expected);
  });

  it("reports the problems of all tiers and tenants at once", () => {
    const data = {
      tiers: { gold: { models: [], timeout: 5 }, silver: { models, retries: -1 }, bronze: 7 },
      tenants: { apex: { tier: "gold", timeZone: "X" }, strat: { tier: "lead" } },
    };
    expect(parseCatalogue(data).issues.map(({ path }) => path)).toEqual([
      "tiers.gold.models",
      "tiers.gold.timeout",
      "tiers.silver.retries",
      "tiers.bronze",
      "tenants.apex.timeZone",
      "tenants.strat.tier",
    ]);
  });

  it("does not blame a tenant for the problems of its tier", () => {
    expect(problems({ tiers: { gold: 5 }, tenants: { apex: { tier: "gold" } } })).toHaveLength(1);
  });

  it("with models of its own has every tier on them, and leaves the tenants' own alone", () => {
    const { catalogue, ok } = parseCatalogue({
      models: ["dev/tiny"],
      tiers: { gold: { models }, silver: { models: ["x/y"] } },
      tenants: { apex: { tier: "gold", overrides: { models: ["own/one"] } } },
    });
    expect(ok).toBe(true);
    expect([...catalogue.tiers.values()].map((tier) => tier.route)).toEqual([
      [{ provider: "dev", model: "tiny" }],
      [{ provider: "dev", model: "tiny" }],
    ]);
    expect(catalogue.tenants[0]?.overrides.route).toEqual([{ provider: "own", model: "one" }]);
    expect(problems({ models: [], tiers: { gold: { models } } })).toEqual(["models: must name at least one model"]);
  });

  it("with models of its own leaves no alias without a model", () => {
    const { catalogue, ok } = parseCatalogue({
      models: ["dev/tiny", "x/z"],
      tiers: { gold: { models: ["x/y", "x/z"], aliases: { fast: "x/y", smart: "x/z" } } },
      tenants: {
        apex: { tier: "gold", overrides: { models: ["x/z", "x/y"] } },
        strat: { tier: "gold", overrides: { aliases: { quick: "x/y" } } },
        tech: { tier: "gold" },
      },
    });
    expect(ok).toBe(true);
    const named = (aliases: readonly ModelAlias[] | undefined): unknown =>
      aliases?.map(({ name, target }) => `${name}=${formatModelRef(target)}`);
    expect(named(catalogue.tiers.get("gold")?.aliases)).toEqual(["fast=dev/tiny", "smart=x/z"]);
    expect(catalogue.tenants.map(({ overrides }) => named(overrides.aliases))).toEqual([
      ["fast=x/y", "smart=x/z"],
      ["quick=dev/tiny"],
      undefined,
    ]);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("takes %s for a name like any other", (name) => {
    const text = `{"tiers":{"${name}":{"models":["a/b"]}},"tenants":{"${name}":{"tier":"${name}"}}}`;
    const { ok, catalogue, issues } = parseCatalogue(JSON.parse(text));
    expect(issues).toEqual([]);
    expect(ok).toBe(true);
    expect([...catalogue.tiers.keys()]).toEqual([name]);
    expect(catalogue.tenants.map(({ id, tier }) => [id, tier])).toEqual([[name, name]]);
    expect(tenantProblems({ tier: name })).toEqual([
      `tenants.apex.tier: is "${name}", which is not a tier; known are gold`,
    ]);
  });

  it("is not reached through __proto__: the field is unknown, its contents are not read", () => {
    const data: unknown = JSON.parse(
      '{"__proto__":{"tiers":{"x":{}}},"tiers":{"gold":{"models":["a/b"],"__proto__":{"showCost":true,"retries":-5}}}}',
    );
    const { catalogue, issues } = parseCatalogue(data);
    expect(issues.map(({ path }) => path)).toEqual(["__proto__", "tiers.gold.__proto__"]);
    expect(catalogue.tiers.get("gold")).toMatchObject({ showCost: null, retries: 1 });
    expect(({} as Record<string, unknown>)["showCost"]).toBeUndefined();
  });

  it("never throws, whatever it is made of, and reports a place for every problem", () => {
    const key = fc.oneof(
      fc.constantFrom(..."models tiers tenants limits budgets overrides __proto__ tier usd per".split(" ")),
      fc.string({ maxLength: 4 }),
    );
    const anything = fc.anything({
      key,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    const shaped = fc.record(
      {
        models: anything,
        tiers: fc.dictionary(
          key,
          fc.record(
            {
              models: fc.oneof(fc.constant(["a/b"]), anything),
              limits: fc.oneof(
                anything,
                fc.array(fc.dictionary(fc.constantFrom("calls", "tokens", "concurrent", "per", "scope"), anything)),
              ),
              budgets: fc.oneof(
                anything,
                fc.array(
                  fc.dictionary(
                    fc.constantFrom("usd", "per", "within", "scope", "onBreach", "rollover", "alertAt"),
                    anything,
                  ),
                ),
              ),
              objectives: fc.array(
                fc.dictionary(fc.constantFrom("latency", "ttft", "errors", "under", "minCalls"), anything),
              ),
              charge: anything,
              timeout: anything,
            },
            { requiredKeys: [] },
          ),
        ),
        tenants: fc.dictionary(
          key,
          fc.dictionary(fc.constantFrom("tier", "name", "status", "timeZone", "overrides"), anything),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), anything, shaped), (data) => {
        const { ok, issues } = parseCatalogue(data);
        expect(ok).toBe(issues.length === 0);
        for (const { path, message } of issues) {
          expect(typeof path).toBe("string");
          expect(message).not.toBe("");
        }
      }),
      { numRuns: 400 },
    );
  });
});
