import { resolve } from "node:path";
import type { Books, Config } from "@tenantry/composition";
import { formatModelRef } from "@tenantry/core";
import type { Check } from "../check.ts";
import type { ConfigChoice, Context } from "../context.ts";
import { describeBook } from "../prices/describe-book.ts";
import { checkUnsettled } from "../unsettled.ts";
import { version } from "../version.ts";

/** `tenantry doctor`: is the configuration whole, can the store be used, who answers calls? Sends nothing. */
export async function doctor(context: Context): Promise<number> {
  const config = await context.config();
  const { storage, prices } = await checkStorage(context, config);
  const checks = [describeChoice(context.configChoice), ...describeConfig(config, prices), ...storage];
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

function describeConfig(config: Config, prices: Check): Check[] {
  const { catalogue, providers } = config;
  const routes = [...catalogue.tiers.values()].flatMap((tier) => tier.route);
  const connected = providers.length === 0 ? ["openai", "anthropic"] : providers.map(({ name }) => name);
  const unreachable = [...new Set(routes.filter((ref) => !connected.includes(ref.provider)).map(formatModelRef))];
  return [
    {
      check: "catalogue",
      state: "ok",
      detail: `${catalogue.tiers.size} tiers, ${catalogue.tenants.length} tenants`,
    },
    prices,
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
    describeTelemetry(config),
  ];
}

function describeTelemetry({ netra, otlp }: Config): Check {
  const hostOf = (address: string): string => URL.parse(address)?.host ?? address;
  const platforms = [
    ...(netra === null ? [] : [`Netra at ${hostOf(netra.endpoint)}`]),
    ...(otlp === null ? [] : [`OTLP at ${hostOf(otlp.tracesEndpoint ?? otlp.endpoint ?? "")}`]),
  ];
  return platforms.length > 0
    ? { check: "telemetry", state: "ok", detail: platforms.join(", ") }
    : {
        check: "telemetry",
        state: "note",
        detail: "off; set NETRA_OTLP_ENDPOINT and NETRA_API_KEY, or OTEL_EXPORTER_OTLP_ENDPOINT, to send traces",
      };
}

/** The store and what it has not settled, and the prices in force, which it decides. */
async function checkStorage(
  context: Context,
  config: Config,
): Promise<{ readonly storage: readonly Check[]; readonly prices: Check }> {
  const { path, durability } = config.storage;
  try {
    return await context.withBooks(async (books) => {
      await books.tenants.list();
      const detail = `${resolve(path)}, survives a ${durability === "power" ? "power loss" : "process crash"}`;
      const unsettled = await checkUnsettled(books);
      return {
        storage: [{ check: "storage", state: "ok", detail }, ...unsettled],
        prices: describePrices(books.prices),
      };
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const book = config.prices.current();
    const unknown = `book ${book.version}, ${book.prices.length} prices; whether an edition is in force cannot be read`;
    return {
      storage: [{ check: "storage", state: "problem", detail }],
      prices: { check: "prices", state: "note", detail: unknown },
    };
  }
}

function describePrices(prices: Books["prices"]): Check {
  const book = prices.current();
  const status = prices.status();
  const detail = `book ${book.version}, ${book.prices.length} prices; ${describeBook(status, Date.now())}`;
  return { check: "prices", state: status.problem === null ? "ok" : "problem", detail };
}
