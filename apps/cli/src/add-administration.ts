import { type Command, Option } from "commander";
import type { ListBudgetsOptions, ShowBudgetsOptions } from "./commands/budgets.ts";
import type { CreateTenantOptions } from "./commands/change-tenants.ts";
import type { CreateKeyOptions, ListKeysOptions, RotateKeyOptions } from "./commands/keys.ts";
import { addPrices } from "./add-prices.ts";
import type { TopUpOptions } from "./commands/top-up.ts";
import type { Context } from "./context.ts";

/** Runs a command with its context and keeps its exit code. */
export type Run = <Args extends unknown[]>(
  work: (context: Context, ...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>;

/** Commands about who calls, with which key, and at what price. */
export function addAdministration(program: Command, run: Run): void {
  addTenants(program, run);
  addBudgets(program, run);
  addKeys(program, run);
  addPrices(program, run);
}

function addTenants(program: Command, run: Run): void {
  const tenants = program.command("tenants").description("customers and what they bought");
  tenants
    .command("list")
    .description("all tenants")
    .action(run(async (context) => await (await import("./commands/tenants.ts")).listTenants(context)));
  tenants
    .command("show")
    .description("one tenant: tier, limits and where they stand")
    .argument("<tenant>", "id of the tenant")
    .action(run(async (context, id: string) => await (await import("./commands/tenants.ts")).showTenant(context, id)));
  tenants
    .command("create")
    .description("add a customer, who may call at once")
    .argument("<tenant>", "id of the tenant")
    .requiredOption("--tier <tier>", "what they bought")
    .option("--name <name>", "for people (default: the id)")
    .option("--time-zone <zone>", "zone in which their days and months begin (default: UTC)")
    .action(
      run(async (context, id: string, options: CreateTenantOptions) => {
        const { createTenant } = await import("./commands/change-tenants.ts");
        return await createTenant(context, id, options);
      }),
    );
  tenants
    .command("suspend")
    .description("refuse a customer's calls until it is resumed")
    .argument("<tenant>", "id of the tenant")
    .action(
      run(
        async (context, id: string) => await (await import("./commands/change-tenants.ts")).suspendTenant(context, id),
      ),
    );
  tenants
    .command("resume")
    .description("take a suspended customer's calls again")
    .argument("<tenant>", "id of the tenant")
    .action(
      run(
        async (context, id: string) => await (await import("./commands/change-tenants.ts")).resumeTenant(context, id),
      ),
    );
}

function addBudgets(program: Command, run: Run): void {
  const budgets = program.command("budgets").description("what customers may spend");
  budgets
    .command("list")
    .description("all budgets and where they stand")
    .option("-t, --tenant <id>", "only this tenant's")
    .action(
      run(async (context, options: ListBudgetsOptions) => {
        const { listBudgets } = await import("./commands/budgets.ts");
        return await listBudgets(context, options);
      }),
    );
  budgets
    .command("show")
    .description("one tenant's budgets and top-ups")
    .argument("<tenant>", "id of the tenant")
    .option("-u, --user <id>", "whose count, of budgets for each user")
    .option("--feature <name>", "whose count, of budgets for each feature")
    .option("--key <id>", "whose count, of budgets for each key")
    .action(
      run(async (context, id: string, options: ShowBudgetsOptions) => {
        const { showBudgets } = await import("./commands/budgets.ts");
        return await showBudgets(context, id, options);
      }),
    );
  budgets
    .command("top-up")
    .description("add money to a budget for its current period")
    .argument("<tenant>", "id of the tenant")
    .argument("<budget>", "id of the budget, such as budget-month")
    .argument("<usd>", "how much, such as 25 or 0.50")
    .option("--id <id>", "yours; repeating it adds nothing (default: made up)")
    .option("--for <id>", "one user, feature or key of the budget's scope (default: all it counts)")
    .option("--at <instant>", "an instant of the period it is for (default: now)")
    .option("--note <text>", "why, for people")
    .action(
      run(async (context, tenant: string, budget: string, usd: string, options: TopUpOptions) => {
        const { topUpBudget } = await import("./commands/top-up.ts");
        return await topUpBudget(context, tenant, budget, usd, options);
      }),
    );
}

function addKeys(program: Command, run: Run): void {
  const keys = program.command("keys").description("who may come in through the gateway");
  keys
    .command("create")
    .description("make a key; it is shown this once")
    .option("-t, --tenant <id>", "whose key it is")
    .addOption(
      new Option("--scope <scope>", "one tenant, writing spans for all, or everything")
        .choices(["tenant", "ingest", "admin"])
        .default("tenant"),
    )
    .option("--name <name>", "for people")
    .action(
      run(
        async (context, options: CreateKeyOptions) =>
          await (await import("./commands/keys.ts")).createKey(context, options),
      ),
    );
  keys
    .command("list")
    .description("all keys, ended ones too, without their secrets")
    .option("-t, --tenant <id>", "only this tenant's")
    .action(
      run(
        async (context, options: ListKeysOptions) =>
          await (await import("./commands/keys.ts")).listKeys(context, options),
      ),
    );
  keys
    .command("rotate")
    .description("replace a key by a new one of the same kind")
    .argument("<key>", "id of the key")
    .option("--grace <duration>", "how long the old one works on, such as 1h, at most 30d (default: not at all)")
    .action(
      run(async (context, id: string, options: RotateKeyOptions) => {
        const { rotateKey } = await import("./commands/keys.ts");
        return await rotateKey(context, id, options);
      }),
    );
  keys
    .command("revoke")
    .description("end a key, everywhere within a second")
    .argument("<key>", "id of the key")
    .action(run(async (context, id: string) => await (await import("./commands/keys.ts")).revokeKey(context, id)));
}
