import { mostTopUps, type NewTopUp, readTopUp, sameTopUp, withTopUp } from "../budgets/new-top-up.ts";
import type { TopUp } from "../budgets/top-up.ts";
import type { Issue } from "../errors/issue.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import { idProblem } from "../ids/external-id.ts";
import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import type { Instant } from "../time/instant.ts";
import { isTimeZone } from "../time/time-zone.ts";
import type { Catalogue } from "./catalogue.ts";
import { requirePolicy } from "./resolve-policy.ts";
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
 * ends it. Changes are made one after the other, also those of two processes: who comes second decides anew on what the
 * first has left.
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
  /**
   * Adds money to a budget once. Repeating an id adds nothing and answers the same, as long as its period and the one
   * after last; what is over by then is forgotten.
   *
   * @throws TenantryError `not_found`; `invalid_request` with every field at fault; `conflict` for an id that stands for
   *   another top-up, and when there are too many.
   */
  topUp(id: string, topUp: NewTopUp, now: Instant): Promise<{ readonly tenant: Tenant; readonly topUp: TopUp }>;
}

export interface TenantsOptions {
  readonly directory: TenantDirectory;
  readonly catalogue: Catalogue;
}

export function createTenants({ directory, catalogue }: TenantsOptions): Tenants {
  const declared = new Map(catalogue.tenants.map((tenant) => [tenant.id, tenant]));

  /** Decides on what is there, and once more when it was changed in between. `decide` answers its argument for "as it is". */
  async function update(id: string, decide: (tenant: Tenant) => Tenant): Promise<Tenant> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const tenant = await directory.find(id);
      if (tenant === null) throw new TenantryError("not_found", `there is no tenant ${JSON.stringify(id)}`);
      const changed = decide(tenant);
      if (changed === tenant || (await directory.replace(tenant, changed))) return changed;
    }
    throw new TenantryError("unavailable", `tenant ${JSON.stringify(id)} is being changed by others; retry`, {
      retryable: true,
    });
  }

  return {
    async create({ id, name = id, tier, timeZone = "UTC" }) {
      const problem = tenantIdProblem(id);
      const issues: Issue[] = problem === null ? [] : [{ path: "id", message: problem }];
      check([...issues, ...fieldIssues({ name, tier, timeZone }, catalogue)]);
      const tenant: Tenant = { id, name, tier, status: "active", timeZone, overrides: {} };
      if (declared.has(id) || !(await directory.replace(null, tenant))) {
        throw new TenantryError("conflict", `there is a tenant ${JSON.stringify(id)} already`);
      }
      return tenant;
    },
    change: (id, change) =>
      update(id, (tenant) => {
        check(fieldIssues(change, catalogue));
        checkDeclared(tenant, declared.get(id), change);
        return apply(tenant, change);
      }),
    async topUp(id, given, now) {
      let added: TopUp | undefined;
      const tenant = await update(id, (found) => {
        added = found.topUps?.find((one) => one.id === given.id);
        const policy = requirePolicy(catalogue.tiers, found);
        const { topUp, issues } = readTopUp(given, policy, { now, timeZone: found.timeZone });
        if (added !== undefined && sameTopUp(added, topUp)) return found;
        check(issues);
        if (added !== undefined) {
          throw new TenantryError("conflict", `top-up ${JSON.stringify(given.id)} is another one; choose a new id`);
        }
        const topUps = withTopUp(found, topUp, policy, now);
        if (topUps.length > mostTopUps) {
          throw new TenantryError("conflict", `a tenant has at most ${mostTopUps} top-ups at a time`);
        }
        added = topUp;
        return { ...found, topUps };
      });
      return { tenant, topUp: added as TopUp };
    },
  };
}

/** Somebody else succeeds each time one does not, so this many in a row is a fault. */
const mostTries = 100;

/**
 * A declared tenant as it holds now: what the configuration says, with the money that was added, and suspended besides
 * while an operator wants that.
 *
 * @param stored the tenant as the directory has it, or null when it is new.
 */
export function mergeDeclared(declared: Tenant, stored: Tenant | null): Tenant {
  const topUps = stored?.topUps === undefined ? {} : { topUps: stored.topUps };
  if (stored?.suspendedByOperator !== true) return { ...declared, ...topUps };
  return { ...declared, status: "suspended", suspendedByOperator: true, ...topUps };
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
