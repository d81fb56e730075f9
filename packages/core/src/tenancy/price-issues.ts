import type { Issue } from "../errors/issue.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import type { Instant } from "../time/instant.ts";
import type { Catalogue } from "./catalogue.ts";
import { formatModelRef, type ModelRef } from "./model-ref.ts";
import { resolvePolicy } from "./resolve-policy.ts";

/** Models that tiers and tenants offer but nobody can price at this instant, where the tier does not allow that (R6). */
export function priceIssues(catalogue: Catalogue, book: PriceBook, at: Instant): readonly Issue[] {
  const check = (route: readonly ModelRef[], path: string, tenantId?: string): Issue[] =>
    route.flatMap((ref, index) =>
      book.find(ref, at, tenantId) === null
        ? [
            {
              path: `${path}[${index}]`,
              message: `${formatModelRef(ref)} has no price; add one to the price file, or set unpriced: allow on the tier`,
            },
          ]
        : [],
    );
  const tiers = [...catalogue.tiers.values()].flatMap((tier) =>
    tier.unpriced === "allow" ? [] : check(tier.route, `tiers.${tier.id}.models`),
  );
  const tenants = catalogue.tenants.flatMap((tenant) => {
    const tier = catalogue.tiers.get(tenant.tier);
    if (tier === undefined || tenant.overrides.route === undefined) return [];
    const policy = resolvePolicy(tier, tenant);
    return policy.unpriced === "allow" ? [] : check(policy.route, `tenants.${tenant.id}.overrides.models`, tenant.id);
  });
  return [...tiers, ...tenants];
}
