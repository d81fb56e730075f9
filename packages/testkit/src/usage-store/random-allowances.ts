import assert from "node:assert/strict";
import { type AllowanceTerms, foldUsage, type LedgerLine, totalTokens, usageOf } from "@tenantry/core";
import { aLine } from "@tenantry/core/testing";
import { createSeededRandom, type SeededRandom } from "../seeded-random.ts";
import { installation, noon, usageQuery } from "./queries.ts";
import type { UsageClient } from "./subject.ts";

interface Settled {
  readonly line: LedgerLine;
  readonly terms: AllowanceTerms | null;
}

const months = [
  { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) },
  { from: Date.UTC(2026, 1, 1), to: Date.UTC(2026, 2, 1) },
] as const;

/**
 * Settles lines under allowances by two clients in turn, some twice, some correcting others before or after these
 * arrive, and compares each answer, and the sums at the end, with a plain count over all lines in force.
 */
export async function writeRandomAllowances(
  one: UsageClient,
  two: UsageClient,
  seed: number,
  count: number,
): Promise<void> {
  const random = createSeededRandom(seed);
  const written = new Map<string, LedgerLine>();
  for (const given of randomLines(random, count)) {
    const { ledger } = random.chance(0.5) ? one : two;
    const stored = await ledger.settle({ ...given, call: null });
    const known = written.get(given.line.lineId);
    const expected = known ?? expectedLine(given, [...written.values()]);
    assert.deepEqual(stored, expected, `line ${given.line.lineId}`);
    written.set(given.line.lineId, expected);
  }
  const lines = [...written.values()];
  for (const groupBy of [[], ["tenant", "month"]] as const) {
    const query = usageQuery({ groupBy });
    assert.deepEqual(await one.reader.usage(installation, query), foldUsage(lines, [], [], query));
  }
}

function randomLines(random: SeededRandom, count: number): Settled[] {
  const all: Settled[] = [];
  for (let index = 0; index < count; index += 1) {
    const again = random.chance(0.1) ? all[random.int(0, all.length - 1)] : undefined;
    if (again !== undefined) {
      all.push(again);
      continue;
    }
    const tenantId = random.pick(["tenant-a", "tenant-b"]);
    const usage = usageOf({ input: random.int(0, 40), output: random.int(0, 9) });
    const isKnown = random.chance(0.9);
    const chargePico = isKnown ? BigInt(random.int(0, 60)) * 10n ** BigInt(random.pick([0, 0, 12])) : null;
    const month = random.pick(months);
    // Also one that is still to come, and itself.
    const supersedes = random.chance(0.3) ? `l${random.int(0, Math.min(count - 1, index + 5))}` : null;
    const line = aLine({
      lineId: `l${index}`,
      attemptId: `l${index}`,
      callId: `c${index}`,
      tenantId,
      occurredAt: month.from + random.int(0, 86_400_000),
      recordedAt: noon + index,
      usage: isKnown ? usage : null,
      costPico: isKnown && random.chance(0.9) ? BigInt(random.int(0, 60)) : null,
      chargePico,
      supersedes,
    });
    all.push({
      line,
      terms: chargePico === null || random.chance(0.3) ? null : randomTerms(random, chargePico, month),
    });
  }
  return all;
}

function randomTerms(random: SeededRandom, chargePico: bigint, period: AllowanceTerms["period"]): AllowanceTerms {
  const unit = random.pick(["usd", "tokens", "calls"] as const);
  const limit = { usd: random.pick([150n, 10n ** 13n, 0n]), tokens: random.pick([200n, 400n]), calls: 6n }[unit];
  const exact = { numerator: chargePico, denominator: 1n };
  return { id: `${unit}-month`, unit, limit, period, exact };
}

/** By the words of the port: a count over every line in force, a split by hand. */
function expectedLine({ line, terms: given }: Settled, known: readonly LedgerLine[]): LedgerLine {
  const own = known.filter(({ tenantId }) => tenantId === line.tenantId);
  const isReplaced = ({ lineId }: LedgerLine): boolean => own.some(({ supersedes }) => supersedes === lineId);
  const inForce = own.filter((other) => !isReplaced(other));
  const replaced = inForce.find(({ lineId }) => lineId === line.supersedes);
  const from = given ?? replaced?.allowance;
  const { chargePico, usage } = line;
  if (from === undefined || chargePico === null || isReplaced(line) || line.supersedes === line.lineId) return line;
  const { id, unit, limit, period } = from;
  const before = inForce
    .filter((other) => other !== replaced)
    .flatMap(({ allowance }) =>
      allowance?.id === id && allowance.period.from === period.from ? [allowance.covered] : [],
    )
    .reduce((sum, covered) => sum + covered, 0n);
  const tokens = usage === null ? 0n : BigInt(totalTokens(usage.tokens));
  const quantity = unit === "usd" ? chargePico : unit === "tokens" ? tokens : 1n;
  let covered = quantity;
  while (covered > 0n && before + covered > limit) covered = before < limit ? limit - before : 0n;
  const beyond = quantity - covered;
  const share = { id, unit, limit, period, fullPico: chargePico, quantity, before, covered };
  return {
    ...line,
    chargePico: covered === 0n ? chargePico : splitOf(unit, chargePico, beyond, quantity),
    allowance: share,
  };
}

/** `charge × beyond / quantity`, half-even. */
function splitOf(unit: AllowanceTerms["unit"], chargePico: bigint, beyond: bigint, quantity: bigint): bigint {
  if (unit === "usd") return beyond;
  const whole = (chargePico * beyond) / quantity;
  const twiceRest = 2n * ((chargePico * beyond) % quantity);
  const isUp = twiceRest > quantity || (twiceRest === quantity && whole % 2n === 1n);
  return isUp ? whole + 1n : whole;
}
