import type { Books } from "@tenantry/composition";
import {
  type BookedShare,
  type Invoice,
  type LedgerLine,
  type Period,
  sharesOfLines,
  sharesOfUsage,
  unattributedTenantId,
} from "@tenantry/core";

const scope = { kind: "installation" } as const;
const dayMs = 86_400_000;

/** What the ledger has for some connections in whole UTC days, out of its roll-ups. */
export async function readShares(
  { reader }: Pick<Books, "reader">,
  unit: Invoice["unit"],
  period: Period,
  connections: ReadonlySet<string>,
): Promise<readonly BookedShare[]> {
  const rows = await reader.usage(scope, { period, groupBy: ["day", "model", "tenant"], timeZone: "UTC" });
  // What an earlier invoice left with nobody is not what we called for.
  const called = rows.filter(({ tenantId }) => tenantId !== unattributedTenantId);
  return sharesOfUsage(called, unit).filter(({ connection }) => connections.has(connection));
}

/**
 * The same shares with some days read line by line, which tells fees apart and what marked lines can explain. A day whose
 * lines do not add up to its roll-up, because some came between the two answers, stays as it was and is named.
 */
export async function readDaysInDetail(
  books: Pick<Books, "reader">,
  unit: Invoice["unit"],
  shares: readonly BookedShare[],
  days: ReadonlySet<string>,
): Promise<{ readonly shares: readonly BookedShare[]; readonly notInDetail: readonly string[] }> {
  const kept = shares.filter(({ day }) => !days.has(day));
  const notInDetail: string[] = [];
  const connections = new Set(shares.map(({ connection }) => connection));
  for (const day of [...days].sort()) {
    const from = Date.parse(day);
    const lines = await readLines(books, { from, to: from + dayMs });
    const detailed = sharesOfLines(lines, unit).filter(({ connection }) => connections.has(connection));
    const before = shares.filter((share) => share.day === day);
    if (sameSums(before, detailed)) kept.push(...detailed);
    else {
      kept.push(...before);
      notInDetail.push(day);
    }
  }
  return { shares: kept, notInDetail };
}

/** All lines of a period that are in force, also of calls in flight; what an earlier invoice left with nobody is none of them. */
export async function readLines({ reader }: Pick<Books, "reader">, period: Period): Promise<readonly LedgerLine[]> {
  const lines: LedgerLine[] = [];
  let cursor: string | null = null;
  do {
    const page = await reader.lines(scope, { period, limit: 1000, ...(cursor === null ? {} : { cursor }) });
    lines.push(...page.lines.filter(({ tenantId }) => tenantId !== unattributedTenantId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return lines;
}

function sameSums(a: readonly BookedShare[], b: readonly BookedShare[]): boolean {
  const sum = (shares: readonly BookedShare[]): bigint => shares.reduce((total, { amount }) => total + amount, 0n);
  return sum(a) === sum(b);
}
