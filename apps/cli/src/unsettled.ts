import type { Books } from "@tenantry/composition";
import { formatUsd, type LedgerLine, type LinePage, sumUsage } from "@tenantry/core";
import type { Check } from "./check.ts";

const scope = { kind: "installation" } as const;
const dayMs = 86_400_000;
const lookBackDays = 30;
/** Looked through for an example, of 1,000 lines each. */
const mostPages = 100;

/** What the ledger owes an answer: calls that died with their process, and attempts whose cost nobody told. */
export async function checkUnsettled(books: Books): Promise<readonly Check[]> {
  return [await checkIntents(books), await checkUnknown(books)];
}

async function checkIntents({ storage }: Books): Promise<Check> {
  const check = "open intents";
  const orphans = await storage.ledger.orphans();
  if (orphans.length === 0) return { check, state: "ok", detail: "none of a process that died" };
  const attempts = orphans.flatMap(({ intents }) => intents).filter(({ settled }) => !settled).length;
  const calls = orphans.length === 1 ? "1 call" : `${orphans.length} calls`;
  const count = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  const detail = `${calls} with ${count} of processes that died; a server or program that makes calls settles them as unknown within 15 s, from its start on, which counts with the most they can cost`;
  return { check, state: "note", detail };
}

async function checkUnknown({ reader, clock }: Books): Promise<Check> {
  const check = "unknown costs";
  const now = clock.now();
  const period = { from: Math.max(0, now - lookBackDays * dayMs), to: now + dayMs };
  const days = await reader.usage(scope, { period, groupBy: ["day"], timeZone: "UTC" });
  const { unknown, atMostPico } = sumUsage(days);
  if (unknown === 0) return { check, state: "ok", detail: `none in ${lookBackDays} days` };
  const count = unknown === 1 ? "1 attempt" : `${unknown} attempts`;
  const last = days.findLast((row) => row.unknown > 0)?.day;
  const line = last === undefined ? null : await findUnknown({ reader }, last);
  const how =
    line === null
      ? "`tenantry calls settle <call> <attempt> --cost-usd <amount>`"
      : `\`tenantry calls settle ${line.callId} ${line.attemptId} --cost-usd <amount>\``;
  const detail = `${count} in ${lookBackDays} days, at most $${formatUsd(atMostPico)}, count in budgets with the most they can be; when the provider's bill tells, ${how}`;
  return { check, state: "note", detail };
}

/** An example of a day that has one. */
async function findUnknown({ reader }: Pick<Books, "reader">, day: string): Promise<LedgerLine | null> {
  const from = Date.parse(day);
  const period = { from, to: from + dayMs };
  let cursor: string | null = null;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page: LinePage = await reader.lines(scope, { period, limit: 1000, ...(cursor === null ? {} : { cursor }) });
    const line = page.lines.find(({ source }) => source === "unknown");
    if (line !== undefined) return line;
    cursor = page.nextCursor;
    if (cursor === null) return null;
  }
  return null;
}
