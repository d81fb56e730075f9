import { formatModelRef } from "@tenantry/core";
import type { Config } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { resolve } from "node:path";

interface Check {
  readonly check: string;
  readonly state: "ok" | "note" | "problem";
  readonly detail: string;
}

/** `tenantry doctor`: is the configuration whole, can the store be written, who answers calls? */
export async function doctor(context: Context): Promise<number> {
  const config = await context.config();
  const checks = [...describeConfig(config), await checkStorage(context, config)];
  context.print({
    title: `Configuration ${config.source}`,
    columns: [
      { key: "check", title: "check" },
      { key: "state", title: "state" },
      { key: "detail", title: "detail" },
    ],
    rows: checks.map((check) => ({ ...check })),
  });
  return checks.some(({ state }) => state === "problem") ? 1 : 0;
}

function describeConfig(config: Config): Check[] {
  const { catalogue, providers, netra } = config;
  const book = config.prices.current();
  const routes = [...catalogue.tiers.values()].flatMap((tier) => tier.route);
  const connected = providers.length === 0 ? ["openai", "anthropic"] : providers.map(({ name }) => name);
  const unreachable = [...new Set(routes.filter((ref) => !connected.includes(ref.provider)).map(formatModelRef))];
  return [
    {
      check: "tiers and tenants",
      state: "ok",
      detail: `${catalogue.tiers.size} tiers, ${catalogue.tenants.length} tenants`,
    },
    {
      check: "prices",
      state: "ok",
      detail: `book ${book.version}, ${book.prices.length} prices; every model of every tier has one`,
    },
    providers.length === 0
      ? {
          check: "providers",
          state: "note",
          detail: "simulated: no provider key is set; set OPENAI_API_KEY or ANTHROPIC_API_KEY for real answers",
        }
      : { check: "providers", state: "ok", detail: providers.map(({ name, kind }) => `${name} (${kind})`).join(", ") },
    unreachable.length === 0
      ? { check: "routes", state: "ok", detail: "every model has a connected provider" }
      : {
          check: "routes",
          state: "note",
          detail: `skipped, because their provider is not connected: ${unreachable.join(", ")}`,
        },
    netra === null
      ? { check: "telemetry", state: "note", detail: "off; set NETRA_OTLP_ENDPOINT and NETRA_API_KEY to send traces" }
      : { check: "telemetry", state: "ok", detail: `Netra at ${new URL(netra.endpoint).host}` },
  ];
}

async function checkStorage(context: Context, config: Config): Promise<Check> {
  try {
    await context.withBooks(async ({ tenants }) => await tenants.list());
    const { path, durability } = config.storage;
    return {
      check: "storage",
      state: "ok",
      detail: `${resolve(path)}, survives a ${durability === "power" ? "power loss" : "process crash"}`,
    };
  } catch (error) {
    return { check: "storage", state: "problem", detail: error instanceof Error ? error.message : String(error) };
  }
}
