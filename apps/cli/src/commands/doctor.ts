import { resolve } from "node:path";
import type { Config } from "@tenantry/composition";
import { formatModelRef } from "@tenantry/core";
import type { Check } from "../check.ts";
import type { ConfigChoice, Context } from "../context.ts";
import { checkUnsettled } from "../unsettled.ts";
import { version } from "../version.ts";

/** `tenantry doctor`: is the configuration whole, can the store be used, who answers calls? Sends nothing. */
export async function doctor(context: Context): Promise<number> {
  const config = await context.config();
  const checks = [
    describeChoice(context.configChoice),
    ...describeConfig(config),
    ...(await checkStorage(context, config)),
  ];
  const problems = checks.filter(({ state }) => state === "problem").length;
  const rows = checks.map((check) => ({ ...check }));
  context.print({
    title: `tenantry ${version} on node ${process.versions.node}`,
    columns: [
      { key: "check", title: "check" },
      { key: "state", title: "state", overflow: "keep" },
      { key: "detail", title: "detail", overflow: "wrap" },
    ],
    rows,
    notes: [problems === 0 ? "no problems" : problems === 1 ? "1 problem" : `${problems} problems`],
    json: { version, node: process.versions.node, rows },
  });
  return problems === 0 ? 0 : 1;
}

function describeChoice({ path, by }: ConfigChoice): Check {
  const check = "configuration";
  if (by !== "example") return { check, state: "ok", detail: `${resolve(path)} (by ${by})` };
  const detail =
    "the MeetingMind example, because no other is given; --config, TENANTRY_CONFIG or ./tenantry.yaml name one";
  return { check, state: "note", detail };
}

function describeConfig(config: Config): Check[] {
  const { catalogue, providers, netra } = config;
  const book = config.prices.current();
  const routes = [...catalogue.tiers.values()].flatMap((tier) => tier.route);
  const connected = providers.length === 0 ? ["openai", "anthropic"] : providers.map(({ name }) => name);
  const unreachable = [...new Set(routes.filter((ref) => !connected.includes(ref.provider)).map(formatModelRef))];
  return [
    {
      check: "catalogue",
      state: "ok",
      detail: `${catalogue.tiers.size} tiers, ${catalogue.tenants.length} tenants`,
    },
    {
      check: "prices",
      state: "ok",
      detail: `book ${book.version}, ${book.prices.length} prices`,
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
      : { check: "telemetry", state: "ok", detail: `Netra at ${URL.parse(netra.endpoint)?.host ?? netra.endpoint}` },
  ];
}

async function checkStorage(context: Context, config: Config): Promise<readonly Check[]> {
  try {
    const unsettled = await context.withBooks(async (books) => {
      await books.tenants.list();
      return await checkUnsettled(books);
    });
    const { path, durability } = config.storage;
    const survives = durability === "power" ? "power loss" : "process crash";
    return [{ check: "storage", state: "ok", detail: `${resolve(path)}, survives a ${survives}` }, ...unsettled];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ check: "storage", state: "problem", detail }];
  }
}
