import { allowanceTermsOf } from "../metering/charge-line.ts";
import { spendingCorrection } from "../limits/spending-correction.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import type { CallPorts } from "./call-context.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import type { Policy } from "../tenancy/tenant.ts";

/** What holds for a tenant, and the zone its periods are in. */
export interface TenantTerms {
  readonly policy: Policy;
  readonly timeZone: string;
}

/** Null for a tenant that is gone, or whose tier is. */
export async function termsOf(
  ports: Pick<CallPorts, "tenants" | "tiers">,
  tenantId: string,
): Promise<TenantTerms | null> {
  const tenant = await ports.tenants.find(tenantId);
  const tier = tenant === null ? undefined : ports.tiers.get(tenant.tier);
  if (tenant === null || tier === undefined) return null;
  return { policy: resolvePolicy(tier, tenant), timeZone: tenant.timeZone };
}

/**
 * Lets a line take another's place in all sums and in the budgets that counted the other (R7). Calls and service levels
 * are left alone: a late fact is about money and tokens.
 *
 * The line and the money go to the stores in one turn, as a settlement does, so that stores which share a transaction
 * commit both or neither. Where they do not, and this process dies between the two, `assertCorrections` makes up for it
 * with the next fact of the attempt. Repeating it changes nothing. Of several who supersede the same line with different
 * figures one wins, in both stores: `after.lineId` must be `supersedingLineId(before)`. Read the ledger to know which.
 *
 * @param terms null leaves budgets alone: a tenant that is gone has none.
 * @param charge what `after` was charged by, whose allowance it draws on; null draws by what `before` drew by.
 */
export async function supersedeLine(
  ports: Pick<CallPorts, "ledger" | "limits">,
  before: LedgerLine,
  after: LedgerLine,
  terms: TenantTerms | null,
  charge: ChargePolicy | null,
): Promise<void> {
  const correction = terms === null ? null : spendingCorrection(before, after, terms);
  const drawn = terms === null || charge === null ? {} : { terms: allowanceTermsOf(charge, after, terms.timeZone) };
  await Promise.all([
    ports.ledger.settle({ line: after, ...drawn, call: null }),
    correction === null ? undefined : ports.limits.spend(correction),
  ]);
}

/** Tells the limits once more what each line of an attempt's chain changed; what they know changes nothing. */
export async function assertCorrections(
  ports: Pick<CallPorts, "limits">,
  chain: readonly LedgerLine[],
  terms: TenantTerms | null,
): Promise<void> {
  if (terms === null) return;
  const corrections = chain.slice(1).flatMap((after, index) => {
    const before = chain[index];
    const correction = before === undefined ? null : spendingCorrection(before, after, terms);
    return correction === null ? [] : [correction];
  });
  await Promise.all(corrections.map(async (correction) => await ports.limits.spend(correction)));
}
