import { formatUsd, type LedgerLine, type PicoUsd, reconcile, usd } from "@tenantry/core";
import {
  boundProblems,
  limitProblems,
  reconciliationProblems,
  recordProblems,
  rollUpProblems,
} from "../support/check-books.ts";
import type { Evidence } from "./evidence.ts";
import { liarId, limited, spending } from "./installation.ts";
import { chainProblems, durabilityProblems, replayProblems } from "./verdict-of-callers.ts";

/** One thing that must hold. */
export interface Check {
  readonly name: string;
  /** What was found, in a few words. */
  readonly found: string;
  readonly wanted: string;
  /** Everything that contradicts; the check holds when there is nothing. */
  readonly problems: readonly string[];
}

/** What must hold after any number of kills, in the order in which a reader asks. */
export function verdictOf(evidence: Evidence): readonly Check[] {
  const { accounts, exchanges, killed } = evidence;
  const { lines, calls, entries } = accounts;
  return [
    balance(evidence),
    lies(evidence),
    check("bounds of marked lines", "every bound holds", boundProblems(accounts), `${marked(lines)} lines`),
    check("a record for every call", "one each", recordProblems(accounts), `${calls.length} calls`),
    check("roll-ups = fold of the lines", "equal", rollUpProblems(accounts), `${accounts.usage.length} groupings`),
    check("counters of limits = the lines", "equal, nothing held", limitProblems(accounts), `${calls.length} calls`),
    leftOpen(evidence),
    overshoot(evidence),
    busiestWindow(evidence),
    durable(evidence),
    check(
      "chains of an idempotency key",
      "at most 1",
      chainProblems(evidence),
      `${new Set(exchanges.flatMap(({ key }) => key ?? [])).size} keys`,
    ),
    check(
      "answers given again",
      "byte for byte the first",
      replayProblems(exchanges),
      `${exchanges.filter(({ event, replayed }) => event === "ended" && replayed).length} answers`,
    ),
    check(
      "failures of our own",
      "none",
      exchanges.filter(({ code }) => code === "internal").map(({ callId }) => `internal error at ${callId}`),
      `${exchanges.filter(({ status }) => status === 500).length} answers of status 500`,
    ),
    check(
      "kills that hit something",
      "calls lost, starts hit",
      [
        ...(lines.some(({ outcome }) => outcome === "lost") ? [] : ["no attempt was under way at any kill"]),
        ...(killed.whileStarting > 0 ? [] : ["no process was killed while it started"]),
        ...(entries.length > 0 ? [] : ["nothing was billed"]),
      ],
      `${lines.filter(({ outcome }) => outcome === "lost").length} attempts lost`,
    ),
  ];
}

export function holds(checks: readonly Check[]): boolean {
  return checks.every(({ problems }) => problems.length === 0);
}

function check(name: string, wanted: string, problems: readonly string[], found: string): Check {
  return { name, wanted, problems, found };
}

/** R1, but for the tenant whose provider lies: that no books can explain, and the next check names it line by line. */
function balance({ accounts }: Evidence): Check {
  const [lines, entries] = split(accounts, false);
  const { bookedPico, billedPico, explainedPico, differences } = reconcile(lines, entries);
  const found = `$${formatUsd(bookedPico)} = $${formatUsd(billedPico)} − $${formatUsd(explainedPico)} of ${differences.length} marked lines`;
  return check(
    "Σ ledger = Σ invoice",
    "exact, but for marked lines",
    reconciliationProblems({ lines, entries }),
    found,
  );
}

function lies({ accounts }: Evidence): Check {
  const [lines, entries] = split(accounts, true);
  const { differences } = reconcile(lines, entries);
  const differing = new Set(
    differences.flatMap(({ residual, line }) => (residual === "differing" ? [line?.lineId] : [])),
  );
  const billed = new Map(entries.map(({ attemptId, amountPico }) => [attemptId, amountPico]));
  const lied = lines.filter(({ attemptId, source }) => source === "measured" && (billed.get(attemptId) ?? 0n) > 0n);
  const problems = [
    ...lied
      .filter(({ lineId }) => !differing.has(lineId))
      .map(({ attemptId }) => `the lie about ${attemptId} is not seen`),
    ...differences
      .filter(({ residual, line }) => !["estimated", "unknown"].includes(residual) && line?.source !== "measured")
      .map(({ residual, entry }) => `${residual}: ${entry?.attemptId ?? "an attempt"} of a lying provider`),
  ];
  return check("a provider's lies", "each named", problems, `${differing.size} of ${lied.length} named`);
}

function split(
  { lines, entries }: Evidence["accounts"],
  ofLiar: boolean,
): [LedgerLine[], Evidence["accounts"]["entries"]] {
  const liars = new Set(lines.filter(({ tenantId }) => tenantId === liarId).map(({ attemptId }) => attemptId));
  return [
    lines.filter(({ tenantId }) => (tenantId === liarId) === ofLiar),
    entries.filter(({ attemptId }) => liars.has(attemptId ?? "") === ofLiar),
  ];
}

function leftOpen({ leftovers }: Evidence): Check {
  const { integrity, ...counts } = leftovers;
  const problems = [
    ...(integrity === "ok" ? [] : [`the file is damaged: ${String(integrity)}`]),
    ...(Object.keys(counts).length < 3 ? ["the tables of calls in flight are not known"] : []),
    ...Object.entries(counts)
      .filter(([, count]) => count !== 0)
      .map(([table, count]) => `${String(count)} rows in ${table}`),
  ];
  const found = Object.entries(counts).map(([table, count]) => `${String(count)} ${table.replace("_", " ")}`);
  return check("left open", "0, and a sound file", problems, found.join(", "));
}

/** From here on the next call's worst case is refused: a run in which no budget comes so far proves nothing. */
const leastFullPercent = 60;

/** What a tenant and each user have spent with the most that is unknown, and what the provider billed for them (R3). */
function overshoot({ accounts: { lines, entries } }: Evidence): Check {
  const billed = new Map(entries.map(({ attemptId, amountPico }) => [attemptId, amountPico]));
  const spenders = lines.filter(({ tenantId }) => tenantId.startsWith("spender-"));
  const sums = [
    ...sumsBy(spenders, ({ tenantId }) => tenantId, billed, usd(spending.tenantUsd)),
    ...sumsBy(spenders, ({ tenantId, userId }) => `${tenantId}/${userId}`, billed, usd(spending.userUsd)),
  ];
  const problems = sums.flatMap(({ scope, booked, invoiced, limit }) => [
    ...(booked > limit ? [`${scope} has spent $${formatUsd(booked)} of $${formatUsd(limit)}`] : []),
    ...(invoiced > limit ? [`${scope} was billed $${formatUsd(invoiced)} of $${formatUsd(limit)}`] : []),
  ]);
  const fullest = Math.max(0, ...sums.map(({ booked, limit }) => Number((booked * 1_000n) / limit) / 10));
  if (fullest < leastFullPercent) problems.push(`no budget was ever nearly spent: the fullest is at ${fullest} %`);
  return check(
    "overshoot of budgets",
    "0, and one spent",
    problems,
    `0 of ${sums.length}; the fullest at ${fullest} %`,
  );
}

interface Sum {
  readonly scope: string;
  readonly booked: PicoUsd;
  readonly invoiced: PicoUsd;
  readonly limit: PicoUsd;
}

function sumsBy(
  lines: readonly LedgerLine[],
  scopeOf: (line: LedgerLine) => string,
  billed: ReadonlyMap<string | null, PicoUsd>,
  limit: PicoUsd,
): Sum[] {
  return [...Map.groupBy(lines, scopeOf)].map(([scope, own]) => ({
    scope,
    booked: own.reduce((sum, line) => sum + (line.costPico ?? line.atMostPico ?? 0n), 0n),
    invoiced: own.reduce((sum, { attemptId }) => sum + (billed.get(attemptId) ?? 0n), 0n),
    limit,
  }));
}

/** Most calls of the limited tenant in any window (t − W, t], and that the limit was really met (R3). */
function busiestWindow({ accounts: { calls } }: Evidence): Check {
  const stamps = calls
    .filter(({ tenantId }) => tenantId === limited.tenantId)
    .map(({ admittedAt }) => admittedAt)
    .sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [index, stamp] of stamps.entries()) {
    while ((stamps[from] ?? stamp) <= stamp - limited.windowMs) from += 1;
    most = Math.max(most, index - from + 1);
  }
  const problems = [
    ...(most > limited.slots ? [`${most} calls in ${limited.windowMs} ms`] : []),
    ...(most < limited.slots ? [`the limit was never met: ${most} calls at most`] : []),
  ];
  return check("busiest window", `${limited.slots} in ${limited.windowMs} ms`, problems, `${most} calls`);
}

function durable(evidence: Evidence): Check {
  const ends = [...evidence.exchanges, ...evidence.seenCalls].filter(({ event }) => event === "ended").length;
  return check("ends of answers that were seen", "each has its line", durabilityProblems(evidence), `${ends} ends`);
}

function marked(lines: readonly LedgerLine[]): number {
  return lines.filter(({ source }) => source !== "measured").length;
}
