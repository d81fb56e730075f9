import type { TopUp } from "../budgets/top-up.ts";
import type { TierPolicy } from "./tier.ts";

export type TenantStatus = "active" | "suspended";

/** A customer. */
export interface Tenant {
  /** 1–200 characters without control characters; unique in the installation. */
  readonly id: string;
  readonly name: string;
  /** Id of the tier they bought. */
  readonly tier: string;
  readonly status: TenantStatus;
  /** Set while an operator holds the tenant suspended, whatever the configuration says. */
  readonly suspendedByOperator?: true;
  /** IANA zone in which days and months of this tenant begin. Default `UTC`. */
  readonly timeZone: string;
  /** Parts of the tier that differ for this tenant; each replaces the tier's whole part. */
  readonly overrides: Partial<TierPolicy>;
  /** Money added to budgets once. Those whose time is over go when the next is added. Absent is none. */
  readonly topUps?: readonly TopUp[];
}

/** What holds for a tenant now: its tier with its overrides applied. */
export interface Policy extends Omit<TierPolicy, "showCost"> {
  readonly tierId: string;
  /** Whether the tenant's own key may see provider cost. */
  readonly showCost: boolean;
}
