import {
  type CallRecord,
  type DenialCount,
  foldUsage,
  formatUsd,
  type InvoiceEntry,
  type LedgerLine,
  type LimitStates,
  reconcile,
  type UsageDimension,
  type UsageReader,
  type UsageRow,
} from "@tenantry/core";
import { always } from "./read-ledger.ts";

/** Groupings in which the roll-ups are held against the lines. */
export const groupings: readonly (readonly UsageDimension[])[] = [
  [],
  ["tenant"],
  ["tenant", "user"],
  ["model"],
  ["session"],
  ["tenant", "feature", "month"],
];

/** What an installation says, and what the provider says. */
export interface Accounts {
  readonly lines: readonly LedgerLine[];
  readonly calls: readonly CallRecord[];
  readonly denials: readonly DenialCount[];
  readonly entries: readonly InvoiceEntry[];
  /** Ids of the calls that callers saw admitted. */
  readonly admitted: ReadonlySet<string>;
  /** The reader's answer for each of `groupings`. */
  readonly usage: readonly (readonly UsageRow[])[];
  /** Where each tenant's limits stand once nothing is in flight. */
  readonly states: ReadonlyMap<string, LimitStates>;
}

/** Everything that is wrong with the accounts; nothing when the books balance (R1, R2, R3). */
export function problemsOf(accounts: Accounts): readonly string[] {
  return [
    ...reconciliationProblems(accounts),
    ...boundProblems(accounts),
    ...recordProblems(accounts),
    ...rollUpProblems(accounts),
    ...limitProblems(accounts),
  ];
}

/** The roll-ups of every grouping. */
export async function readUsage(reader: UsageReader): Promise<Accounts["usage"]> {
  return await Promise.all(
    groupings.map(
      async (groupBy) => await reader.usage({ kind: "installation" }, { period: always, groupBy, timeZone: "UTC" }),
    ),
  );
}

/** The same answers folded from the lines. */
export function foldedUsage({
  lines,
  calls,
  denials,
}: Pick<Accounts, "lines" | "calls" | "denials">): Accounts["usage"] {
  return groupings.map((groupBy) => foldUsage(lines, calls, denials, { period: always, groupBy, timeZone: "UTC" }));
}

/** Differences that nothing marked in the ledger explains (R1). */
export function reconciliationProblems({ lines, entries }: Pick<Accounts, "lines" | "entries">): string[] {
  const found = reconcile(lines, entries);
  const problems = found.differences
    .filter(({ residual }) => residual !== "estimated" && residual !== "unknown")
    .map(
      ({ residual, line, entry, bookedPico, billedPico }) =>
        `${residual}: ${line?.attemptId ?? entry?.attemptId ?? "no attempt"} (${line?.outcome ?? "no line"}, ${entry?.model ?? "no entry"}) ` +
        `booked ${bookedPico ?? "unknown"}, billed ${billedPico ?? "nothing"}`,
    );
  if (!found.balanced) problems.push("the books do not balance");
  if (found.unexplainedPico !== 0n) problems.push(`unexplained: $${formatUsd(found.unexplainedPico)}`);
  return problems;
}

/** An estimate is of something, an unknown cost has an upper bound, and no attempt is dearer than its hold. */
export function boundProblems({ lines, entries }: Pick<Accounts, "lines" | "entries">): string[] {
  const billed = new Map(entries.map((entry) => [entry.attemptId, entry.amountPico]));
  return lines.flatMap((line) => {
    const { attemptId, source, costPico, atMostPico, holdPico, marks } = line;
    const billedPico = billed.get(attemptId) ?? 0n;
    const problems: string[] = [];
    if (source === "unknown" && costPico !== null) problems.push("unknown, and yet has a cost");
    if (source === "unknown" && (atMostPico === null || atMostPico < billedPico)) {
      problems.push(`unknown, at most ${atMostPico}, but was billed ${billedPico}`);
    }
    if (source === "estimated" && (costPico ?? 0n) === 0n && billedPico > 0n)
      problems.push("estimated as nothing, but was billed");
    if (marks.includes("hold-exceeded")) problems.push("is marked hold-exceeded");
    if (costPico !== null && (holdPico === null || costPico > holdPico))
      problems.push(`cost ${costPico} above its hold ${holdPico}`);
    return problems.map((problem) => `line ${attemptId} (${line.outcome}, ${source}) ${problem}`);
  });
}

/** One record for each admitted call, whose attempts are its lines. */
export function recordProblems({ lines, calls, admitted }: Pick<Accounts, "lines" | "calls" | "admitted">): string[] {
  const byCall = Map.groupBy(lines, ({ callId }) => callId);
  const records = Map.groupBy(calls, ({ callId }) => callId);
  const problems: string[] = [];
  for (const callId of admitted)
    if (!records.has(callId)) problems.push(`call ${callId} was admitted and has no record`);
  for (const [callId, of] of records) {
    const ordinals = (byCall.get(callId) ?? []).map(({ ordinal }) => ordinal).sort((a, b) => a - b);
    if (of.length > 1) problems.push(`call ${callId} has ${of.length} records`);
    const expected = Array.from({ length: of[0]?.attempts ?? 0 }, (_, index) => index + 1);
    if (String(ordinals) !== String(expected)) {
      problems.push(`call ${callId} has ${expected.length} attempts, but lines ${ordinals.join(", ") || "none"}`);
    }
  }
  for (const callId of byCall.keys()) if (!records.has(callId)) problems.push(`lines of call ${callId} have no record`);
  return problems;
}

/** Roll-ups that differ from the fold of what they roll up. */
export function rollUpProblems(accounts: Pick<Accounts, "lines" | "calls" | "denials" | "usage">): string[] {
  return foldedUsage(accounts).flatMap((folded, index) => {
    const read = accounts.usage[index] ?? [];
    return print(folded) === print(read)
      ? []
      : [`roll-ups by [${groupings[index]?.join(", ")}] differ:\n  lines: ${print(folded)}\n  read:  ${print(read)}`];
  });
}

/** Nothing is held, nobody is in flight, and rolling budgets have spent what the lines say. */
export function limitProblems({ lines, states }: Pick<Accounts, "lines" | "states">): string[] {
  const problems: string[] = [];
  for (const [tenantId, { leases, budgets }] of states) {
    for (const { limitId, inFlight } of leases) {
      if (inFlight !== 0) problems.push(`${tenantId}: ${inFlight} places of ${limitId} are taken`);
    }
    for (const { budgetId, heldPico, spentPico, limitPico, breach } of budgets) {
      if (heldPico !== 0n) problems.push(`${tenantId}: ${heldPico} is held in ${budgetId}`);
      const own = lines.filter((line) => line.tenantId === tenantId);
      const expected = own.reduce((sum, line) => sum + (line.costPico ?? line.atMostPico ?? 0n), 0n);
      if (spentPico !== expected)
        problems.push(`${tenantId}: ${budgetId} has spent ${spentPico}, the lines say ${expected}`);
      if (breach === "block" && spentPico > limitPico) problems.push(`${tenantId}: ${budgetId} is overspent`);
    }
  }
  return problems;
}

function print(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
}
