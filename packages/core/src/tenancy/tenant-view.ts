import { limitTerms, type LimitTerms } from "../limits/limit-lines.ts";
import type { Objective } from "../sla/objective.ts";
import { formatModelRef } from "./model-ref.ts";
import { resolvePolicy, showsCost } from "./resolve-policy.ts";
import type { Policy, Tenant } from "./tenant.ts";
import type { Tier, TierPolicy } from "./tier.ts";

/** A tenant as JSON carries it. */
export interface TenantView extends Pick<Tenant, "id" | "name" | "tier" | "status" | "timeZone"> {
  /** In order of preference, as `provider/model`; null where the tier is not configured. */
  readonly models: readonly string[] | null;
}

/** What a tier or a tenant has, as JSON carries it. */
export interface PolicyView {
  readonly models: readonly string[];
  /** Further names, and the models they stand for as `provider/model`. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  readonly objectives: readonly Objective[];
  /** How charges come from costs. Absent where cost may not be seen, because it names the markup. */
  readonly chargeVersion?: string;
  readonly maxOutputTokens: number;
  readonly traceContent: boolean;
  readonly keepAnswers: boolean;
  readonly store: boolean;
  readonly showCost: boolean;
}

export function tenantView(tenant: Tenant, tiers: ReadonlyMap<string, Tier>): TenantView {
  const { id, name, tier: tierId, status, timeZone } = tenant;
  const tier = tiers.get(tierId);
  const models = tier === undefined ? null : resolvePolicy(tier, tenant).route.map(formatModelRef);
  return { id, name, tier: tierId, status, timeZone, models };
}

export function policyView(policy: Policy | TierPolicy, options: { readonly showCost: boolean }): PolicyView {
  return {
    models: policy.route.map(formatModelRef),
    aliases: Object.fromEntries(policy.aliases.map(({ name, target }) => [name, formatModelRef(target)])),
    features: policy.features,
    objectives: policy.objectives,
    ...(options.showCost ? { chargeVersion: policy.charge.version } : {}),
    maxOutputTokens: policy.maxOutputTokens,
    traceContent: policy.traceContent,
    keepAnswers: policy.keepAnswers,
    store: policy.store,
    showCost: showsCost(policy),
  };
}

/** A tier as JSON carries it. */
export interface TierView extends PolicyView {
  readonly id: string;
  readonly name: string;
  readonly limits: readonly LimitTerms[];
}

export function tierView(tier: Tier, options: { readonly showCost: boolean }): TierView {
  return { id: tier.id, name: tier.name, ...policyView(tier, options), limits: limitTerms(tier) };
}
