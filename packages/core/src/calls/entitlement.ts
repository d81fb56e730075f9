import type { Denial, DenialCode } from "../limits/denial.ts";
import { defaultModel, findModel } from "../tenancy/find-model.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Policy, Tenant } from "../tenancy/tenant.ts";
import type { CallInput } from "./call-input.ts";

/** What a call may do, before anything is counted. */
export type Entitlement =
  | {
      readonly kind: "entitled";
      /** Features the call makes use of. */
      readonly features: readonly string[];
      /** Models to try, in order. Never empty. */
      readonly route: readonly [ModelRef, ...ModelRef[]];
    }
  | { readonly kind: "denied"; readonly denial: Denial };

/** The pure checks: is the tenant active, are the features theirs, is the model on their route? */
export function entitlementOf(tenant: Tenant, policy: Policy, input: CallInput): Entitlement {
  if (tenant.status === "suspended") {
    return denied("tenant_suspended", `tenant ${tenant.id} is suspended; ask the operator to resume it`);
  }
  const features = input.features ?? policy.features;
  const missing = features.filter((feature) => !policy.features.includes(feature));
  if (missing.length > 0) {
    const has = policy.features.length === 0 ? "none" : policy.features.join(", ");
    return denied("feature_not_in_tier", `${missing.join(", ")} is not in tier ${policy.tierId}; it has ${has}`);
  }
  const route = routeFor(policy, input.model);
  if (route === null) {
    return denied(
      "model_not_in_tier",
      `model ${input.model ?? ""} is not in tier ${policy.tierId}; it has ${namesOf(policy).join(", ")}`,
    );
  }
  return { kind: "entitled", features, route };
}

function namesOf({ route, aliases }: Policy): readonly string[] {
  return [...aliases.map(({ name }) => name), ...route.map(formatModelRef)];
}

/** The route from the model asked for: it first, then what comes after it. */
function routeFor(policy: Policy, model: string | undefined): readonly [ModelRef, ...ModelRef[]] | null {
  const asked = model === undefined || model === defaultModel ? policy.route[0] : findModel(policy, model);
  const [first, ...rest] = asked === null || asked === undefined ? [] : policy.route.slice(policy.route.indexOf(asked));
  return first === undefined ? null : [first, ...rest];
}

function denied(code: DenialCode, message: string): Entitlement {
  return { kind: "denied", denial: plainDenial(code, message) };
}

/** A denial no waiting helps. */
export function plainDenial(code: DenialCode, message: string): Denial {
  return {
    code,
    message,
    limitId: null,
    limit: null,
    remaining: null,
    resetAt: null,
    waitFor: null,
    retryAfterMs: null,
  };
}
