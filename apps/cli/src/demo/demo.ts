import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { formatModelRef, TenantryError } from "@tenantry/core";
import { type Context, exampleConfig } from "../context.ts";
import { exitBreached } from "../exit-code.ts";
import { reconcileRun, serviceLevels, tenantMetrics, usageAndCost } from "./books.ts";
import { abortedStream, breach, fallback, rateLimit, threeMeetings } from "./scenes.ts";
import { cast, createStage, type Stage } from "./stage.ts";

const dayMs = 86_400_000;

/** `tenantry demo`: the MeetingMind story from end to end. Exit code 4 when the books do not balance. */
export async function demo(context: Context): Promise<number> {
  const transcripts = await readTranscripts();
  const config = await context.config();
  const missing = cast.filter(({ tenantId }) => !config.catalogue.tenants.some(({ id }) => id === tenantId));
  if (missing.length > 0) {
    throw new TenantryError(
      "invalid_configuration",
      `the demo is about ${missing.map(({ tenantId }) => tenantId).join(", ")}, which ${config.source} does not have; leave out --config`,
    );
  }
  return await context.withApp({}, async (app) => {
    const stage = createStage(app, context.terminal, transcripts);
    introduce(stage);
    const results = await threeMeetings(stage);
    await rateLimit(stage);
    const { simulator } = app;
    if (simulator === null) {
      stage.heading("A breach, a fallback, an aborted stream");
      stage.say(
        "skipped: these need a provider that misbehaves on request; unset the provider keys to see them simulated",
      );
    } else {
      await breach(stage, simulator);
      await fallback(stage, simulator);
      await abortedStream(stage, simulator);
    }
    const now = Date.now();
    const period = { from: now - dayMs, to: now + 1 };
    await usageAndCost(stage, period);
    await serviceLevels(stage, results, period);
    await tenantMetrics(stage, period);
    if (simulator === null) {
      stage.heading("The books against the provider's invoice");
      stage.say("skipped: your provider sends its invoice later");
      return 0;
    }
    const { balanced } = await reconcileRun(stage, simulator);
    suggest(stage);
    return balanced ? 0 : exitBreached;
  });
}

async function readTranscripts(): Promise<ReadonlyMap<string, string>> {
  const folder = join(dirname(exampleConfig), "meetings");
  const texts = cast.map(
    async ({ tenantId }) => [tenantId, await readFile(join(folder, `${tenantId}.txt`), "utf8")] as const,
  );
  return new Map(await Promise.all(texts));
}

function introduce(stage: Stage): void {
  const { config, simulator } = stage.app;
  stage.say("Tenantry demo: MeetingMind sells meeting summaries to three customers on three tiers.");
  stage.say(
    simulator === null
      ? `Real answers from ${config.providers.map(({ name }) => name).join(", ")}: this run costs a few cents.`
      : "Every answer is simulated: no provider key is set, so the official SDKs talk to an embedded simulator.",
  );
  stage.say(`Configuration ${config.source}`, `Ledger ${config.storage.path}, which keeps earlier runs`);
  stage.heading("Tiers (step 4)");
  for (const tier of config.catalogue.tiers.values()) {
    const objectives = tier.objectives.map(({ id }) => id).join(", ") || "best effort";
    stage.say(
      `${tier.name}: ${tier.route.map(formatModelRef).join(", then ")}`,
      `  ${tier.features.join(", ")}; ${tier.limits.map(({ capacity, id }) => `${capacity} ${id}`).join(", ")}; ${objectives}`,
    );
  }
}

function suggest(stage: Stage): void {
  stage.heading("Look around");
  stage.say(
    "npm run tenantry -- usage report --by tenant,model",
    "npm run tenantry -- sla report",
    "npm run tenantry -- tenants show techstart-inc",
    `npm run tenantry -- explain ${stage.callIds.at(-1) ?? ""}`,
  );
}
