import type { Books } from "@tenantry/composition";
import { type CallDetail, currentLines, formatUsd, type LedgerLine, type Period, sumUsage } from "@tenantry/core";
import type { Check } from "./check.ts";

const scope = { kind: "installation" } as const;
const dayMs = 86_400_000;
const lookBackDays = 30;
/** Calls looked through for an example. */
const mostCalls = 1_000;

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
  const detail = `${calls} with ${count} of processes that died; the next start that makes calls settles them as unknown, which counts with the most they can cost`;
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
  const line = last === undefined ? null : await findUnknown({ reader }, dayOf(last));
  const how =
    line === null
      ? "`tenantry calls settle <call> <attempt> --cost-usd <amount>`"
      : `\`tenantry calls settle ${line.callId} ${line.attemptId} --cost-usd <amount>\``;
  const detail = `${count} in ${lookBackDays} days, at most $${formatUsd(atMostPico)}, count in budgets with the most they can be; when the provider's bill tells, ${how}`;
  return { check, state: "note", detail };
}

/** A call may be admitted the day before its attempt is sent. */
function dayOf(day: string): Period {
  const from = Date.parse(day);
  return { from: Math.max(0, from - dayMs), to: from + dayMs };
}

async function findUnknown({ reader }: Pick<Books, "reader">, period: Period): Promise<LedgerLine | null> {
  const { calls } = await reader.calls(scope, { period, limit: mostCalls });
  for (const { callId } of calls) {
    const detail: CallDetail | null = await reader.call(scope, callId);
    const line = currentLines(detail?.lines ?? []).find(({ source }) => source === "unknown");
    if (line !== undefined) return line;
  }
  return null;
}
