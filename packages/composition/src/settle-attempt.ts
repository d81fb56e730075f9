import { type LateUsage, type LateUsageResult, recordLateUsage, TenantryError } from "@tenantry/core";
import type { Books } from "./open-app.ts";

/**
 * Replaces what the ledger has for an attempt by what is known of it now, whoever's call it is: for operators.
 * Rejects as `recordLateUsage` does.
 */
export async function settleAttempt(
  { reader, tenants, config, prices, storage, clock }: Omit<Books, "close">,
  report: Omit<LateUsage, "tenantId">,
): Promise<LateUsageResult> {
  const { callId } = report;
  const detail = await reader.call({ kind: "installation" }, callId);
  if (detail === null) throw new TenantryError("not_found", `there is no call ${JSON.stringify(callId)}`);
  const of = detail.call ?? detail.lines[0];
  if (of === undefined)
    throw new TenantryError("conflict", `call ${callId} is in flight; none of its attempts has ended`);
  const { limits, ledger } = storage;
  const ports = { tenants, tiers: config.catalogue.tiers, prices, ledger, limits, clock, reader };
  return await recordLateUsage(ports, { ...report, tenantId: of.tenantId });
}
