import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BudgetEvent } from "../src/budgets/budget-event.ts";
import { createCancelSource } from "../src/calls/cancel-source.ts";
import { type Metered, meteredCall } from "../src/calls/metered-call.ts";
import { createSettler } from "../src/calls/settler.ts";
import { holdsFor } from "../src/limits/claims.ts";
import type { HoldClaim, LimitStore, PeekedBudget } from "../src/ports/limit-store.port.ts";
import { silentLog } from "../src/ports/log.port.ts";
import { usageOf } from "../src/pricing/usage.ts";
import { resolvePolicy } from "../src/tenancy/resolve-policy.ts";
import type { Tier } from "../src/tenancy/tier.ts";
import { aTenant, aTier } from "../src/testing/builders.ts";
import { createCollectingTelemetry } from "../src/testing/collecting-telemetry.ts";
import { aStand, blockingBudget, type Stand, upstream } from "./scripted-call.ts";

const input = { tenantId: "tenant-a" };
/** At 10 a byte of input, 20 a token of output: what a call of 100 bytes and this many tokens can cost. */
const worst = (outputTokens: number): bigint => 1_000n + 20n * BigInt(outputTokens);
const budgetOf = (limitPico: bigint, some: Partial<Tier["budgets"][number]> = {}): Tier["budgets"][number] => ({
  ...blockingBudget("1"),
  limitPico,
  ...some,
});
const clamping = { minOutputTokens: 5 };

async function call(
  stand: Stand,
  size: { maxOutputTokens?: number | null; choices?: number } = {},
): Promise<Metered<string>> {
  return await meteredCall(
    stand.ports,
    input,
    stand.work([{ pieces: ["a", "b"] }], { text: () => "x".repeat(90), ...size }),
  );
}

async function finish(metered: Metered<string>): Promise<void> {
  if (metered.kind !== "answering") throw new Error(metered.kind);
  for await (const _ of metered.events);
  await metered.ended;
}

/** Where a budget of the tenant's own stands. */
async function stateOf(stand: Stand, budgets: Tier["budgets"]): Promise<readonly PeekedBudget[]> {
  const tenant = aTenant();
  const { tenantId } = input;
  const who = { tenantId, userId: null, sessionId: null, feature: null, featuresUsed: [], keyId: null };
  const holds = holdsFor(
    resolvePolicy(aTier({ budgets }), tenant),
    who,
    { now: stand.clock.now(), timeZone: "UTC" },
    0n,
  );
  return (await stand.limits.peek({ windows: [], leases: [], holds })).budgets;
}

describe("a call that does not fit what a budget has left", () => {
  it("is refused where the tier does not clamp", async () => {
    const stand = aStand({ tier: { budgets: [budgetOf(worst(30))] } });
    expect((await call(stand)).kind).toBe("denied");
  });

  it("gets exactly the output that fits, is sent with it, holds no more, and says so", async () => {
    const budgets = [budgetOf(worst(30) + 19n)];
    const stand = aStand({ tier: { budgets, clampToBudget: clamping } });
    const metered = await call(stand);
    expect(metered).toMatchObject({ kind: "answering", outputLimit: 30 });
    expect((await stateOf(stand, budgets))[0]?.heldPico).toBe(worst(30));
    await finish(metered);
    expect(stand.sent[0]?.options.maxOutputTokens).toBe(30);
  });

  it("shares what is left among all the answers it asks for", async () => {
    const stand = aStand({ tier: { budgets: [budgetOf(worst(30))], clampToBudget: clamping } });
    expect(await call(stand, { choices: 3 })).toMatchObject({ outputLimit: 10 });
  });

  it("fits the tightest of several budgets", async () => {
    const budgets = [40, 35, 12, 20].map((tokens, index) => budgetOf(worst(tokens), { id: `budget-${index}` }));
    const stand = aStand({ tier: { budgets, clampToBudget: clamping } });
    expect(await call(stand)).toMatchObject({ outputLimit: 12 });
  });

  it("is refused where not even the least output fits, and told what would help that", async () => {
    const budgets = [budgetOf(worst(4) + 19n)];
    const stand = aStand({ tier: { budgets, clampToBudget: clamping } });
    const metered = await call(stand);
    expect(metered).toMatchObject({ kind: "denied", denial: { code: "budget_exceeded", waitFor: null } });
    expect(stand.sent).toEqual([]);
    expect((await stateOf(stand, budgets))[0]).toMatchObject({ heldPico: 0n, spentPico: 0n });
  });

  it("whose least output waits for calls in flight alone is told to come back soon", async () => {
    const stand = aStand({ tier: { budgets: [budgetOf(worst(50))], clampToBudget: clamping } });
    const work = stand.work([{ hangs: true }]);
    const cancel = createCancelSource();
    const running = meteredCall(stand.ports, { ...input, signal: cancel.signal }, work);
    await stand.clock.advance(1);
    const refused = await call(stand);
    expect(refused).toMatchObject({ kind: "denied", denial: { waitFor: "calls-in-flight", retryAfterMs: 1_000 } });
    cancel.cancel(undefined);
    // What it cost is not known, so it counts with the most it can: then only the month's end helps.
    expect((await running).kind).toBe("failed");
    const later = await call(stand);
    expect(later).toMatchObject({ kind: "denied", denial: { waitFor: "reset" } });
  });

  it("that lost a race for the money tries again with what is left, and then gives up", async () => {
    const budgets = [budgetOf(worst(40))];
    const racing = (stolen: number): Stand => {
      const stand = aStand({ tier: { budgets, clampToBudget: clamping } });
      let thefts = 0;
      const { limits } = stand.ports;
      const admit: LimitStore["admit"] = async (request) => {
        // Between a refusal and the next asking somebody else takes five tokens' worth.
        if (thefts > 0 && thefts <= stolen) {
          const holds = request.holds.map((claim): HoldClaim => ({ ...claim, amountPico: 100n }));
          await limits.admit({
            callId: `thief-${thefts}`,
            attemptId: `thief-${thefts}`,
            windows: [],
            leases: [],
            holds,
          });
        }
        thefts += 1;
        return await limits.admit(request);
      };
      return { ...stand, ports: { ...stand.ports, limits: { ...limits, admit } } };
    };
    expect(await call(racing(1))).toMatchObject({ kind: "answering", outputLimit: 35 });
    expect(await call(racing(2))).toMatchObject({ kind: "answering", outputLimit: 30 });
    expect(await call(racing(9))).toMatchObject({ kind: "denied" });
  });

  it("never holds more than is left nor less than fits, whatever is left and asked for", async () => {
    const tokens = fc.integer({ min: 1, max: 400 });
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 9_000n }), tokens, tokens, async (limitPico, asked, least) => {
        const budgets = [budgetOf(limitPico)];
        const stand = aStand({ tier: { budgets, clampToBudget: { minOutputTokens: least } } });
        const metered = await call(stand, { maxOutputTokens: asked });
        const held = (await stateOf(stand, budgets))[0]?.heldPico ?? 0n;
        expect(held).toBeLessThanOrEqual(limitPico);
        const most = Math.min(asked, Number((limitPico - 1_000n) / 20n));
        const isFit = limitPico >= 1_000n && most >= Math.min(asked, least);
        expect(metered.kind).toBe(isFit ? "answering" : "denied");
        if (isFit) expect(held).toBe(worst(most));
        if (metered.kind === "answering") expect(metered.outputLimit).toBe(most === asked ? null : most);
      }),
      { numRuns: 150 },
    );
  });

  it("of a caller without a limit of their own says the tier's cap", async () => {
    const stand = aStand({ tier: { maxOutputTokens: 64 } });
    expect(await call(stand, { maxOutputTokens: null })).toMatchObject({ outputLimit: 64 });
    expect(await call(stand, { maxOutputTokens: 65 })).toMatchObject({ outputLimit: 64 });
    expect(await call(stand, { maxOutputTokens: 63 })).toMatchObject({ outputLimit: null });
  });

  it("is clamped anew for every further attempt", async () => {
    const budgets = [budgetOf(2_400n)];
    const stand = aStand({ tier: { budgets, clampToBudget: clamping, retries: 0 } });
    const scripts = [{ fails: upstream("timeout") }, { pieces: ["a"] }];
    const metered = await meteredCall(
      stand.ports,
      input,
      stand.work(scripts, { maxOutputTokens: 60, text: () => "x".repeat(90) }),
    );
    // The first may have cost its 2,200, so 200 are left, which at 1 and 2 is 50 tokens more than 100 bytes.
    expect(metered).toMatchObject({ kind: "answering", attempts: 2, outputLimit: 50 });
    expect(stand.sent.map(({ options }) => options.maxOutputTokens)).toEqual([60, 50]);
  });
});

describe("a budget topped up", () => {
  it("admits what it would have refused, for as long as it counts", async () => {
    const topUp = { id: "gift", budgetId: "budget-month", scopeId: null, amountPico: worst(50), note: null };
    const start = aStand().clock.now();
    const stand = aStand({ tier: { budgets: [budgetOf(0n)] }, tenant: { topUps: [{ ...topUp, at: start }] } });
    expect((await call(stand)).kind).toBe("answering");
    await stand.clock.advance(40 * 86_400_000);
    expect(await call(stand)).toMatchObject({ kind: "denied", denial: { limit: "0", waitFor: null } });
  });

  it("is not promised again for the period after", async () => {
    const topUp = { id: "gift", budgetId: "budget-month", scopeId: null, amountPico: worst(50), note: null };
    const start = aStand().clock.now();
    const stand = aStand({ tier: { budgets: [budgetOf(worst(20))] }, tenant: { topUps: [{ ...topUp, at: start }] } });
    await finish(await call(stand));
    await finish(await call(stand, { maxOutputTokens: 1 }));
    const first = await call(stand);
    expect(first.kind).toBe("answering");
    await finish(first);
    // What is spent is small; hold the rest, so that the next call is refused.
    for (let index = 0; index < 9; index += 1) await call(stand, { maxOutputTokens: 40 });
    const refused = await call(stand);
    expect(refused).toMatchObject({ kind: "denied", denial: { resetAt: null } });
  });
});

describe("a share of a budget that is spent", () => {
  function watched(
    limitPico: bigint,
    breach: "block" | "warn" = "block",
  ): { stand: Stand; told: BudgetEvent[]; logged: string[]; telemetry: ReturnType<typeof createCollectingTelemetry> } {
    const told: BudgetEvent[] = [];
    const logged: string[] = [];
    const telemetry = createCollectingTelemetry();
    const stand = aStand({ tier: { budgets: [budgetOf(limitPico, { scope: "user", breach })] } });
    const log = {
      ...silentLog,
      warn: (event: string) => void logged.push(event),
      error: (event: string) => void logged.push(event),
    };
    const settler = createSettler({
      ...stand.ports,
      log,
      onBudgetEvent(event) {
        told.push(event);
        if (event.percent === 100) throw new Error("a listener at fault");
      },
    });
    return { stand: { ...stand, ports: { ...stand.ports, settler, telemetry } }, told, logged, telemetry };
  }
  const spend = async (stand: Stand, outputTokens: number): Promise<void> => {
    const usage = usageOf({ input: 0, output: outputTokens });
    const work = stand.work([{ pieces: ["a"], usage }], {
      maxOutputTokens: outputTokens,
      inputTokens: 1,
      text: () => "x",
    });
    await finish(await meteredCall(stand.ports, { ...input, userId: "ann" }, work));
  };

  it("is told once: to the log, to whoever listens, and on the call's span; a listener's fault changes nothing", async () => {
    const { stand, told, logged, telemetry } = watched(2_000n);
    await spend(stand, 30);
    expect(told).toEqual([]);
    await spend(stand, 50);
    const month = Date.UTC(new Date(stand.clock.now()).getUTCFullYear(), new Date(stand.clock.now()).getUTCMonth() + 1);
    const event = { tenantId: "tenant-a", budgetId: "budget-month", scopeId: "ann", percent: 80, limitPico: 2_000n };
    expect(told).toEqual([{ ...event, spentPico: 1_600n, resetAt: month }]);
    await spend(stand, 1);
    expect(told).toHaveLength(1);
    expect(telemetry.calls.map(({ end }) => end?.budgetEvents.map(({ percent }) => percent))).toEqual([[], [80], []]);
    expect(logged).toEqual(["budget-reached"]);
  });

  it("is told of both shares when one call goes past both", async () => {
    const { stand, told, logged } = watched(900n, "warn");
    await spend(stand, 50);
    await spend(stand, 50);
    expect(told.map(({ percent }) => percent)).toEqual([80, 100]);
    expect(logged).toEqual(["budget-reached", "budget-reached", "budget-event-failed"]);
  });
});
