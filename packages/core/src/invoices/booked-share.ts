import type { LedgerLine } from "../metering/ledger-line.ts";
import type { UsageRow } from "../metering/usage-query.ts";
import { tokenClasses, type TokenClass, type Tokens } from "../pricing/usage.ts";
import { type ModelRef, parseModelRef } from "../tenancy/model-ref.ts";
import { formatInstant } from "../time/instant.ts";
import type { Invoice, TokenPart } from "./invoice.ts";

/** Why the ledger itself says that an amount is not the last word. */
export type Mark = "estimated" | "unknown" | "unpriced";

export const marks: readonly Mark[] = ["unknown", "unpriced", "estimated"];

/** How far lines with a mark can be from the truth. */
export interface Leeway {
  readonly lines: number;
  /** What is booked for them and need not be billed. */
  readonly less: bigint;
  /** What may be billed beyond that; null when nothing bounds it. */
  readonly more: bigint | null;
}

/** What the ledger has for one tenant on one UTC day under one model of one connection. */
export interface BookedShare {
  readonly tenantId: string;
  readonly day: string;
  /** Name of the provider connection, the first half of `provider/model`. */
  readonly connection: string;
  /** Null for fees per unit, which providers bill apart from a model's tokens. */
  readonly model: string | null;
  readonly part: TokenPart | null;
  /** 10⁻¹² USD or tokens, lines of unknown cost not included. */
  readonly amount: bigint;
  readonly lines: number;
  readonly leeway: Readonly<Record<Mark, Leeway>>;
}

const parts: Readonly<Record<TokenClass, TokenPart>> = {
  input: "input",
  audioInput: "input",
  cacheRead: "cacheRead",
  cacheWrite5m: "cacheWrite",
  cacheWrite1h: "cacheWrite",
  output: "output",
  reasoning: "output",
  audioOutput: "output",
};

const none: Leeway = { lines: 0, less: 0n, more: 0n };
const noLeeway: BookedShare["leeway"] = { estimated: none, unknown: none, unpriced: none };

/**
 * Shares from roll-ups grouped by `day` (UTC), `model` and `tenant`. They know what unknown lines can come to and not how
 * much of an amount is estimated, so they explain less than the lines themselves.
 */
export function sharesOfUsage(rows: readonly UsageRow[], unit: Invoice["unit"]): readonly BookedShare[] {
  return rows.flatMap((row) => {
    const ref = typeof row.model === "string" ? parseModelRef(row.model) : null;
    if (ref === null || row.attempts === 0) return [];
    const base = { tenantId: row.tenantId ?? "", day: row.day ?? "", lines: row.attempts };
    if (unit === "tokens") return sharesOfTokens({ ...base, ...named(ref), leeway: noLeeway }, row.tokens);
    const unknown = { lines: row.unknown, less: 0n, more: row.atMostPico };
    return [{ ...base, ...named(ref), part: null, amount: row.costPico, leeway: { ...noLeeway, unknown } }];
  });
}

/** Shares from lines that are not superseded, fees apart, with what each mark can explain. */
export function sharesOfLines(lines: readonly LedgerLine[], unit: Invoice["unit"]): readonly BookedShare[] {
  return lines.flatMap((line) => {
    const base = { tenantId: line.tenantId, day: dayOf(line.occurredAt), lines: 1, ...named(line.answered) };
    if (unit === "tokens") {
      const leeway = tokenLeeway(line);
      return sharesOfTokens({ ...base, leeway: noLeeway }, line.usage?.tokens ?? null, leeway);
    }
    const fees = line.costItems
      .filter(({ of }) => !(tokenClasses as readonly string[]).includes(of))
      .reduce((sum, { amountPico }) => sum + amountPico, 0n);
    const share = { ...base, part: null, amount: (line.costPico ?? 0n) - fees, leeway: moneyLeeway(line) };
    return fees === 0n ? [share] : [share, { ...share, model: null, amount: fees, lines: 0, leeway: noLeeway }];
  });
}

/** The lines that count: those no other line of the list supersedes. */
export function currentLines(lines: readonly LedgerLine[]): readonly LedgerLine[] {
  const replaced = new Set(lines.map(({ supersedes }) => supersedes));
  return lines.filter(({ lineId }) => !replaced.has(lineId));
}

/** The UTC day of an instant: `2026-11-23`. */
export function dayOf(at: number): string {
  return formatInstant(at).slice(0, 10);
}

function named({ provider, model }: ModelRef): { readonly connection: string; readonly model: string } {
  return { connection: provider, model };
}

function moneyLeeway({ source, costPico, atMostPico, holdPico }: LedgerLine): BookedShare["leeway"] {
  if (source === "unknown") return { ...noLeeway, unknown: { lines: 1, less: 0n, more: atMostPico } };
  if (costPico === null) return { ...noLeeway, unpriced: { lines: 1, less: 0n, more: holdPico } };
  if (source === "measured") return noLeeway;
  const more = holdPico === null ? null : holdPico > costPico ? holdPico - costPico : 0n;
  return { ...noLeeway, estimated: { lines: 1, less: costPico, more } };
}

/** Tokens have no bound: a hold is money. */
function tokenLeeway({ source }: LedgerLine): Mark | null {
  return source === "measured" ? null : source;
}

function sharesOfTokens(
  share: Omit<BookedShare, "part" | "amount">,
  tokens: Tokens | null,
  mark: Mark | null = null,
): readonly BookedShare[] {
  const sums = new Map<TokenPart, bigint>();
  for (const name of tokenClasses) {
    const part = parts[name];
    sums.set(part, (sums.get(part) ?? 0n) + BigInt(tokens?.[name] ?? 0));
  }
  return [...sums]
    .filter(([, amount]) => amount > 0n || mark !== null)
    .map(([part, amount]) => ({
      ...share,
      part,
      amount,
      leeway: mark === null ? share.leeway : { ...noLeeway, [mark]: { lines: 1, less: amount, more: null } },
    }));
}
