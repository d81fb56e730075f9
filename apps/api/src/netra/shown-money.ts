import type { LedgerLine, PicoUsd, UsageSums } from "@tenantry/core";
import type { Caller } from "../control-plane/caller.ts";

/** Which amount stands where Netra has a cost. */
export type ShownMoney = "cost" | "charge";

/** Tenants see what they pay, unless their tier shows them what providers bill; operators and their programs see that. */
export function shownMoney(caller: Caller): ShownMoney {
  return caller.kind === "tenant" && !caller.showCost ? "charge" : "cost";
}

export function amountOfLine(line: LedgerLine, money: ShownMoney): PicoUsd | null {
  return money === "cost" ? line.costPico : line.chargePico;
}

export function amountOfSums(sums: Pick<UsageSums, "costPico" | "chargePico">, money: ShownMoney): PicoUsd {
  return money === "cost" ? sums.costPico : sums.chargePico;
}
