import { type AskedPeriod, readAskedPeriod } from "@tenantry/core";
import type { Reader } from "./caller.ts";
import type { ControlPlanePorts } from "./ports.ts";

export interface PeriodParameters {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly period?: string | undefined;
  readonly tz?: string | undefined;
}

/** The period a request is about. @throws TenantryError `invalid_request` that names the parameter. */
export function readPeriod(
  { clock }: Pick<ControlPlanePorts, "clock">,
  caller: Reader,
  asked: PeriodParameters,
): AskedPeriod {
  const { from, to, period } = asked;
  const timeZone = asked.tz ?? (caller.kind === "tenant" ? caller.tenant.timeZone : undefined);
  return readAskedPeriod(
    {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(period === undefined ? {} : { period }),
      ...(timeZone === undefined ? {} : { timeZone }),
    },
    clock.now(),
    { from: "from", to: "to", period: "period", timeZone: "tz" },
  );
}
