import { type Tenant, type TenantChange, createTenants, type Tenants, tenantView } from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { inOptions } from "../in-options.ts";
import { findTenant } from "../known-tenant.ts";
import type { Report } from "../output/report.ts";

export interface CreateTenantOptions {
  readonly tier: string;
  readonly name?: string;
  readonly timeZone?: string;
}

/** `tenantry tenants create <id> --tier <tier>`. */
export async function createTenant(context: Context, id: string, options: CreateTenantOptions): Promise<number> {
  const { tier, name, timeZone } = options;
  await context.withBooks(async (books) => {
    const request = {
      id,
      tier,
      ...(name === undefined ? {} : { name }),
      ...(timeZone === undefined ? {} : { timeZone }),
    };
    const tenant = await tenantsOf(books).create(request).catch(inOptions(optionOf));
    context.print(
      tenantReport(`Tenant ${id} made`, tenant, books, [`\`tenantry keys create --tenant ${id}\` makes its key`]),
    );
  });
  return 0;
}

/** `tenantry tenants suspend <tenant>`: its calls are refused until it is resumed, across restarts. */
export async function suspendTenant(context: Context, id: string): Promise<number> {
  return await change(
    context,
    id,
    { status: "suspended" },
    "suspended",
    "its calls are refused from now on; it may still read",
  );
}

/** `tenantry tenants resume <tenant>`. */
export async function resumeTenant(context: Context, id: string): Promise<number> {
  return await change(context, id, { status: "active" }, "resumed", "its calls are taken again");
}

async function change(context: Context, id: string, wanted: TenantChange, done: string, note: string): Promise<number> {
  await context.withBooks(async (books) => {
    await findTenant(books, id);
    const tenant = await tenantsOf(books).change(id, wanted);
    context.print(tenantReport(`Tenant ${id} ${done}`, tenant, books, [note]));
  });
  return 0;
}

function tenantsOf({ tenants, config }: Books): Tenants {
  return createTenants({ directory: tenants, catalogue: config.catalogue });
}

function tenantReport(title: string, tenant: Tenant, { config }: Books, notes: readonly string[]): Report {
  const { models, ...view } = tenantView(tenant, config.catalogue.tiers);
  const flat = { ...view, models: models?.join(", ") ?? null };
  return {
    title,
    facts: [
      ["name", tenant.name],
      ["status", tenant.status],
      ["tier", tenant.tier],
      ["time zone", tenant.timeZone],
      ["models", models?.join(", then ") ?? "-"],
    ],
    columns: [],
    rows: [],
    notes,
    json: { ...view, models },
    csv: { columns: ["id", "name", "tier", "status", "timeZone", "models"], rows: [flat] },
  };
}

const optionOf: Readonly<Record<string, string>> = {
  id: "<tenant>",
  name: "--name",
  tier: "--tier",
  timeZone: "--time-zone",
};
