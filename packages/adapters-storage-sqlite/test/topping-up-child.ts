import { createSystemClock } from "@tenantry/adapters-system";
import { createTenants, parseCatalogue } from "@tenantry/core";
import { openSqliteStorage } from "../src/index.ts";

/** Makes the tenant `new`, then tops up `acme` as often as it is told and once under a shared id; prints how it went. */
const [path = "", name = "", count = "0"] = process.argv.slice(2);
const clock = createSystemClock();
const storage = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock });
const budgets = [{ usd: "10", per: "year" }];
const { catalogue } = parseCatalogue({ tiers: { basic: { models: ["a/b"], budgets } }, tenants: {} });
const tenants = createTenants({ directory: storage.tenants, catalogue });
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));

const made = await tenants.create({ id: "new", tier: "basic", name }).then(
  () => "made",
  () => "refused",
);
process.stdout.write(`${made} new\n`);
const ids = [...Array.from({ length: Number(count) }, (_, index) => `${name}-${index}`), "shared"];
const gift = { budgetId: "budget-year", amountUsd: "0.01" };
for (const id of ids) await tenants.topUp("acme", { ...gift, id }, clock.now());
await storage.close();
process.stdout.write(`added ${count}\n`);
process.exit(0);
