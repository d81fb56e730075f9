import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LateUsage, type LateUsagePorts, recordLateUsage } from "../src/calls/late-usage.ts";
import { meteredCall } from "../src/calls/metered-call.ts";
import { supersedeLine, termsOf } from "../src/calls/supersede-line.ts";
import type { TenantryError } from "../src/errors/tenantry-error.ts";
import { explainCall } from "../src/metering/explain-call.ts";
import type { LedgerLine } from "../src/metering/ledger-line.ts";
import { linesOfAttempt, supersedingLineId } from "../src/metering/line-in-force.ts";
import { repriceLine } from "../src/metering/reprice-line.ts";
import { holdsFor } from "../src/limits/claims.ts";
import { usd } from "../src/money/decimal.ts";
import { createPriceBook } from "../src/pricing/price-book.ts";
import type { Price } from "../src/pricing/price.ts";
import { usageOf } from "../src/pricing/usage.ts";
import { calendarPeriod } from "../src/time/period.ts";
import { aStand, blockingBudget, first, type Script, type Stand, upstream } from "./scripted-call.ts";

const dayMs = 86_400_000;
const tenantId = "tenant-a";
const scope = { kind: "tenant", tenantId } as const;
/** 10 a token in, 20 a token out: see `aStand`. */
const usage = usageOf({ input: 4, output: 3 });
const costPico = 100n;

interface Ended {
  readonly stand: Stand;
  readonly ports: LateUsagePorts;
  readonly line: LedgerLine;
}

/** A call whose one attempt ended like this. */
async function ended(script: Script = { fails: upstream("timeout") }, stand: Stand = budgeted()): Promise<Ended> {
  const metered = await meteredCall(stand.ports, { tenantId, userId: "u" }, stand.work([script]));
  if (metered.kind === "denied") throw new Error("denied");
  if (metered.kind === "answering") {
    try {
      for await (const _ of metered.events);
    } catch {
      // `ended` tells it.
    }
  }
  const { lines } = metered.kind === "answering" ? await metered.ended : metered.ended;
  return { stand, ports: { ...stand.ports, reader: stand.reader }, line: lines[0] as LedgerLine };
}

function budgeted(): Stand {
  const month = blockingBudget("0.001");
  const budgets = [
    month,
    { ...month, id: "user-day", scope: "user" as const, span: { kind: "rolling" as const, windowMs: dayMs } },
  ];
  return aStand({ tier: { route: [first], retries: 0, budgets }, tenant: { timeZone: "Asia/Kolkata" } });
}

function report(line: LedgerLine, some: Partial<LateUsage> = {}): LateUsage {
  const { callId, attemptId } = line;
  const figures = { source: "measured", usage, costPico: null } as const;
  return { tenantId, callId, attemptId, ...figures, reportedBy: "tester", replaces: null, ...some };
}

async function chain({ stand, line }: Ended): Promise<readonly LedgerLine[]> {
  const detail = await stand.reader.call(scope, line.callId);
  return linesOfAttempt(detail?.lines ?? [], line.attemptId);
}

/** Spent in each budget, in the period of the line. */
async function spent({ stand, line }: Ended): Promise<readonly bigint[]> {
  const terms = await termsOf(stand.ports, tenantId);
  if (terms === null) throw new Error("no terms");
  const at = { now: line.occurredAt, timeZone: terms.timeZone };
  const holds = holdsFor(terms.policy, line, at, 0n);
  const { budgets } = await stand.limits.peek({ windows: [], leases: [], holds });
  return budgets.map(({ spentPico }) => spentPico);
}

async function sums({ stand }: Ended): Promise<unknown> {
  const period = { from: 0, to: 4e12 };
  const [row] = await stand.reader.usage(scope, { period, groupBy: [], timeZone: "UTC" });
  const { calls, attempts, failed, costPico: cost, chargePico, atMostPico, unknown, estimated, tokens } = row ?? {};
  return { calls, attempts, failed, cost, chargePico, atMostPico, unknown, estimated, input: tokens?.input };
}

describe("a late fact", () => {
  it("replaces an unknown line in sums and budgets, and gives back what counted too much", async () => {
    const call = await ended();
    const most = call.line.atMostPico ?? 0n;
    expect(most).toBeGreaterThan(costPico);
    expect(await spent(call)).toEqual([most, most]);
    const record = (await call.stand.reader.call(scope, call.line.callId))?.call;
    await call.stand.clock.advance(60_000);
    const result = await recordLateUsage(call.ports, report(call.line, { responseId: "resp-late" }));
    expect(result.kind).toBe("superseded");
    expect(await spent(call)).toEqual([costPico, costPico]);
    const facts = { calls: 1, attempts: 1, failed: 1, unknown: 0, estimated: 0, atMostPico: 0n };
    // What failed on the way to an answer is not the tenant's to pay.
    expect(await sums(call)).toEqual({ ...facts, cost: costPico, chargePico: 0n, input: 4 });
    const [old, late] = await chain(call);
    expect(old).toEqual(call.line);
    expect(late).toMatchObject({
      lineId: `${call.line.attemptId}~2`,
      supersedes: call.line.lineId,
      occurredAt: call.line.occurredAt,
      recordedAt: call.stand.clock.now(),
      outcome: "timeout",
      source: "measured",
      costPico,
      priceId: "price-large",
      atMostPico: null,
      holdPico: call.line.holdPico,
      userId: "u",
      responseId: "resp-late",
      reportedBy: "tester",
    });
    const after = await call.stand.reader.call(scope, call.line.callId);
    expect(after?.call).toEqual(record);
    const text = explainCall(after ?? { call: null, lines: [] }, { showCost: true }).join("\n");
    expect(text).toContain(`attempt 1 ${call.line.attemptId}: timeout (superseded)`);
    expect(text).toContain(`supersedes line ${call.line.attemptId}, told by tester`);
  });

  it("counts in the month the attempt was sent in, in the tenant's zone, also when it is told in the next", async () => {
    const call = await ended();
    const { to } = calendarPeriod("month", call.line.occurredAt, "Asia/Kolkata");
    await call.stand.clock.advance(to - call.stand.clock.now() + dayMs);
    await recordLateUsage(call.ports, report(call.line, { usage: null, costPico: 5n }));
    // The rolling day has passed.
    expect(await spent(call)).toEqual([5n, 0n]);
  });

  it("makes room again in a budget that an unknown attempt had filled", async () => {
    const stand = aStand({ tier: { route: [first], retries: 0, budgets: [blockingBudget("0.0000000025")] } });
    const call = await ended({ fails: upstream("timeout") }, stand);
    const again = async (): Promise<string> =>
      (await meteredCall(stand.ports, { tenantId }, stand.work([{ pieces: ["a"] }]))).kind;
    expect(await again()).toBe("denied");
    await recordLateUsage(call.ports, report(call.line));
    expect(await again()).toBe("answering");
  });

  it("that says what the provider billed needs no usage and no price", async () => {
    const call = await ended();
    const result = await recordLateUsage(call.ports, report(call.line, { usage: null, costPico: usd("0.5") }));
    const marks = ["hold-exceeded", "not-charged"];
    expect(result).toMatchObject({
      kind: "superseded",
      line: { costPico: usd("0.5"), priceId: null, usage: null, marks },
    });
    expect(await spent(call)).toEqual([usd("0.5"), usd("0.5")]);
  });

  it("that says what was billed leaves what was counted, and is no more than an attempt can cost", async () => {
    const call = await ended({ pieces: ["a", "b"] });
    const told = { usage: null, costPico: usd("0.5"), replaces: call.line.lineId };
    expect(await recordLateUsage(call.ports, report(call.line, told))).toMatchObject({
      line: { usage: call.line.usage, costPico: usd("0.5"), source: "measured" },
    });
    await expect(
      recordLateUsage(call.ports, report(call.line, { usage: null, costPico: usd("1000000000.000000000001") })),
    ).rejects.toMatchObject({ code: "invalid_request", issues: [{ path: "costUsd" }] });
  });

  it("that says what was billed is no computed cost, also where our price comes to the same", async () => {
    const call = await ended();
    const told = report(call.line, { costPico });
    await recordLateUsage(call.ports, told);
    const [, line] = await chain(call);
    expect(line).toMatchObject({ costPico, usage, priceId: null, costItems: [] });
    const dearer = { ...(call.ports.prices.current().prices[0] as Price), rates: { input: 1_000n, output: 1_000n } };
    const policy = { kind: "pass-through", version: "v" } as const;
    const terms = { book: createPriceBook("new", [dearer]), policyOf: () => policy, policy, recordedAt: 0 };
    expect(repriceLine(line as LedgerLine, terms)).toEqual({ kind: "unchanged" });
    expect(await recordLateUsage(call.ports, told)).toMatchObject({ kind: "unchanged", because: "same-figures" });
    // What was computed from a price is no news to what was told.
    expect(await recordLateUsage(call.ports, report(call.line))).toMatchObject({ because: "higher-report" });
  });

  it("that confirms what was computed makes it told, and changes no sum", async () => {
    const call = await ended({ pieces: ["a", "b"] });
    const before = [await sums(call), await spent(call)];
    expect(await recordLateUsage(call.ports, report(call.line, { usage: null, costPico: 130n }))).toMatchObject({
      kind: "superseded",
      line: { costPico: 130n, chargePico: 130n, priceId: null, usage: call.line.usage },
    });
    expect([await sums(call), await spent(call)]).toEqual(before);
  });

  it("never replaces what the provider measured by an estimate, nor by the same figures", async () => {
    const call = await ended({ pieces: ["a", "b"] });
    expect(call.line).toMatchObject({ source: "measured", costPico: 130n });
    const estimate = report(call.line, { source: "estimated", usage: usageOf({ input: 400 }) });
    expect(await recordLateUsage(call.ports, estimate)).toMatchObject({ kind: "unchanged", because: "better-source" });
    const same = report(call.line, { usage: usageOf({ input: 7, output: 3 }) });
    expect(await recordLateUsage(call.ports, same)).toMatchObject({ kind: "unchanged", because: "same-figures" });
    const less = report(call.line, { usage: usageOf({ input: 6, output: 3 }) });
    expect(await recordLateUsage(call.ports, less)).toMatchObject({ kind: "unchanged", because: "higher-report" });
    expect(await chain(call)).toHaveLength(1);
    expect(await spent(call)).toEqual([130n, 130n]);
  });

  it("replaces a line that is named as wrong, once, and no other", async () => {
    const call = await ended();
    await recordLateUsage(call.ports, report(call.line, { usage: null, costPico: usd("20") }));
    const wrong = `${call.line.attemptId}~2`;
    const right = report(call.line, { usage: null, costPico: 20n, replaces: wrong });
    expect(await recordLateUsage(call.ports, right)).toMatchObject({ kind: "superseded", replaced: { lineId: wrong } });
    expect(await recordLateUsage(call.ports, right)).toMatchObject({ kind: "unchanged", because: "same-figures" });
    await expect(recordLateUsage(call.ports, { ...right, costPico: 21n })).rejects.toMatchObject({ code: "conflict" });
    expect(await spent(call)).toEqual([20n, 20n]);
    expect((await chain(call)).map(({ costPico: cost }) => cost)).toEqual([null, usd("20"), 20n]);
  });

  it("has the same result in whatever order reports come, at once or one after the other, told once or twice", async () => {
    const some = fc.record({
      source: fc.constantFrom("measured" as const, "estimated" as const),
      figures: fc.oneof(
        fc.record({ usage: fc.constant(null), costPico: fc.bigInt({ min: 0n, max: 3n }) }),
        fc.record({
          usage: fc.integer({ min: 0, max: 3 }).map((input) => usageOf({ input, output: 3 - input })),
          // 40 is what two tokens in and one out come to by the price.
          costPico: fc.constantFrom(null, null, 2n, 40n),
        }),
      ),
      reportedModel: fc.constantFrom(null, null, "small", "other"),
    });
    const script = fc.constantFrom<Script>(
      { fails: upstream("timeout") },
      { pieces: ["a", "b"], breaks: upstream("cut") },
      { pieces: ["a"], usage: usageOf({ input: 0, output: 0 }) },
    );
    const reports = fc.array(some, { minLength: 1, maxLength: 5 });
    const orders = fc.tuple(fc.infiniteStream(fc.nat()), fc.infiniteStream(fc.nat()));
    await fc.assert(
      fc.asyncProperty(script, reports, orders, fc.boolean(), async (end, told, streams, atOnce) => {
        const results = [];
        for (const stream of streams) {
          const call = await ended(end);
          const keyed = told.map((one) => ({ one, key: stream.next().value }));
          const order = keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
          const tell = async (one: (typeof told)[number]): Promise<unknown> =>
            await recordLateUsage(call.ports, report(call.line, { ...one, ...one.figures }));
          if (atOnce) await Promise.all([...order, ...order].map(tell));
          else for (const one of [...order, ...order]) await tell(one);
          const lines = await chain(call);
          const last = lines.at(-1) as LedgerLine;
          const { source, usage: used, costPico: cost, answered, priceId, atMostPico, holdPico } = last;
          const counts = cost ?? atMostPico ?? holdPico;
          expect(await spent(call)).toEqual([counts, counts]);
          // One chain: nothing is superseded twice, so that nothing is counted twice.
          const all = (await call.stand.reader.call(scope, call.line.callId))?.lines ?? [];
          expect(all).toHaveLength(lines.length);
          results.push({ source, used, cost, answered, priceId, sums: await sums(call) });
        }
        expect(results[0]).toEqual(results[1]);
      }),
      { numRuns: 120 },
    );
  });

  it("told by two at once with different figures is one fact in ledger and budgets alike", async () => {
    const call = await ended();
    const other = call.stand.anotherProcess();
    await Promise.all([
      recordLateUsage(call.ports, report(call.line, { usage: null, costPico: 30n })),
      recordLateUsage({ ...other.ports, reader: other.reader }, report(call.line, { usage: null, costPico: 40n })),
    ]);
    expect((await chain(call)).at(-1)?.costPico).toBe(40n);
    expect(await spent(call)).toEqual([40n, 40n]);
  });

  it("whose money was not corrected before its process died is made good by the next report", async () => {
    const call = await ended();
    const limits = { ...call.ports.limits, spend: async () => await Promise.reject(new Error("gone")) };
    await expect(recordLateUsage({ ...call.ports, limits }, report(call.line))).rejects.toThrow("gone");
    expect((await chain(call)).at(-1)?.costPico).toBe(costPico);
    expect(await spent(call)).not.toEqual([costPico, costPico]);
    expect(await recordLateUsage(call.ports, report(call.line))).toMatchObject({ because: "same-figures" });
    expect(await spent(call)).toEqual([costPico, costPico]);
  });

  it("works along a chain that something else made, as long as it names its lines in the same way", async () => {
    const call = await ended();
    const terms = await termsOf(call.stand.ports, tenantId);
    const corrected: LedgerLine = {
      ...call.line,
      lineId: supersedingLineId(call.line),
      supersedes: call.line.lineId,
      source: "estimated",
      costPico: 9n,
      atMostPico: null,
    };
    await supersedeLine(call.stand.ports, call.line, corrected, terms, null);
    await supersedeLine(call.stand.ports, call.line, { ...corrected, costPico: 12n }, terms, null);
    expect(await spent(call)).toEqual([9n, 9n]);
    await recordLateUsage(call.ports, report(call.line));
    expect(await spent(call)).toEqual([costPico, costPico]);
    expect((await chain(call)).map(({ lineId }) => lineId)).toEqual(
      [call.line.attemptId, "~2", "~3"].map((id, n) => (n === 0 ? id : call.line.attemptId + id)),
    );
  });

  it("for a tenant that is gone is kept, without charge and without budgets", async () => {
    const call = await ended();
    const tenants = { ...call.ports.tenants, find: async () => null };
    const result = await recordLateUsage({ ...call.ports, tenants }, report(call.line));
    expect(result).toMatchObject({ kind: "superseded", line: { costPico, chargePico: null, chargeVersion: null } });
  });

  it("is refused for what is not there, is another tenant's, has not ended, or is no figure", async () => {
    const call = await ended();
    const tell = async (some: Partial<LateUsage>): Promise<unknown> =>
      await recordLateUsage(call.ports, report(call.line, some)).catch((error: TenantryError) => error.code);
    expect(await tell({ callId: "nothing" })).toBe("not_found");
    expect(await tell({ attemptId: "nothing" })).toBe("not_found");
    expect(await tell({ tenantId: "tenant-b" })).toBe("not_found");
    expect(await tell({ usage: null })).toBe("invalid_request");
    expect(await tell({ costPico: -1n })).toBe("invalid_request");
    expect(await tell({ reportedBy: "" })).toBe("invalid_request");
    expect(await tell({ source: "unknown" as "measured" })).toBe("invalid_request");
    expect(await tell({ usage: usageOf({ input: 1.5 }) })).toBe("invalid_request");
    expect(await tell({ usage: { ...usage, fees: { webSearch: -1 } } })).toBe("invalid_request");
    const stand = budgeted();
    const open = await meteredCall(stand.ports, { tenantId }, stand.work([{ pieces: ["a"], hangs: true }]));
    const flying = { ...report(call.line), callId: open.callId, attemptId: "att-2" };
    await expect(recordLateUsage({ ...stand.ports, reader: stand.reader }, flying)).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await chain(call)).toHaveLength(1);
  });
});
