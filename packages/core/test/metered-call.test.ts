import { describe, expect, it } from "vitest";
import { TenantryError } from "../src/errors/tenantry-error.ts";
import { claimsFor } from "../src/limits/claims.ts";
import { createCancelSource } from "../src/calls/cancel-source.ts";
import { meteredCall, type Metered } from "../src/calls/metered-call.ts";
import { recoverCalls } from "../src/calls/recover-calls.ts";
import { aStand, blockingBudget, first, second, type Stand, upstream } from "./scripted-call.ts";
import { resolvePolicy } from "../src/tenancy/resolve-policy.ts";
import { attributionOf } from "../src/calls/call-input.ts";
import type { LimitStates } from "../src/ports/limit-store.port.ts";
import { usageOf } from "../src/pricing/usage.ts";
import { aPrice, aPriceBook } from "../src/testing/builders.ts";

const input = { tenantId: "tenant-a", userId: "user-1", feature: "chat" };

async function read(metered: Metered<string>): Promise<string[]> {
  if (metered.kind !== "answering") throw new Error(`not answering: ${metered.kind}`);
  const pieces: string[] = [];
  for await (const piece of metered.events) pieces.push(piece);
  return pieces;
}

/** Lets time pass until the promise is settled, at most `ms` of it. */
async function within<Result>(stand: Stand, ms: number, pending: Promise<Result>): Promise<Result> {
  const state = { settled: false };
  void pending.finally(() => (state.settled = true)).catch(() => undefined);
  for (let passed = 0; passed <= ms && !state.settled; passed += 50) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!state.settled) await stand.clock.advance(50);
  }
  return await pending;
}

async function endOf(
  metered: Metered<string>,
): Promise<Awaited<Extract<Metered<string>, { kind: "answering" }>["ended"]>> {
  if (metered.kind === "denied") throw new Error("denied");
  return await metered.ended;
}

async function statesOf(stand: Stand): Promise<LimitStates> {
  const tier = [...stand.ports.tiers.values()][0]!;
  const tenant = (await stand.ports.tenants.find("tenant-a"))!;
  const policy = resolvePolicy(tier, tenant);
  const at = { now: stand.clock.now(), timeZone: "UTC" };
  return await stand.limits.peek(claimsFor(policy, attributionOf(input, []), at, { tokens: 0, costPico: 0n }));
}

const limits = [{ id: "calls-1m", metric: "calls", capacity: 2, windowMs: 60_000, scope: "tenant" }] as const;
const concurrency = [{ id: "concurrent", capacity: 1, scope: "tenant" }] as const;

describe("a call that is answered", () => {
  it("gives the answer on piece by piece and writes one measured line and one record", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a", "b"] }]));
    expect(await read(metered)).toEqual(["a", "b"]);
    const { record, lines, settled } = await endOf(metered);
    expect(record).toMatchObject({ outcome: "ok", attempts: 1, model: first, userId: "user-1", feature: "chat" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      source: "measured",
      outcome: "ok",
      costPico: 7n * 10n + 3n * 20n,
      priceId: "price-large",
    });
    expect(settled).toBe(true);
    expect(await stand.reader.call({ kind: "installation" }, record.callId)).toEqual({ call: record, lines });
  });

  it("gives back its place and its hold, and counts its cost in the budget", async () => {
    const stand = aStand({ tier: { limits, concurrency, budgets: [blockingBudget("1")] } });
    await read(await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }])));
    const states = await statesOf(stand);
    expect(states.leases[0]).toMatchObject({ inFlight: 0 });
    expect(states.budgets[0]).toMatchObject({ heldPico: 0n, spentPico: 130n });
    expect(states.windows[0]).toMatchObject({ remaining: 1 });
  });

  it("sends the tier's output limit, and the caller's where it is lower", async () => {
    const stand = aStand({ tier: { maxOutputTokens: 40 } });
    await read(await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }])));
    await read(await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }], { maxOutputTokens: 9 })));
    expect(stand.sent.map(({ options }) => options.maxOutputTokens)).toEqual([40, 9]);
  });

  it("writes its line before the piece that completes it is given on", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a", "end"] }]));
    if (metered.kind !== "answering") throw new Error(metered.kind);
    const iterator = metered.events[Symbol.asyncIterator]();
    await iterator.next();
    const last = await iterator.next();
    expect(last.value).toBe("end");
    expect((await stand.reader.call({ kind: "installation" }, metered.callId))?.lines).toHaveLength(1);
  });

  it("counts usage nobody reported and marks it estimated", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["four"], usage: null }]));
    await read(metered);
    const [line] = (await endOf(metered)).lines;
    expect(line).toMatchObject({ outcome: "ok", source: "estimated" });
    expect(line?.costPico).toBeGreaterThan(0n);
  });

  it("counts a dated edition of the model asked for under the name that was asked for", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"], model: "large-2024-07-18" }]));
    await read(metered);
    const [line] = (await endOf(metered)).lines;
    expect(line).toMatchObject({ answered: first, reportedModel: "large-2024-07-18", marks: [] });
  });

  it("is priced by the model that answered, and says when that is another one", async () => {
    const stand = aStand({ tier: { route: [{ provider: "one", model: "large" }] } });
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"], model: "never-heard-of" }]));
    await read(metered);
    const [line] = (await endOf(metered)).lines;
    expect(line).toMatchObject({
      reportedModel: "never-heard-of",
      priceId: "price-large",
      marks: ["model-differs", "priced-as-requested"],
    });
  });
});

describe("a call that is denied", () => {
  const cases = [
    ["an unknown tenant", { tenantId: "nobody" }, {}, "unknown_tenant"],
    ["a suspended tenant", {}, { tenant: { status: "suspended" as const } }, "tenant_suspended"],
    ["a feature the tier lacks", { features: ["gold"] }, { tier: { features: ["silver"] } }, "feature_not_in_tier"],
    ["a model the tier lacks", { model: "one/huge" }, {}, "model_not_in_tier"],
    ["an unpriced model", {}, { tier: { route: [{ provider: "one", model: "unpriced" }] } }, "unpriced_model"],
    ["a used-up window", {}, { tier: { limits: [{ ...limits[0], capacity: 0 }] } }, "rate_limited"],
    ["a budget too small", {}, { tier: { budgets: [blockingBudget("0.000000000001")] } }, "budget_exceeded"],
  ] as const;
  for (const [what, some, options, code] of cases) {
    it(`for ${what} is a value, and nothing is sent, held or written`, async () => {
      const stand = aStand(options);
      const metered = await meteredCall(stand.ports, { ...input, ...some }, stand.work([{ pieces: ["a"] }]));
      expect(metered).toMatchObject({ kind: "denied", denial: { code } });
      expect(stand.sent).toEqual([]);
      expect((await statesOf(stand)).budgets.every(({ heldPico, spentPico }) => heldPico + spentPico === 0n)).toBe(
        true,
      );
      const period = { from: 0, to: stand.clock.now() + 1 };
      const rows = await stand.reader.usage({ kind: "installation" }, { period, groupBy: [], timeZone: "UTC" });
      expect(rows.map(({ denied, attempts }) => ({ denied, attempts }))).toEqual(
        code === "unknown_tenant" ? [] : [{ denied: 1, attempts: 0 }],
      );
    });
  }

  it("says how long to wait, and waiting that long helps", async () => {
    const stand = aStand({ tier: { limits } });
    const call = async (): Promise<Metered<string>> =>
      await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }]));
    await read(await call());
    await stand.clock.advance(10_000);
    await read(await call());
    const denied = await call();
    if (denied.kind !== "denied") throw new Error(denied.kind);
    expect(denied.denial).toMatchObject({ limit: 2, remaining: 0, retryAfterMs: 50_000 });
    await stand.clock.advance(49_999);
    expect((await call()).kind).toBe("denied");
    await stand.clock.advance(1);
    expect((await call()).kind).toBe("answering");
  });

  it("is spared where an exact token count fits though the cheap bound does not", async () => {
    const tier = { budgets: [blockingBudget("0.000000002")], maxOutputTokens: 50 };
    const fits = aStand({ tier });
    const metered = await meteredCall(fits.ports, input, fits.work([{ pieces: ["a"] }], { inputTokens: 1_000 }));
    expect(metered.kind).toBe("answering");
  });

  it("under a blocking budget when its cost has no bound, unless the tier names a hold", async () => {
    const unbounded = { unbounded: "images" };
    const without = aStand({ tier: { budgets: [blockingBudget("1")] } });
    const denied = await meteredCall(without.ports, input, without.work([{ pieces: ["a"] }], unbounded));
    expect(denied).toMatchObject({ kind: "denied", denial: { code: "budget_exceeded" } });
    const withHold = aStand({ tier: { budgets: [blockingBudget("1")], fixedHoldPico: 500n } });
    const metered = await meteredCall(withHold.ports, input, withHold.work([{ pieces: ["a"] }], unbounded));
    await read(metered);
    // 100 tokens in, 50 out, and what cannot be known on top.
    expect((await endOf(metered)).lines[0]).toMatchObject({ holdPico: 100n * 10n + 50n * 20n + 500n });
  });

  it("under a blocking budget that its text and output do not fit, whatever else the request holds", async () => {
    const tier = { budgets: [blockingBudget("0.000000001")], fixedHoldPico: 1n };
    for (const some of [{}, { unbounded: "a field that nobody here knows" }]) {
      const stand = aStand({ tier });
      const denied = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }], some));
      expect(denied).toMatchObject({ kind: "denied", denial: { code: "budget_exceeded" } });
    }
  });

  it("takes no line for dearer than its hold where nothing was held", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }], { unbounded: "images" }));
    await read(metered);
    expect((await endOf(metered)).lines[0]).toMatchObject({ holdPico: null, marks: [] });
  });
});

describe("attempts that fail", () => {
  it("are retried and fall back, each with a line of its own that says what it cost", async () => {
    const stand = aStand();
    const work = stand.work([
      { fails: upstream("refused", { status: 429 }) },
      { fails: upstream("server-error", { status: 500 }) },
      { pieces: ["a"] },
    ]);
    const metered = await within(stand, 5_000, meteredCall(stand.ports, input, work));
    await read(metered);
    const { lines, record } = await endOf(metered);
    expect(stand.sent.map(({ target }) => target)).toEqual([first, first, second]);
    expect(lines.map(({ outcome, source, costPico }) => [outcome, source, costPico])).toEqual([
      ["refused", "measured", 0n],
      ["failed", "unknown", null],
      ["ok", "measured", 7n + 6n],
    ]);
    expect(lines[1]?.atMostPico).toBe(100n * 10n + 50n * 20n);
    expect(record).toMatchObject({ outcome: "ok", attempts: 3, model: second });
  });

  it("take one window slot together", async () => {
    const stand = aStand({ tier: { limits } });
    const work = stand.work([{ fails: upstream("server-error") }, { pieces: ["a"] }]);
    await read(await within(stand, 5_000, meteredCall(stand.ports, input, work)));
    expect((await statesOf(stand)).windows[0]).toMatchObject({ remaining: 1 });
  });

  it("by the caller's own fault are neither retried nor held against us", async () => {
    const objective = {
      id: "latency-p95-1000ms",
      metric: "latency",
      quantile: 0.95,
      thresholdMs: 1000,
      minCalls: 20,
    } as const;
    const stand = aStand({ tier: { objectives: [objective] } });
    const error = upstream("refused", { status: 400, fault: "caller" });
    const metered = await meteredCall(stand.ports, input, stand.work([{ fails: error }]));
    expect(metered).toMatchObject({ kind: "failed", error: { code: "upstream_error" } });
    expect((await endOf(metered)).record.verdicts).toEqual([{ objectiveId: objective.id, verdict: "excluded" }]);
    expect(stand.sent).toHaveLength(1);
  });

  it("end the chain when the next one's hold is denied, with the last upstream error and the denial", async () => {
    // The first attempt's unknown outcome keeps its whole hold, so the budget has no room for a second.
    const stand = aStand({ tier: { budgets: [blockingBudget("0.000000002")], route: [first] } });
    const metered = await within(
      stand,
      5_000,
      meteredCall(stand.ports, input, stand.work([{ fails: upstream("server-error", { status: 500 }) }])),
    );
    expect(metered).toMatchObject({
      kind: "failed",
      error: { code: "upstream_error" },
      denial: { code: "budget_exceeded" },
    });
    expect((await endOf(metered)).record).toMatchObject({ outcome: "failed", failure: "budget_exceeded", attempts: 1 });
  });

  it("are not retried once the caller has seen a byte", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"], breaks: upstream("cut") }]));
    await expect(read(metered)).rejects.toMatchObject({ code: "upstream_error" });
    const { lines, record } = await endOf(metered);
    expect(stand.sent).toHaveLength(1);
    expect(lines[0]).toMatchObject({ outcome: "cut", source: "estimated" });
    expect(record).toMatchObject({ outcome: "failed" });
  });

  it("by hanging end at the deadline as unknown, whatever the provider does", async () => {
    const stand = aStand({ tier: { timeoutMs: 3_000 } });
    const metered = await within(stand, 3_000, meteredCall(stand.ports, input, stand.work([{ hangs: true }])));
    expect(metered).toMatchObject({ kind: "failed", error: { code: "upstream_timeout" } });
    expect((await endOf(metered)).lines[0]).toMatchObject({ outcome: "timeout", source: "unknown", costPico: null });
  });

  it("by hanging leave time for the next model where the tier limits an attempt", async () => {
    const stand = aStand({ tier: { timeoutMs: 10_000, attemptTimeoutMs: 2_000 } });
    const metered = await within(
      stand,
      2_000,
      meteredCall(stand.ports, input, stand.work([{ hangs: true }, { pieces: ["a"] }])),
    );
    expect(await read(metered)).toEqual(["a"]);
    expect(stand.sent.map(({ target }) => target)).toEqual([first, second]);
  });
});

describe("a caller who gives up", () => {
  it("half-way through a stream is billed for what was received, marked estimated", async () => {
    const stand = aStand({ tier: { concurrency, budgets: [blockingBudget("1")] } });
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["abc", "def"], hangs: true }]));
    if (metered.kind !== "answering") throw new Error(metered.kind);
    for await (const piece of metered.events) if (piece === "def") break;
    const { lines, record } = await metered.ended;
    expect(lines[0]).toMatchObject({ outcome: "aborted", source: "estimated" });
    expect(lines[0]?.usage?.tokens.output).toBeGreaterThan(0);
    expect(record.outcome).toBe("aborted");
    const states = await statesOf(stand);
    expect(states.leases[0]).toMatchObject({ inFlight: 0 });
    expect(states.budgets[0]).toMatchObject({ heldPico: 0n });
  });

  it("before the answer began leaves a line of unknown cost that keeps its hold as spent", async () => {
    const stand = aStand({ tier: { budgets: [blockingBudget("1")] } });
    const caller = createCancelSource();
    const pending = meteredCall(stand.ports, { ...input, signal: caller.signal }, stand.work([{ hangs: true }]));
    await stand.clock.advance(1);
    caller.cancel(new Error("bored"));
    const metered = await pending;
    expect(metered).toMatchObject({ kind: "failed", error: { code: "cancelled" } });
    const { lines, record } = await endOf(metered);
    expect(lines[0]).toMatchObject({ outcome: "aborted", source: "unknown", costPico: null });
    expect(record.outcome).toBe("aborted");
    expect((await statesOf(stand)).budgets[0]).toMatchObject({ heldPico: 0n, spentPico: lines[0]?.atMostPico });
  });

  it("before admission consumes nothing", async () => {
    const stand = aStand({ tier: { limits } });
    const caller = createCancelSource();
    caller.cancel(new Error("never mind"));
    const call = meteredCall(stand.ports, { ...input, signal: caller.signal }, stand.work([{ pieces: ["a"] }]));
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
    expect((await statesOf(stand)).windows[0]).toMatchObject({ remaining: 2 });
  });

  it("without reading at all does not keep the call open for ever", async () => {
    const stand = aStand({ tier: { timeoutMs: 1_000 } });
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"], hangs: true }]));
    await stand.clock.advance(1_000);
    expect((await endOf(metered)).record.outcome).toBe("failed");
  });
});

describe("a part that misbehaves", () => {
  it("a tokenizer that fails does not keep a call open", async () => {
    const stand = aStand();
    const tokens = { count: () => Promise.reject(new Error("no vocabulary")) };
    const metered = await meteredCall(
      { ...stand.ports, tokens },
      input,
      stand.work([{ pieces: ["abcd"], usage: null }]),
    );
    expect(await read(metered)).toEqual(["abcd"]);
    expect((await endOf(metered)).lines[0]).toMatchObject({ source: "estimated" });
  });

  it.each([1.5, Number.NaN, -3, Number.POSITIVE_INFINITY, 2 ** 60])(
    "usage of %d tokens is no measurement",
    async (output) => {
      const stand = aStand({ tier: { budgets: [blockingBudget("1")] } });
      const usage = usageOf({ input: 7, output });
      const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["abcd"], usage }]));
      await read(metered);
      expect((await endOf(metered)).lines[0]).toMatchObject({ source: "estimated", outcome: "ok" });
    },
  );

  it("counts that cannot be summed exactly are no measurement, and the call's place is given back", async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const tokensPerMinute = { ...limits[0], id: "tokens-1m", metric: "tokens", capacity: 10_000 } as const;
    const stand = aStand({ tier: { limits: [tokensPerMinute], concurrency } });
    const usage = usageOf({ input: most, output: most });
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["abcd"], usage }]));
    await read(metered);
    const { lines, settled } = await endOf(metered);
    expect([lines[0]?.source, settled]).toEqual(["estimated", true]);
    expect((await statesOf(stand)).leases[0]).toMatchObject({ inFlight: 0 });
  });

  it.each([1.5, Number.NaN, -3, Number.POSITIVE_INFINITY])(
    "%d searches are no measurement, and keep neither the caller waiting nor the call open",
    async (webSearch) => {
      const stand = aStand({ tier: { budgets: [blockingBudget("1")] } });
      const usage = { ...usageOf({ input: 7, output: 3 }), fees: { webSearch } };
      const price = aPrice({ ...first, rates: { input: 10n, output: 20n }, fees: { webSearch: 5n } });
      const prices = { current: () => aPriceBook([price]) };
      const metered = await meteredCall({ ...stand.ports, prices }, input, stand.work([{ pieces: ["abcd"], usage }]));
      expect(await within(stand, 2_000, read(metered))).toEqual(["abcd"]);
      const [line] = (await within(stand, 2_000, endOf(metered))).lines;
      expect([line?.source, line?.outcome, line?.usage?.fees]).toEqual(["estimated", "ok", {}]);
    },
  );

  it("a fault of ours in closing a call ends the answer with an error, and is not waited for without end", async () => {
    const broken = { kind: "markup", markupPpm: null as unknown as bigint, version: "broken" } as const;
    const stand = aStand({ tier: { charge: broken } });
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a", "b"] }]));
    await expect(within(stand, 2_000, read(metered))).rejects.toThrow(TenantryError);
    await expect(within(stand, 2_000, endOf(metered))).rejects.toThrow(TypeError);
  });

  it("a price book that is swapped in while a call runs is for later attempts", async () => {
    const stand = aStand({ tier: { budgets: [blockingBudget("1")] } });
    let book = stand.ports.prices.current();
    const ports = { ...stand.ports, prices: { current: () => book } };
    const metered = await meteredCall(ports, input, stand.work([{ pieces: ["a", "b"] }]));
    book = { ...book, version: "dear", find: () => null };
    await read(metered);
    expect((await endOf(metered)).lines[0]).toMatchObject({ priceId: "price-large", marks: [] });
  });

  it("a connection that stays open after the end of the answer does not hold the answer up", async () => {
    const stand = aStand();
    const base = stand.work([{ pieces: ["a", "b"] }]);
    const work: typeof base = {
      ...base,
      async open(target, options) {
        const exchange = await base.open(target, options);
        const next = async (): Promise<IteratorResult<string>> =>
          exchange.reading.ended ? await new Promise<never>(() => undefined) : await exchange.events.next();
        return { ...exchange, events: { next } };
      },
    };
    const metered = await meteredCall(stand.ports, input, work);
    expect(await within(stand, 2_000, read(metered))).toEqual(["a", "b"]);
    expect((await endOf(metered)).record.outcome).toBe("ok");
  });

  it("a connection that goes on after the end of the answer is cut, however steadily something comes", async () => {
    const stand = aStand();
    const base = stand.work([{ pieces: ["a", "b"] }]);
    let isCut = false;
    const work: typeof base = {
      ...base,
      async open(target, options) {
        const exchange = await base.open(target, options);
        options.signal.addEventListener("abort", () => (isCut = true), { once: true });
        const next = async (): Promise<IteratorResult<string>> => {
          if (!exchange.reading.ended) return await exchange.events.next();
          await stand.clock.sleep(900);
          return { done: false, value: "more" };
        };
        return { ...exchange, events: { next } };
      },
    };
    const metered = await meteredCall(stand.ports, input, work);
    expect(await within(stand, 3_000, read(metered))).toEqual(["a", "b", "more"]);
    expect(isCut).toBe(true);
  });

  it("an attempt nobody heard of counts with its worst case in a token limit, beside what was measured", async () => {
    const tokensPerMinute = {
      id: "tokens-1m",
      metric: "tokens",
      capacity: 10_000,
      windowMs: 60_000,
      scope: "tenant",
    } as const;
    const stand = aStand({ tier: { limits: [tokensPerMinute], retries: 0 } });
    const work = stand.work([{ fails: upstream("server-error", { status: 500 }) }, { pieces: ["a"] }]);
    await read(await meteredCall(stand.ports, input, work));
    expect((await statesOf(stand)).windows[0]).toMatchObject({ remaining: 10_000 - 150 - 10 });
  });

  it("each attempt nobody heard of counts with its own worst case, also where the next one's is larger", async () => {
    const tokensPerMinute = {
      id: "tokens-1m",
      metric: "tokens",
      capacity: 10_000,
      windowMs: 60_000,
      scope: "tenant",
    } as const;
    // By bytes the first costs up to 2,000; counted exactly, 15 in and 50 out, up to 1,150. The second fits by bytes.
    const budgets = [blockingBudget("0.0000000015")];
    const stand = aStand({ tier: { limits: [tokensPerMinute], budgets, retries: 0 } });
    const lost = { fails: upstream("server-error", { status: 500 }) };
    const metered = await meteredCall(stand.ports, input, stand.work([lost, lost]));
    expect((await endOf(metered)).lines.map(({ holdPico }) => holdPico)).toEqual([1_150n, 200n]);
    expect((await statesOf(stand)).windows[0]).toMatchObject({ remaining: 10_000 - 65 - 150 });
  });

  it("what could not be given back when the ledger failed is given back when the stores work again", async () => {
    let down = true;
    const fail = async (): Promise<never> => await Promise.reject(new TenantryError("unavailable", "locked"));
    const stand = aStand({ tier: { concurrency }, ledger: (inner) => ({ ...inner, open: fail }) });
    const limitsThatFail = {
      ...stand.limits,
      release: async (release: Parameters<typeof stand.limits.release>[0]) =>
        down ? await fail() : await stand.limits.release(release),
    };
    const { createSettler } = await import("../src/calls/settler.ts");
    const settler = createSettler({ ...stand.ports, limits: limitsThatFail });
    const ports = { ...stand.ports, limits: limitsThatFail, settler };
    await expect(meteredCall(ports, input, stand.work([{ pieces: ["a"] }]))).rejects.toMatchObject({
      code: "unavailable",
    });
    expect((await statesOf(stand)).leases[0]).toMatchObject({ inFlight: 1 });
    down = false;
    await within(stand, 2_000, settler.close(1_000));
    expect((await statesOf(stand)).leases[0]).toMatchObject({ inFlight: 0 });
  });
});

describe("a caller who reads slowly", () => {
  const many = Array.from({ length: 3_000 }, (_, index) => String(index));

  it("gets everything in order, and the provider is made to wait", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: many }]));
    expect(await read(metered)).toEqual(many);
    expect((await endOf(metered)).record.outcome).toBe("ok");
  });

  it("and stops without a word is cut off at the deadline, and the call is closed", async () => {
    const stand = aStand({ tier: { concurrency, timeoutMs: 5_000 } });
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: many }]));
    await within(stand, 6_000, endOf(metered));
    expect((await endOf(metered)).lines[0]).toMatchObject({ outcome: "timeout", source: "estimated" });
    expect((await statesOf(stand)).leases[0]).toMatchObject({ inFlight: 0 });
  });

  it("learns how the call ended though nobody took the last piece", async () => {
    const stand = aStand();
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: many.slice(0, 1_024) }]));
    expect((await endOf(metered)).record.outcome).toBe("ok");
  });
});

describe("a store that fails", () => {
  it("before the intent is durable refuses the call, sends nothing and gives everything back", async () => {
    const stand = aStand({
      tier: { concurrency, budgets: [blockingBudget("1")] },
      ledger: (inner) => ({
        ...inner,
        open: async () => {
          throw new Error("disk full");
        },
      }),
    });
    const call = meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }]));
    await expect(call).rejects.toMatchObject({ code: "unavailable", retryable: true });
    expect(stand.sent).toEqual([]);
    const states = await statesOf(stand);
    expect(states.leases[0]).toMatchObject({ inFlight: 0 });
    expect(states.budgets[0]).toMatchObject({ heldPico: 0n, spentPico: 0n });
  });

  it("after the answer delivers it all the same, and the line is written when the store is back", async () => {
    let broken = true;
    const stand = aStand({
      ledger: (inner) => ({
        ...inner,
        settle: async (settlement) => {
          if (broken) throw new TenantryError("unavailable", "locked");
          return await inner.settle(settlement);
        },
      }),
    });
    const metered = await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }]));
    expect(await read(metered)).toEqual(["a"]);
    expect(await endOf(metered)).toMatchObject({ settled: false, record: { outcome: "ok" } });
    expect(stand.ports.settler.pending()).toBe(1);
    broken = false;
    await stand.clock.advance(1_000);
    expect(stand.ports.settler.pending()).toBe(0);
    expect((await stand.reader.call({ kind: "installation" }, metered.callId))?.lines).toHaveLength(1);
  });

  it("has what waits written once more when the program closes", async () => {
    let broken = true;
    const stand = aStand({
      ledger: (inner) => ({
        ...inner,
        settle: async (settlement) => {
          if (broken) throw new TenantryError("unavailable", "locked");
          return await inner.settle(settlement);
        },
      }),
    });
    await read(await meteredCall(stand.ports, input, stand.work([{ pieces: ["a"] }])));
    broken = false;
    expect(await stand.ports.settler.close(1_000)).toBe(0);
  });
});

describe("telemetry", () => {
  it("that throws changes nothing", async () => {
    const { guardTelemetry } = await import("../src/calls/guard-telemetry.ts");
    const { silentLog } = await import("../src/ports/log.port.ts");
    const hostile = new Proxy(
      {},
      {
        get: () => () => {
          throw new Error("telemetry is broken");
        },
      },
    );
    const stand = aStand();
    const ports = { ...stand.ports, telemetry: guardTelemetry(hostile as never, silentLog) };
    const metered = await meteredCall(ports, input, stand.work([{ pieces: ["a"], usage: usageOf({ input: 1 }) }]));
    expect(await read(metered)).toEqual(["a"]);
  });

  it("is told the time to the first byte from the attempt's own start, and only where there was one", async () => {
    const { createCollectingTelemetry } = await import("../src/testing/collecting-telemetry.ts");
    const stand = aStand({ tier: { attemptTimeoutMs: 2_000 } });
    const telemetry = createCollectingTelemetry();
    const work = stand.work([{ hangs: true }, { pieces: ["a", "b"] }]);
    await read(await within(stand, 4_000, meteredCall({ ...stand.ports, telemetry }, input, work)));
    const [call] = telemetry.calls;
    expect(call?.attempts.map(({ end }) => end?.ttftMs)).toEqual([null, 0]);
    expect(call?.end?.record.ttftMs).toBeGreaterThanOrEqual(2_000);
  });
});

describe("a process that died", () => {
  it("leaves its open attempt as a line of unknown cost that keeps counting at its most, and frees its place", async () => {
    const options = { tier: { limits, concurrency, budgets: [blockingBudget("1")] } };
    const dying = aStand(options);
    void meteredCall(dying.ports, input, dying.work([{ hangs: true }]));
    await new Promise((resolve) => setImmediate(resolve));
    const survivor = dying.anotherProcess();
    expect(await recoverCalls(survivor.ports)).toMatchObject({ calls: 0, unknownAttempts: 0 });
    dying.kill();
    expect(await recoverCalls(survivor.ports)).toMatchObject({ calls: 1, unknownAttempts: 1 });
    const page = await survivor.reader.calls(
      { kind: "installation" },
      { period: { from: 0, to: Infinity }, limit: 10 },
    );
    expect(page.calls).toMatchObject([{ outcome: "lost", attempts: 1, userId: "user-1" }]);
    const detail = await survivor.reader.call({ kind: "installation" }, page.calls[0]!.callId);
    expect(detail?.lines).toMatchObject([{ outcome: "lost", source: "unknown", costPico: null, atMostPico: 2_000n }]);
    const states = await statesOf(survivor);
    expect(states.leases[0]).toMatchObject({ inFlight: 0 });
    expect(states.budgets[0]).toMatchObject({ heldPico: 0n, spentPico: 2_000n });
    expect(states.windows[0]).toMatchObject({ remaining: 1 });
    expect(await recoverCalls(survivor.ports)).toMatchObject({ calls: 0, freedLeases: 0, freedHolds: 0 });
  });
});
