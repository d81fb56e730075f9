import type { LedgerLine } from "@tenantry/core";

/** Whether a bill can tell what the line does not: its usage is not measured, or it has no cost. */
export function isOpenLine({ source, costPico }: Pick<LedgerLine, "source" | "costPico">): boolean {
  return source !== "measured" || costPico === null;
}
