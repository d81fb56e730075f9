import { type AskedPeriod, readAskedPeriod } from "@tenantry/core";
import type { Caller, Reader } from "./caller.ts";
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

/**
 * The same for Netra's questions, which always say both instants.
 *
 * @param within the object of the body they are in, for messages; null at its top or in the query
 * @throws TenantryError `invalid_request` that names the field.
 */
export function readInstants(
  { clock }: Pick<ControlPlanePorts, "clock">,
  caller: Caller,
  { startTime, endTime }: { readonly startTime: string; readonly endTime: string },
  within: string | null,
): AskedPeriod {
  const timeZone = caller.kind === "tenant" ? caller.tenant.timeZone : "UTC";
  const at = (name: string): string => (within === null ? name : `${within}.${name}`);
  return readAskedPeriod({ from: startTime, to: endTime, timeZone }, clock.now(), {
    from: at("startTime"),
    to: at("endTime"),
    period: at("period"),
    timeZone: at("timeZone"),
  });
}
