import {
  describeCharge,
  describeLimits,
  formatModelRef,
  limitsView,
  policyView,
  requirePolicy,
  type Tenant,
  tenantView,
} from "@tenantry/core";
import type { Context } from "../context.ts";
import { findTenant } from "../known-tenant.ts";

/** `tenantry tenants list`. */
export async function listTenants(context: Context): Promise<number> {
  const { tenants, tiers } = await context.withBooks(async (books) => ({
    tenants: await books.tenants.list(),
    tiers: books.config.catalogue.tiers,
  }));
  const rows = tenants.map((tenant) => tenantView(tenant, tiers));
  const columns = ["id", "name", "tier", "status", "timeZone", "models"];
  const flat = rows.map((row) => ({ ...row, models: row.models === null ? null : row.models.join(", ") }));
  context.print({
    title: "Tenants",
    columns: [
      { key: "id", title: "tenant" },
      { key: "name", title: "name", importance: 2 },
      { key: "tier", title: "tier" },
      { key: "status", title: "status", overflow: "keep" },
      { key: "timeZone", title: "time zone", importance: 1 },
      { key: "models", title: "models, in order", overflow: "wrap" },
    ],
    rows: flat,
    empty: "none is configured; add one under `tenants:` of the configuration",
    json: { rows },
    csv: { columns, rows: flat },
  });
  return 0;
}

/** `tenantry tenants show <tenant>`: what they bought, and where its limits stand. */
export async function showTenant(context: Context, tenantId: string): Promise<number> {
  await context.withBooks(async (books) => {
    const tenant = await findTenant(books, tenantId);
    const policy = requirePolicy(books.config.catalogue.tiers, tenant);
    const limits = await describeLimits(books.storage.limits, tenant, policy, books.clock.now());
    const aliases = policy.aliases.map(({ name, target }) => `${name} = ${formatModelRef(target)}`).join(", ");
    context.print({
      title: `Tenant ${tenantId}`,
      facts: [
        ["name", tenant.name],
        ["status", tenant.status],
        ["tier", `${policy.tierId}${overridden(tenant)}`],
        ["time zone", tenant.timeZone],
        ["models", policy.route.map(formatModelRef).join(", then ")],
        ...(aliases === "" ? [] : [["aliases", aliases] as const]),
        ["features", policy.features.join(", ") || "not gated"],
        ["objectives", policy.objectives.map(({ id }) => id).join(", ") || "best effort"],
        ["charge", describeCharge(policy.charge)],
        ["output", `at most ${policy.maxOutputTokens} tokens a call`],
        ["content", policy.traceContent ? "sent to the telemetry platform" : "private"],
        ["answers", policy.keepAnswers ? "kept for minutes where the caller sends an Idempotency-Key" : "never kept"],
        ...(policy.store ? [["store", "the provider may keep answers in its account"] as const] : []),
      ],
      columns: [
        { key: "id", title: "limit" },
        { key: "allowed", title: "allows", overflow: "wrap" },
        { key: "used", title: "used", align: "right" },
        { key: "held", title: "held", align: "right", hideEmpty: true },
        { key: "left", title: "left", align: "right" },
      ],
      rows: limits.map(({ id, allowed, used, held, left }) => ({ id, allowed, used, held, left })),
      empty: "no limits: every call is admitted",
      notes: limits.some(({ scope }) => scope !== "tenant")
        ? ["limits per user, feature or key have one count for each and show none here"]
        : [],
      json: {
        ...tenantView(tenant, books.config.catalogue.tiers),
        ...policyView(policy, { showCost: true }),
        limits: limitsView(limits, { showCost: true }),
      },
      csv: {
        columns: ["id", "kind", "scope", "unit", "windowMs", "limit", "used", "held", "left"],
        rows: limits.map(({ allowed: _allowed, ...limit }) => limit),
      },
    });
  });
  return 0;
}

function overridden(tenant: Tenant): string {
  const parts = Object.keys(tenant.overrides);
  return parts.length === 0 ? "" : `, with its own ${parts.join(", ")}`;
}
