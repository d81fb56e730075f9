import { createDataReader, type DataReader, join } from "../errors/data-reader.ts";
import type { Issue } from "../errors/issue.ts";
import { idProblem } from "../ids/external-id.ts";
import { isTimeZone } from "../time/time-zone.ts";
import type { ModelRef } from "./model-ref.ts";
import { aliasesFor, aliasProblems } from "./parse-aliases.ts";
import { parsePolicy, parseRoute, policyFields } from "./parse-policy.ts";
import { tenantIdProblem } from "./unattributed.ts";
import type { Tenant } from "./tenant.ts";
import type { Tier, TierPolicy } from "./tier.ts";

/** What is sold, and who bought it by configuration. */
export interface Catalogue {
  readonly tiers: ReadonlyMap<string, Tier>;
  readonly tenants: readonly Tenant[];
}

/** What a tier has where it says nothing. No limits, no budgets, no objectives, and charges are the cost. */
export const defaultPolicy: Omit<TierPolicy, "route"> = {
  aliases: [],
  features: [],
  limits: [],
  concurrency: [],
  budgets: [],
  objectives: [],
  charge: { kind: "pass-through", version: "pass-through" },
  unpriced: "deny",
  fixedHoldPico: null,
  maxOutputTokens: 4096,
  clampToBudget: null,
  timeoutMs: 60_000,
  attemptTimeoutMs: null,
  retries: 1,
  traceContent: false,
  keepAnswers: false,
  store: false,
  showCost: null,
};

/** A catalogue and what is wrong with it. Only without issues is it whole. */
export interface ParsedCatalogue {
  readonly ok: boolean;
  /** As far as it could be read, so that further checks can add their problems. */
  readonly catalogue: Catalogue;
  readonly issues: readonly Issue[];
}

/**
 * Reads tiers and tenants from plain data (a parsed YAML or JSON file), reporting every problem at once.
 * The form is described in `docs/guides/configuration.md`.
 */
export function parseCatalogue(data: unknown): ParsedCatalogue {
  const reader = createDataReader();
  const root = reader.fields(data, "", ["models", "tiers", "tenants"]);
  const shared = root?.["models"] === undefined ? undefined : parseRoute(reader, root["models"], "models");
  const tiers = new Map<string, Tier>();
  for (const [id, raw] of root === null ? [] : reader.entries(root["tiers"] ?? {}, "tiers")) {
    const tier = parseTier(reader, id, raw);
    if (tier !== null) tiers.set(id, tier);
  }
  const named = root === null ? [] : Object.keys((root["tiers"] ?? {}) as object);
  if (root !== null && named.length === 0) reader.report("tiers", "must name at least one tier");
  const tenants = (root === null ? [] : reader.entries(root["tenants"] ?? {}, "tenants")).flatMap(([id, raw]) => {
    const tenant = parseTenant(reader, id, raw, named);
    if (tenant !== null) reportAliases(reader, tenant, tiers.get(tenant.tier));
    return tenant === null ? [] : [tenant];
  });
  const own = { tiers, tenants };
  const catalogue = shared === undefined ? own : withSharedRoute(own, shared);
  return { ok: reader.issues.length === 0, catalogue, issues: reader.issues };
}

/** One route for every tier, in place of its own: what a team uses while it develops. Tenants' overrides stay. */
function withSharedRoute({ tiers, tenants }: Catalogue, route: readonly ModelRef[]): Catalogue {
  const shared = [...tiers].map(([id, tier]): [string, Tier] => [
    id,
    { ...tier, route, aliases: aliasesFor(tier.aliases, route) },
  ]);
  return {
    tiers: new Map(shared),
    tenants: tenants.map((tenant) => {
      const { route: ownRoute, aliases = ownRoute && tiers.get(tenant.tier)?.aliases } = tenant.overrides;
      if (aliases === undefined) return tenant;
      return { ...tenant, overrides: { ...tenant.overrides, aliases: aliasesFor(aliases, ownRoute ?? route) } };
    }),
  };
}

/** What a tenant overrides must go with what it leaves to its tier. */
function reportAliases(reader: DataReader, { id, overrides }: Tenant, tier: Tier | undefined): void {
  if (tier === undefined || (overrides.route === undefined && overrides.aliases === undefined)) return;
  const path = join(join("tenants", id), "overrides");
  const { route, aliases } = { ...tier, ...overrides };
  for (const { alias, message } of aliasProblems(aliases, route)) {
    if (overrides.aliases !== undefined) reader.report(join(join(path, "aliases"), alias.name), message);
    else reader.report(join(path, "models"), `alias ${alias.name} of the tier ${message}; override aliases too`);
  }
}

function parseTier(reader: DataReader, id: string, raw: unknown): Tier | null {
  const path = join("tiers", id);
  const problem = idProblem(id);
  if (problem !== null) reader.report(path, `id ${problem}`);
  const fields = reader.fields(raw, path, ["name", ...policyFields]);
  if (fields === null) return null;
  const name = fields["name"] === undefined ? id : reader.text(fields["name"], join(path, "name"));
  const policy = parsePolicy(reader, fields, path);
  if (fields["models"] === undefined) reader.report(join(path, "models"), "must list at least one model");
  if (name === null || policy.route === undefined) return null;
  for (const { alias, message } of aliasProblems(policy.aliases ?? [], policy.route)) {
    reader.report(join(join(path, "aliases"), alias.name), message);
  }
  return { ...defaultPolicy, ...policy, route: policy.route, id, name };
}

function parseTenant(reader: DataReader, id: string, raw: unknown, tiers: readonly string[]): Tenant | null {
  const path = join("tenants", id);
  const problem = tenantIdProblem(id);
  if (problem !== null) reader.report(path, `id ${problem}`);
  const fields = reader.fields(raw, path, ["name", "tier", "status", "timeZone", "overrides"]);
  if (fields === null) return null;
  const name = fields["name"] === undefined ? id : reader.text(fields["name"], join(path, "name"));
  const tier = reader.text(fields["tier"], join(path, "tier"));
  if (tier !== null && !tiers.includes(tier)) {
    reader.report(join(path, "tier"), `is "${tier}", which is not a tier; known are ${tiers.join(", ") || "none"}`);
  }
  const status =
    fields["status"] === undefined
      ? "active"
      : reader.choice(fields["status"], join(path, "status"), ["active", "suspended"]);
  const timeZone = fields["timeZone"] === undefined ? "UTC" : reader.text(fields["timeZone"], join(path, "timeZone"));
  if (timeZone !== null && !isTimeZone(timeZone)) {
    reader.report(join(path, "timeZone"), `is "${timeZone}", which is not an IANA time zone such as Europe/Berlin`);
  }
  const rawOverrides =
    fields["overrides"] === undefined ? {} : reader.fields(fields["overrides"], join(path, "overrides"), policyFields);
  const overrides = rawOverrides === null ? {} : parsePolicy(reader, rawOverrides, join(path, "overrides"));
  if (name === null || tier === null || status === null || timeZone === null) return null;
  return { id, name, tier, status, timeZone, overrides };
}
