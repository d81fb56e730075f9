import type { IncomingHttpHeaders } from "node:http";
import {
  type HttpFailure,
  httpFailure,
  type Policy,
  type QueryScope,
  resolvePolicy,
  type Tenant,
  TenantryError,
} from "@tenantry/core";
import { keyOf } from "../http/credentials.ts";
import { unauthenticated } from "../http/unauthenticated.ts";
import type { ControlPlanePorts } from "./ports.ts";

/**
 * Who may use a route. `everybody`: also without a key. `key`: whoever has one. `tenant`: a tenant for itself, an
 * operator for all. `telemetry`: a tenant for itself, who writes or runs it for all. `admin`: operators.
 */
export type Access = "everybody" | "key" | "tenant" | "telemetry" | "admin";

/** Who asks, and what they may see (R4). */
export type Caller =
  | { readonly kind: "admin"; readonly keyId: string; readonly scope: QueryScope; readonly showCost: true }
  | { readonly kind: "ingest"; readonly keyId: string; readonly showCost: false }
  | {
      readonly kind: "tenant";
      readonly keyId: string;
      readonly scope: QueryScope;
      readonly tenant: Tenant;
      /** Null where the tenant's tier is not configured. */
      readonly policy: Policy | null;
      readonly showCost: boolean;
    };

/** A caller for whom there is something to see. */
export type Reader = Exclude<Caller, { kind: "ingest" }>;

export type Identified =
  | { readonly kind: "caller"; readonly caller: Caller | null }
  | { readonly kind: "refused"; readonly failure: HttpFailure };

type Ports = Pick<ControlPlanePorts, "keys" | "directory" | "catalogue">;

/** Whose key the request carries, when that is enough for the route. Null is nobody, where nobody is needed. */
export async function identify(ports: Ports, headers: IncomingHttpHeaders, access: Access): Promise<Identified> {
  if (access === "everybody") return { kind: "caller", caller: null };
  const secret = keyOf(headers);
  const principal = secret === null ? null : await ports.keys.authenticate(secret);
  if (principal === null) return refused(noKey);
  if (principal.kind === "tenant") {
    const tenant = await ports.directory.find(principal.tenantId);
    if (tenant === null) return refused(noKey);
    if (access === "admin") return refused(forbidden("this needs an admin key"));
    return { kind: "caller", caller: tenantCaller(tenant, principal.keyId, ports) };
  }
  const { kind, keyId } = principal;
  if (kind === "admin")
    return { kind: "caller", caller: { kind, keyId, scope: { kind: "installation" }, showCost: true } };
  if (access !== "key" && access !== "telemetry")
    return refused(
      forbidden("an ingest key writes spans and reads them as Netra's; this needs a tenant's or an admin key"),
    );
  return { kind: "caller", caller: { kind, keyId, showCost: false } };
}

/**
 * The scope of a question about one tenant.
 *
 * @throws TenantryError `not_found` for another tenant's id, exactly as for one that does not exist.
 */
export function scopeFor(caller: Reader, tenantId: string | undefined): QueryScope {
  if (caller.kind === "tenant" && tenantId !== undefined && tenantId !== caller.tenant.id) throw noTenant(tenantId);
  return caller.scope;
}

export function noTenant(tenantId: string): TenantryError {
  return new TenantryError("not_found", `there is no tenant ${JSON.stringify(tenantId)}`);
}

export function forbidden(message: string): HttpFailure {
  return httpFailure(403, "forbidden", message);
}

const noKey: HttpFailure = {
  ...unauthenticated,
  message: "no valid key; send a key as Authorization: Bearer or as x-api-key",
};

function refused(failure: HttpFailure): Identified {
  return { kind: "refused", failure };
}

function tenantCaller(tenant: Tenant, keyId: string, { catalogue }: Ports): Caller {
  const tier = catalogue.tiers.get(tenant.tier);
  const policy = tier === undefined ? null : resolvePolicy(tier, tenant);
  const scope = { kind: "tenant", tenantId: tenant.id } as const;
  return { kind: "tenant", keyId, scope, tenant, policy, showCost: policy?.showCost ?? false };
}
