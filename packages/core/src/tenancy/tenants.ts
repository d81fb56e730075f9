import type { Issue } from "../errors/issue.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import { idProblem } from "../ids/external-id.ts";
import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import { isTimeZone } from "../time/time-zone.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Tenant, TenantStatus } from "./tenant.ts";
import { tenantIdProblem } from "./unattributed.ts";

export interface NewTenant {
  readonly id: string;
  /** Default: the id. */
  readonly name?: string;
  readonly tier: string;
  /** IANA zone; default `UTC`. */
  readonly timeZone?: string;
}

/** What of a tenant can be changed while everything runs. */
export interface TenantChange {
  readonly name?: string;
  readonly tier?: string;
  readonly timeZone?: string;
  readonly status?: TenantStatus;
}

/**
 * Customers that come, change and go while everything runs.
 *
 * What the configuration declares of a tenant is changed there alone: it is written to the directory at every start.
 * Suspending is the exception, because it cannot wait: an operator's suspension holds, across starts, until an operator
 * ends it. Changes of one process are made one after the other; of two processes the last one wins.
 * Every method rejects with `unavailable` when the directory cannot be reached.
 */
export interface Tenants {
  /** @throws TenantryError `invalid_request` with every field at fault; `conflict` for an id that is taken. */
  create(tenant: NewTenant): Promise<Tenant>;
  /**
   * Again changes nothing.
   *
   * @throws TenantryError `not_found`; `invalid_request` with every field at fault; `conflict` for what the
   *   configuration decides.
   */
  change(id: string, change: TenantChange): Promise<Tenant>;
}

export interface TenantsOptions {
  readonly directory: TenantDirectory;
  readonly catalogue: Catalogue;
}

export function createTenants({ directory, catalogue }: TenantsOptions): Tenants {
  const declared = new Map(catalogue.tenants.map((tenant) => [tenant.id, tenant]));
  let last: Promise<unknown> = Promise.resolve();

  /** Between finding a tenant and writing it no other change of this process may come. */
  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return await turn;
  }

  return {
    create: ({ id, name = id, tier, timeZone = "UTC" }) =>
      inTurn(async () => {
        const problem = tenantIdProblem(id);
        const issues: Issue[] = problem === null ? [] : [{ path: "id", message: problem }];
        check([...issues, ...fieldIssues({ name, tier, timeZone }, catalogue)]);
        if (declared.has(id) || (await directory.find(id)) !== null) {
          throw new TenantryError("conflict", `there is a tenant ${JSON.stringify(id)} already`);
        }
        const tenant: Tenant = { id, name, tier, status: "active", timeZone, overrides: {} };
        await directory.put(tenant);
        return tenant;
      }),
    change: (id, change) =>
      inTurn(async () => {
        const tenant = await directory.find(id);
        if (tenant === null) throw new TenantryError("not_found", `there is no tenant ${JSON.stringify(id)}`);
        check(fieldIssues(change, catalogue));
        checkDeclared(tenant, declared.get(id), change);
        const changed = apply(tenant, change);
        await directory.put(changed);
        return changed;
      }),
  };
}

/**
 * A declared tenant as it holds now: what the configuration says, and suspended besides while an operator wants that.
 *
 * @param stored the tenant as the directory has it, or null when it is new.
 */
export function mergeDeclared(declared: Tenant, stored: Tenant | null): Tenant {
  if (stored?.suspendedByOperator !== true) return declared;
  return { ...declared, status: "suspended", suspendedByOperator: true };
}

function apply(tenant: Tenant, { status, ...fields }: TenantChange): Tenant {
  const changed = { ...tenant, ...fields };
  if (status === undefined) return changed;
  const { suspendedByOperator: _ended, ...rest } = changed;
  return status === "active" ? { ...rest, status } : { ...rest, status, suspendedByOperator: true };
}

function checkDeclared(tenant: Tenant, declared: Tenant | undefined, change: TenantChange): void {
  if (declared === undefined) return;
  const name = JSON.stringify(tenant.id);
  for (const field of ["name", "tier", "timeZone"] as const) {
    if (change[field] === undefined || change[field] === tenant[field]) continue;
    throw new TenantryError("conflict", `tenant ${name} is declared in the configuration; change its ${field} there`);
  }
  if (change.status === "active" && declared.status === "suspended") {
    throw new TenantryError("conflict", `the configuration suspends tenant ${name}; change that there`);
  }
}

function fieldIssues({ name, tier, timeZone }: TenantChange, { tiers }: Catalogue): readonly Issue[] {
  const issues: Issue[] = [];
  const nameProblem = name === undefined ? null : idProblem(name);
  if (nameProblem !== null) issues.push({ path: "name", message: nameProblem });
  if (tier !== undefined && !tiers.has(tier)) {
    const known = [...tiers.keys()].join(", ");
    issues.push({ path: "tier", message: `is ${JSON.stringify(tier)}, which is not a tier; known are ${known}` });
  }
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    issues.push({ path: "timeZone", message: "must be an IANA time zone such as Europe/Berlin" });
  }
  return issues;
}

function check(issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  const message = issues.map((issue) => `${issue.path}: ${issue.message}`).join("; ");
  throw new TenantryError("invalid_request", message, { issues });
}
