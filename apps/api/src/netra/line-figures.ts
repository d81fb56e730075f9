import {
  inputClasses,
  inputTokens,
  type LedgerLine,
  outputClasses,
  outputTokens,
  type PicoUsd,
  totalTokens,
} from "@tenantry/core";
import { exactUsd } from "./exact-usd.ts";
import { amountOfLine, type ShownMoney } from "./shown-money.ts";

/** What lines came to, under Netra's names. Null where a part is not known, and without a line. */
export interface Figures {
  readonly models: readonly string[];
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly cached_tokens: number | null;
  readonly total_tokens: number | null;
  readonly prompt_tokens_cost: unknown;
  readonly completion_tokens_cost: unknown;
  readonly cached_tokens_cost: unknown;
  readonly total_cost: unknown;
}

/** @param lines in force */
export function figuresOf(lines: readonly LedgerLine[], money: ShownMoney): Figures {
  const count = (of: (usage: NonNullable<LedgerLine["usage"]>) => number): number | null =>
    lines.length === 0 || lines.some(({ usage }) => usage === null)
      ? null
      : lines.reduce((sum, { usage }) => sum + (usage === null ? 0 : of(usage)), 0);
  const share = (classes: readonly string[]): unknown =>
    exactUsd(money === "charge" ? null : sumOf(lines, (line) => shareOf(line, classes)));
  return {
    models: [...new Set(lines.map(({ answered }) => answered.model))],
    prompt_tokens: count(({ tokens }) => inputTokens(tokens)),
    completion_tokens: count(({ tokens }) => outputTokens(tokens)),
    cached_tokens: count(({ tokens }) => tokens.cacheRead),
    total_tokens: count(({ tokens }) => totalTokens(tokens)),
    prompt_tokens_cost: share(inputClasses),
    completion_tokens_cost: share(outputClasses),
    cached_tokens_cost: share(["cacheRead"]),
    total_cost: exactUsd(sumOf(lines, (line) => amountOfLine(line, money))),
  };
}

/** What some token classes cost; null where the cost was not made of items. */
function shareOf({ costPico, costItems }: LedgerLine, classes: readonly string[]): PicoUsd | null {
  const isItemized = costPico === costItems.reduce((sum, { amountPico }) => sum + amountPico, 0n);
  if (!isItemized) return null;
  return costItems.reduce((sum, { of, amountPico }) => (classes.includes(of) ? sum + amountPico : sum), 0n);
}

function sumOf(lines: readonly LedgerLine[], amountOf: (line: LedgerLine) => PicoUsd | null): PicoUsd | null {
  if (lines.length === 0) return null;
  return lines.reduce<PicoUsd | null>((sum, line) => {
    const amount = amountOf(line);
    return sum === null || amount === null ? null : sum + amount;
  }, 0n);
}
