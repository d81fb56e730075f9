import { join } from "node:path";
import { type CallRecord, costOf, type LedgerLine, reconcile } from "@tenantry/core";
import { type FaultPlan, type ProviderSimulator, startProviderSimulator } from "@tenantry/provider-simulator";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, type Config, openApp, openBooks } from "../src/index.ts";
import { type Accounts, foldedUsage, problemsOf, readUsage } from "./support/check-books.ts";
import { faultKinds, faultOf, faultPlan, type HonestFaultKind } from "./support/fault-arbitrary.ts";
import { configIn, makeFolder, removeFolder, simulatedProviders, temporaryFolder } from "./support/installation.ts";
import { invoiceEntries, readLedger } from "./support/read-ledger.ts";
import { type MadeCall, makeCall, makeCalls, type PlannedCall, statesOf, untilStill } from "./support/traffic.ts";

const long = process.env["TENANTRY_CHAOS"] === "long";

/** Three tiers: with fallbacks, with a budget that runs out, and with places in flight. */
const tiers = `
tiers:
  wide:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    limits: [{ calls: 1000, per: 1m }, { tokens: 1000000, per: 1m, scope: user }]
    budgets: [{ usd: "100", within: 24h }]
    charge: { markup: "20%" }
    objectives: [{ latency: p95, under: 2s }]
    maxOutputTokens: 64
    timeout: 2s
    attemptTimeout: 250ms
  tight:
    models: [anthropic/claude-haiku-4-5, openai/gpt-4o-mini]
    budgets: [{ usd: "0.02", within: 24h }]
    maxOutputTokens: 64
    timeout: 2s
    attemptTimeout: 250ms
    retries: 2
  narrow:
    models: [openai/gpt-4o]
    limits: [{ concurrent: 3 }, { calls: 40, per: 1m }]
    budgets: [{ usd: "5", within: 24h }, { usd: "0.5", within: 24h, scope: user, onBreach: warn }]
    maxOutputTokens: 64
    timeout: 1s
    attemptTimeout: 250ms
    retries: 0
tenants:
  wide-one: { tier: wide }
  tight-one: { tier: tight }
  narrow-one: { tier: narrow }
`;
const tenantIds = ["wide-one", "tight-one", "narrow-one"];

let simulator: ProviderSimulator;
beforeAll(async () => {
  simulator = await startProviderSimulator({ latency: { timeToFirstByteMs: 3, perTokenMs: 1, jitterRatio: 0.5 } });
});
afterAll(async () => await simulator.close());

/** Runs traffic against a fresh installation and gathers both sides' accounts. */
async function accountsOf(
  config: Config,
  traffic: (app: App) => Promise<readonly MadeCall[]>,
): Promise<Accounts & { readonly entries: ReturnType<typeof invoiceEntries> }> {
  const app = await openApp(config);
  const made = await traffic(app);
  await untilStill(() => simulator.invoice().lines.length);
  expect(app.tenantry.pendingSettlements()).toBe(0);
  const states = new Map<string, Accounts["states"] extends ReadonlyMap<string, infer State> ? State : never>();
  for (const { id } of config.catalogue.tenants) states.set(id, withoutUserBudgets(await statesOf(app, id)));
  await app.close();
  // What a later process reads is what counts.
  const books = await openBooks(config);
  const recorded = await readLedger(books.reader);
  const usage = await readUsage(books.reader);
  await books.close();
  return {
    ...recorded,
    usage,
    states,
    denials: made.flatMap((call) => (call.kind === "denied" ? [call.denial] : [])),
    admitted: new Set(made.flatMap((call) => (call.kind === "admitted" ? [call.callId] : []))),
    entries: invoiceEntries(simulator.invoice()),
  };
}

/** The lines of a tenant are what its tenant-wide budgets have spent; a user's budget has a part of it. */
function withoutUserBudgets<States extends { readonly budgets: readonly { readonly budgetId: string }[] }>(
  states: States,
): States {
  return { ...states, budgets: states.budgets.filter(({ budgetId }) => !budgetId.endsWith("-user")) };
}

const plannedCall: fc.Arbitrary<PlannedCall> = fc.record({
  tenantId: fc.constantFrom(...tenantIds),
  userId: fc.constantFrom(null, "ann", "bo"),
  sessionId: fc.constantFrom(null, "s-1", "s-2"),
  streamed: fc.boolean(),
  sentences: fc.integer({ min: 1, max: 12 }),
  maxOutputTokens: fc.integer({ min: 1, max: 64 }),
  startAfterMs: fc.integer({ min: 0, max: 60 }),
  leave: fc.option(
    fc.oneof(
      fc.record({ afterMs: fc.integer({ min: 0, max: 80 }) }),
      fc.record({ afterEvents: fc.integer({ min: 1, max: 30 }) }),
    ),
    { freq: 3 },
  ),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 400 }), { freq: 5 }),
});

describe("the books balance", () => {
  test("whatever callers, providers and deadlines do", { timeout: long ? 3_600_000 : 60_000 }, async () => {
    const folder = await temporaryFolder();
    const seen = { runs: 0, calls: 0, denied: 0, lines: 0, estimated: 0, unknown: 0, retried: 0 };
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        faultPlan,
        fc.array(plannedCall, { minLength: 15, maxLength: 40, size: "max" }),
        async (plan, calls) => {
          run += 1;
          simulator.reset();
          simulator.plan(plan);
          const config = await configIn(folder, tiers + simulatedProviders(simulator));
          const own = { ...config, storage: { ...config.storage, path: join(folder, `run-${run}.db`) } };
          const accounts = await accountsOf(own, async (app) => await makeCalls(app.tenantry, calls));
          expect(problemsOf(accounts)).toEqual([]);
          seen.runs += 1;
          seen.calls += accounts.calls.length;
          seen.denied += accounts.denials.length;
          seen.lines += accounts.lines.length;
          seen.estimated += accounts.lines.filter(({ source }) => source === "estimated").length;
          seen.unknown += accounts.lines.filter(({ source }) => source === "unknown").length;
          seen.retried += accounts.lines.filter(({ ordinal }) => ordinal > 1).length;
        },
      ),
      { numRuns: long ? 500 : 10, endOnFailure: true },
    );
    // Traffic that meets no trouble would prove little.
    expect(seen.estimated).toBeGreaterThan(0);
    expect(seen.unknown).toBeGreaterThan(0);
    expect(seen.retried).toBeGreaterThan(0);
    console.log(`books: ${JSON.stringify(seen)}`);
  });

  test.for(faultKinds)("under %s alone", async (kind) => {
    const folder = await temporaryFolder();
    simulator.reset();
    simulator.plan(planOf(kind));
    const config = await configIn(folder, tiers + simulatedProviders(simulator));
    const calls = tenantIds.flatMap((tenantId) => [
      plain({ tenantId }),
      plain({ tenantId, streamed: true }),
      plain({ tenantId, streamed: true, leave: { afterEvents: 3 } }),
    ]);
    const accounts = await accountsOf(config, async (app) => await makeCalls(app.tenantry, calls));
    expect(problemsOf(accounts)).toEqual([]);
    expect(accounts.calls).toHaveLength(calls.length);
  });

  test("wherever a stream is cut, and whatever is billed of it", async () => {
    const folder = await temporaryFolder();
    simulator.reset();
    const config = await configIn(folder, tiers + simulatedProviders(simulator));
    const accounts = await accountsOf(config, async ({ tenantry }) => {
      const made: MadeCall[] = [];
      for (let afterEvents = 0; afterEvents < 12; afterEvents += 1) {
        for (const generated of ["all", "sent"] as const) {
          simulator.plan([{ fault: { kind: "stream-cut", afterEvents, generated } }]);
          made.push(
            ...(await makeCalls(
              tenantry,
              tenantIds.map((tenantId) => plain({ tenantId, streamed: true, maxOutputTokens: 4 })),
            )),
          );
        }
      }
      return made;
    });
    expect(problemsOf(accounts)).toEqual([]);
    expect(accounts.lines.filter(({ outcome }) => outcome === "cut").length).toBeGreaterThan(20);
  });

  test("wherever a caller leaves a stream", async () => {
    const folder = await temporaryFolder();
    simulator.reset();
    const config = await configIn(folder, tiers + simulatedProviders(simulator));
    const calls = Array.from({ length: 12 }, (_, index) =>
      ["wide-one", "tight-one"].map((tenantId) =>
        plain({ tenantId, streamed: true, maxOutputTokens: 8, leave: { afterEvents: index + 1 } }),
      ),
    ).flat();
    const accounts = await accountsOf(config, async ({ tenantry }) => await makeCalls(tenantry, calls));
    expect(problemsOf(accounts)).toEqual([]);
    expect(accounts.lines.filter(({ outcome }) => outcome === "aborted").length).toBeGreaterThan(8);
  });
});

describe("what no books can explain is named", () => {
  test("a provider that reports other counts than it bills differs, attempt by attempt", async () => {
    const folder = await temporaryFolder();
    simulator.reset();
    simulator.plan([{ fault: { kind: "usage-lies", factor: 0.5 }, times: 1 }]);
    const config = await configIn(folder, tiers + simulatedProviders(simulator));
    const accounts = await accountsOf(config, async ({ tenantry }) => [
      await makeCall(tenantry, plain({})),
      await makeCall(tenantry, plain({})),
    ]);
    const found = reconcile(accounts.lines, accounts.entries);
    expect(found.balanced).toBe(false);
    expect(found.differences).toHaveLength(1);
    const [difference] = found.differences;
    expect(difference?.residual).toBe("differing");
    expect(difference?.line?.callId).toBe(callIdsInOrder(accounts)[0]);
    expect(found.unexplainedPico).toBe((difference?.billedPico ?? 0n) - (difference?.bookedPico ?? 0n));
    expect(found.unexplainedPico).toBeGreaterThan(0n);
  });

  test("a dearer model than was asked for is booked as billed, and marked as above its hold", async () => {
    const folder = await temporaryFolder();
    simulator.reset();
    simulator.plan([{ fault: { kind: "other-model", model: "gpt-4" }, times: 1 }]);
    const config = await configIn(folder, tiers + simulatedProviders(simulator));
    const accounts = await accountsOf(config, async ({ tenantry }) => [
      await makeCall(tenantry, plain({ sentences: 12 })),
    ]);
    const [line] = accounts.lines;
    expect(line?.marks).toEqual(expect.arrayContaining(["model-differs", "hold-exceeded"]));
    expect(line?.costPico).toBe(accounts.entries[0]?.amountPico);
    expect(problemsOf(accounts).every((problem) => /hold/.test(problem))).toBe(true);
  });
});

describe("the check itself", () => {
  let accounts: Accounts;
  beforeAll(async () => {
    const folder = await makeFolder();
    accounts = await referenceAccounts(folder);
    return async () => await removeFolder(folder);
  });

  /** The same accounts after a mistake of the ledger that its roll-ups share. */
  const planted = (
    change: (line: LedgerLine) => readonly LedgerLine[],
    calls: readonly CallRecord[] = accounts.calls,
  ): readonly string[] => {
    const changed = { ...accounts, calls, lines: accounts.lines.flatMap(change) };
    expect(changed.lines).not.toEqual(accounts.lines);
    return problemsOf({ ...changed, usage: foldedUsage(changed) });
  };
  const only = (chosen: LedgerLine | undefined, change: (line: LedgerLine) => readonly LedgerLine[]) => {
    expect(chosen).toBeDefined();
    return (line: LedgerLine): readonly LedgerLine[] => (line === chosen ? change(line) : [line]);
  };

  test("finds nothing wrong with books that balance", () => {
    expect(problemsOf(accounts)).toEqual([]);
  });

  test("finds the line of a retry that was dropped", () => {
    const first = accounts.lines.find(({ ordinal, source }) => ordinal === 1 && source === "unknown");
    const found = planted(only(first, () => []));
    expect(found).toContainEqual(expect.stringMatching(/^missing-here/));
  });

  test("finds it also where the call's record has forgotten the attempt too", () => {
    const first = accounts.lines.find(({ ordinal, source }) => ordinal === 1 && source === "unknown");
    const calls = accounts.calls.map((call) => (call.callId === first?.callId ? { ...call, attempts: 1 } : call));
    expect(
      planted(
        only(first, () => []),
        calls,
      ),
    ).toContainEqual(expect.stringMatching(/^missing-here/));
  });

  test("finds cached tokens that were counted twice", () => {
    const cached = accounts.lines.find(({ usage }) => (usage?.tokens.cacheRead ?? 0) > 0);
    const found = planted(
      only(cached, (line) => {
        const item = line.costItems.find(({ of }) => of === "cacheRead");
        return [{ ...line, costPico: (line.costPico ?? 0n) + (item?.amountPico ?? 0n) }];
      }),
    );
    expect(found).toContainEqual(expect.stringMatching(/^differing/));
  });

  test("finds an aborted stream that was booked as nothing", () => {
    const aborted = accounts.lines.find(({ outcome, source }) => outcome === "aborted" && source === "estimated");
    expect(planted(only(aborted, (line) => [{ ...line, costPico: 0n }]))).toContainEqual(
      expect.stringMatching(/estimated as nothing/),
    );
    const measured = planted(only(aborted, (line) => [{ ...line, costPico: 0n, source: "measured" }]));
    expect(measured).toContainEqual(expect.stringMatching(/^differing/));
  });

  test("finds a retry that was booked twice", () => {
    const second = accounts.lines.find(({ ordinal, source }) => ordinal === 2 && source === "measured");
    const twice = (line: LedgerLine): LedgerLine => ({ ...line, lineId: "twice", attemptId: "twice", ordinal: 3 });
    const calls = accounts.calls.map((call) => (call.callId === second?.callId ? { ...call, attempts: 3 } : call));
    expect(
      planted(
        only(second, (line) => [line, twice(line)]),
        calls,
      ),
    ).toContainEqual(expect.stringMatching(/^missing-there/));
  });

  test("finds a line priced at the wrong model", async () => {
    const config = await configIn(await temporaryFolder(), tiers);
    const other = accounts.lines.find(({ marks }) => marks.includes("model-differs"));
    const price = config.prices.current().find(other?.requested ?? { provider: "", model: "" }, Date.now());
    if (price === null || other?.usage === undefined || other.usage === null)
      throw new Error("no line of another model");
    const cost = costOf(other.usage, price);
    const found = planted(
      only(other, (line) => [{ ...line, costPico: cost.kind === "priced" ? cost.amountPico : null }]),
    );
    expect(found).toContainEqual(expect.stringMatching(/^differing/));
  });

  test("finds an unknown cost that was given back", () => {
    const unknown = accounts.lines.find(({ source }) => source === "unknown");
    const free = (line: LedgerLine): LedgerLine => ({ ...line, source: "measured", costPico: 0n, atMostPico: null });
    expect(planted(only(unknown, (line) => [free(line)]))).toContainEqual(expect.stringMatching(/^differing/));
  });

  test("finds an upper bound below what was billed, a held hold, a taken place and a roll-up that lags", () => {
    const unknown = accounts.lines.find(({ source }) => source === "unknown");
    expect(planted(only(unknown, (line) => [{ ...line, atMostPico: 1n }]))).toContainEqual(
      expect.stringMatching(/unknown, at most 1/),
    );

    const [tenantId, states] = [...accounts.states].find(([, { budgets }]) => budgets.length > 0) ?? [];
    if (tenantId === undefined || states === undefined) throw new Error("no budget");
    const leaking = {
      ...states,
      leases: [{ limitId: "concurrent", capacity: 3, inFlight: 1 }],
      budgets: states.budgets.map((budget) => ({ ...budget, heldPico: 7n })),
    };
    const found = problemsOf({ ...accounts, states: new Map([[tenantId, leaking]]) });
    expect(found).toContainEqual(expect.stringMatching(/7 is held/));
    expect(found).toContainEqual(expect.stringMatching(/1 places/));

    const lagging = problemsOf({ ...accounts, usage: foldedUsage({ ...accounts, lines: accounts.lines.slice(1) }) });
    expect(lagging).toContainEqual(expect.stringMatching(/^roll-ups/));
    const lost = problemsOf({ ...accounts, admitted: new Set([...accounts.admitted, "call_nobody_recorded"]) });
    expect(lost).toContainEqual(expect.stringMatching(/no record/));
  });
});

/** A small installation in which each kind of line occurs once. */
async function referenceAccounts(folder: string): Promise<Accounts> {
  simulator.reset();
  const config = await configIn(folder, tiers + simulatedProviders(simulator));
  return await accountsOf(config, async ({ tenantry }) => {
    const under = async (plan: FaultPlan, call: Partial<PlannedCall>): Promise<MadeCall> => {
      simulator.plan(plan);
      return await makeCall(tenantry, plain(call));
    };
    return [
      await under([], {}),
      await under([{ fault: { kind: "billed-then-status" }, times: 1 }], {}),
      await under([{ fault: { kind: "cached-tokens", n: 30 }, times: 1 }], {}),
      await under([{ fault: { kind: "other-model", model: "gpt-4.1-nano" }, times: 1 }], {}),
      await under([], { streamed: true, maxOutputTokens: 64, sentences: 12, leave: { afterEvents: 4 } }),
    ];
  });
}

function plain(change: Partial<PlannedCall>): PlannedCall {
  return {
    tenantId: "wide-one",
    userId: "ann",
    sessionId: "s-1",
    streamed: false,
    sentences: 6,
    maxOutputTokens: 48,
    startAfterMs: 0,
    leave: null,
    timeoutMs: null,
    ...change,
  };
}

/** The fault for every second call of either vendor. */
function planOf(kind: HonestFaultKind): FaultPlan {
  return (["openai", "anthropic"] as const).map((provider) => ({
    match: { provider, everyNth: 2 },
    fault: fc.sample(faultOf(kind, provider), { numRuns: 1, seed: 7 })[0] ?? { kind: "reset" },
  }));
}

function callIdsInOrder({ calls }: Accounts): readonly string[] {
  return calls.toSorted((a, b) => a.admittedAt - b.admittedAt).map(({ callId }) => callId);
}
