import type { CallRecord, LedgerLine } from "@tenantry/core";
import { beforeAll, describe, expect, test } from "vitest";
import { foldedUsage } from "../support/check-books.ts";
import type { Evidence } from "./evidence.ts";
import { liarId, limited } from "./installation.ts";
import { runChaos } from "./run-chaos.ts";
import type { SeenExchange } from "./seen.ts";
import { summaryOf } from "./summary.ts";
import { type Check, holds, verdictOf } from "./verdict.ts";

const kills = 60;
const seed = 7;

let evidence: Evidence;
beforeAll(async () => {
  const startedMs = performance.now();
  evidence = await runChaos({ kills, seed, isBuilt: false, mostMs: 20_000, progress: () => {} });
  console.log(summaryOf(evidence, verdictOf(evidence), { kills, seed, tookMs: performance.now() - startedMs }));
}, 240_000);

test("gateways and programs that are killed at any point lose nothing, free nothing and refund nothing", () => {
  expect(verdictOf(evidence).filter(({ problems }) => problems.length > 0)).toEqual([]);
});

/** The same evidence after a fault of the product. */
type Tamper = (evidence: Evidence) => Evidence;

const withLines =
  (change: (line: LedgerLine, n: number) => readonly LedgerLine[], chosen: (line: LedgerLine) => boolean): Tamper =>
  (of) => {
    const victim = of.accounts.lines.find(chosen);
    expect(victim).toBeDefined();
    const lines = of.accounts.lines.flatMap((line, n) => (line === victim ? change(line, n) : [line]));
    // A mistake that the roll-ups share.
    return { ...of, accounts: { ...of.accounts, lines, usage: foldedUsage({ ...of.accounts, lines }) } };
  };

const withCalls = (change: (calls: readonly CallRecord[], of: Evidence) => readonly CallRecord[]): Tamper => {
  return (of) => {
    const calls = change(of.accounts.calls, of);
    expect(calls).not.toEqual(of.accounts.calls);
    return { ...of, accounts: { ...of.accounts, calls, usage: foldedUsage({ ...of.accounts, calls }) } };
  };
};

const isHonest = ({ tenantId }: LedgerLine): boolean => tenantId !== liarId;
const isPaid = ({ source, costPico }: LedgerLine): boolean => source === "measured" && (costPico ?? 0n) > 0n;

/** An answer that somebody saw to its end. */
function answered(seen: Partial<SeenExchange>): SeenExchange {
  return {
    event: "ended",
    tenantId: "steady",
    status: 200,
    callId: null,
    attempts: 1,
    replayed: false,
    key: null,
    streamed: false,
    bodyHash: "first",
    code: null,
    ...seen,
  };
}

/** Which check must find which fault; another may find it too. */
const faults: readonly (readonly [check: string, fault: string, Tamper])[] = [
  [
    "Σ ledger = Σ invoice",
    "a settlement that was dropped",
    withLines(
      () => [],
      (line) => isHonest(line) && isPaid(line),
    ),
  ],
  [
    "Σ ledger = Σ invoice",
    "a cost that is one pico-dollar off",
    withLines(
      (line) => [{ ...line, costPico: (line.costPico ?? 0n) + 1n }],
      (line) => isHonest(line) && isPaid(line),
    ),
  ],
  [
    "Σ ledger = Σ invoice",
    "an unknown attempt that was given back",
    (of) => {
      const billed = new Set(of.accounts.entries.map(({ attemptId }) => attemptId));
      return withLines(
        (line) => [{ ...line, source: "measured", costPico: 0n, atMostPico: null }],
        (line) => isHonest(line) && line.source === "unknown" && billed.has(line.attemptId),
      )(of);
    },
  ],
  [
    "a provider's lies",
    "a lie that was believed to be what was billed",
    (of) => {
      const billed = new Map(of.accounts.entries.map(({ attemptId, amountPico }) => [attemptId, amountPico]));
      return withLines(
        (line) => [{ ...line, costPico: billed.get(line.attemptId) ?? 0n }],
        (line) => line.tenantId === liarId && isPaid(line),
      )(of);
    },
  ],
  [
    "bounds of marked lines",
    "an unknown cost without a bound",
    withLines(
      (line) => [{ ...line, atMostPico: null }],
      ({ source }) => source === "unknown",
    ),
  ],
  ["a record for every call", "a call that nobody remembers", withCalls((calls) => calls.slice(1))],
  [
    "roll-ups = fold of the lines",
    "a roll-up that lags by a line",
    (of) => {
      const usage = foldedUsage({ ...of.accounts, lines: of.accounts.lines.slice(1) });
      return { ...of, accounts: { ...of.accounts, usage } };
    },
  ],
  [
    "counters of limits = the lines",
    "money that is still held",
    (of) => {
      const states = new Map(
        [...of.accounts.states].map(([id, state]) => [
          id,
          { ...state, budgets: state.budgets.map((budget) => ({ ...budget, heldPico: 1n })) },
        ]),
      );
      return { ...of, accounts: { ...of.accounts, states } };
    },
  ],
  ["left open", "an intent that nobody settled", (of) => ({ ...of, leftovers: { ...of.leftovers, open_calls: 1 } })],
  ["left open", "tables that it does not know", (of) => ({ ...of, leftovers: { integrity: "ok" } })],
  ["left open", "a damaged file", (of) => ({ ...of, leftovers: { ...of.leftovers, integrity: "row 7 missing" } })],
  [
    "overshoot of budgets",
    "a line above its tenant's budget",
    withLines(
      (line) => [{ ...line, costPico: 10n ** 12n }],
      (line) => line.tenantId.startsWith("spender-"),
    ),
  ],
  [
    "busiest window",
    "an admission too many",
    withCalls((calls) => {
      const own = calls.filter(({ tenantId }) => tenantId === limited.tenantId);
      const [first] = own;
      if (first === undefined) return calls;
      return calls.map((call) => (own.includes(call) ? { ...call, admittedAt: first.admittedAt } : call));
    }),
  ],
  [
    "ends of answers that were seen",
    "an answer that was seen and is booked as lost",
    (of) => {
      const [call] = of.accounts.calls;
      const exchanges = [...of.exchanges, answered({ callId: call?.callId ?? "" })];
      return withCalls((calls) => calls.map((each) => (each === call ? { ...each, outcome: "lost" } : each)))({
        ...of,
        exchanges,
      });
    },
  ],
  [
    "ends of answers that were seen",
    "a call that a caller in the process saw end otherwise",
    (of) => {
      const { callId, tenantId } = of.accounts.calls[0] ?? { callId: "", tenantId: "" };
      return { ...of, seenCalls: [...of.seenCalls, { event: "ended", callId, tenantId, outcome: "refunded" }] };
    },
  ],
  [
    "chains of an idempotency key",
    "a key that was tried twice",
    withCalls((calls) => {
      const [key] = calls.flatMap(({ sessionId }) => (sessionId?.startsWith("key-") === true ? [sessionId] : []));
      return calls.map((call) => ({ ...call, sessionId: key ?? null }));
    }),
  ],
  [
    "answers given again",
    "an answer that is another the second time",
    (of) => {
      const first = answered({ key: "key-x", attempts: null });
      return { ...of, exchanges: [...of.exchanges, first, { ...first, replayed: true, bodyHash: "another" }] };
    },
  ],
  [
    "failures of our own",
    "an internal error",
    (of) => ({ ...of, exchanges: of.exchanges.map((seen) => ({ ...seen, code: "internal" })) }),
  ],
  [
    "kills that hit something",
    "kills that all came too late",
    (of) => ({ ...of, killed: { ...of.killed, whileStarting: 0 } }),
  ],
];

describe("the verdict", () => {
  const named = (checks: readonly Check[], name: string): Check | undefined =>
    checks.find((check) => check.name === name);

  test.each(faults)("%s: finds %s", (name, _fault, tamper) => {
    const checks = verdictOf(tamper(evidence));
    expect(named(checks, name)?.problems).not.toEqual([]);
    expect(holds(checks)).toBe(false);
    expect(summaryOf(evidence, checks, { kills, seed, tookMs: 0 })).toContain(`✗ ${name}`);
  });

  test("has a fault for every check", () => {
    expect(new Set(faults.map(([name]) => name))).toEqual(new Set(verdictOf(evidence).map(({ name }) => name)));
  });
});
