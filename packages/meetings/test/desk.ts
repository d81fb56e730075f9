import { createTenantry, type ModelRef, type Tenant, type Tenantry, type Tier } from "@tenantry/core";
import {
  aPrice,
  aPriceBook,
  aTenant,
  aTier,
  type ChatStep,
  type CollectingTelemetry,
  createCollectingTelemetry,
  createManualClock,
  createMemoryLimitStore,
  createMemoryState,
  createMemoryTenantDirectory,
  createMemoryUsageStore,
  createScriptedChatModel,
  createSequenceIds,
  type ManualClock,
  type ScriptedChatModel,
} from "@tenantry/core/testing";

/** The first model of the route: 100 pico-USD a token in, 400 out. */
export const large: ModelRef = { provider: "example", model: "large-1" };
/** The fallback: a tenth of that. */
export const small: ModelRef = { provider: "example", model: "small-1" };

export const transcript = "Ann: We ship on Friday.\nBo: Agreed, I'll tell the customers.";

export interface Desk {
  readonly tenantry: Tenantry;
  readonly model: ScriptedChatModel;
  readonly clock: ManualClock;
  readonly telemetry: CollectingTelemetry;
}

/** An installation in memory: `tenant-a` on one tier, and a model that follows the script. */
export function aDesk(
  options: {
    readonly tier?: Partial<Tier>;
    readonly tenant?: Partial<Tenant>;
    readonly script?: readonly ChatStep[] | ((clock: ManualClock) => readonly ChatStep[]);
  } = {},
): Desk {
  const clock = createManualClock();
  const state = createMemoryState();
  const telemetry = createCollectingTelemetry();
  const { script = [{ type: "answer" }] } = options;
  const model = createScriptedChatModel(large.provider, typeof script === "function" ? script(clock) : script);
  const tier = aTier({ route: [large, small], features: ["summary"], ...options.tier });
  const book = aPriceBook([
    aPrice({ id: "price-large", model: large.model, rates: { input: 100n, cacheRead: 50n, output: 400n } }),
    aPrice({ id: "price-small", model: small.model, rates: { input: 10n, output: 40n } }),
  ]);
  const tenantry = createTenantry({
    tiers: new Map([[tier.id, tier]]),
    tenants: createMemoryTenantDirectory([aTenant(options.tenant)]),
    models: [model],
    prices: { current: () => book },
    limits: createMemoryLimitStore({ clock, state }),
    ledger: createMemoryUsageStore({ state }),
    telemetry,
    clock,
    ids: createSequenceIds(),
  });
  return { tenantry, model, clock, telemetry };
}

/** The headings the model was asked for, request by request. */
export function askedOf({ model }: Desk): readonly (readonly string[])[] {
  return model.sent.map(({ request }) => {
    const prompt = request.messages.map(({ content }) => content).join("\n");
    const [instructions = ""] = prompt.split("Meeting Transcript:");
    return [...instructions.matchAll(/^- ([^(\n]+) \(/gm)].map((match) => match[1] ?? "");
  });
}
