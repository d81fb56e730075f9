import type { RequestListener } from "node:http";
import type { App } from "@tenantry/composition";
import { type Log, priceStatusView } from "@tenantry/core";
import { openControlPlane } from "../control-plane/open-control-plane.ts";
import { createCallsBeside } from "../ingest/calls-beside.ts";
import { createIngestPlane } from "../ingest/ingest-plane.ts";
import { createGate, type GateLimits } from "../operations/gate.ts";
import { createIngestMetrics } from "../operations/ingest-metrics.ts";
import { createMetrics } from "../operations/metrics.ts";
import { createGateway, type Gateway } from "../server.ts";
import type { Settings } from "./read-settings.ts";

/**
 * The gateway of an installation, not yet listening.
 *
 * @param more.fallback Takes what is no route of the data plane; the control plane unless it is given.
 */
export function openGateway(
  app: App,
  settings: Pick<Settings, "gate" | "dataPlane" | "server">,
  more: { readonly log: Log; readonly fallback?: RequestListener },
): Gateway {
  const { tenantry, tenants, relays, models, keys, storage, tokenCounter, clock, ids, telemetry, prices } = app;
  const gate = createGate(settings.gate);
  const ingestMetrics = createIngestMetrics();
  const metrics = createMetrics({
    inFlight: () => gate.inFlight(),
    streams: () => gate.streams(),
    pendingSettlements: () => tenantry.pendingSettlements(),
    priceBookAgeSeconds: () => priceStatusView(prices.status(), clock.now()).ageSeconds,
    telemetry: () => telemetry.counts(),
    more: ingestMetrics.families,
  });
  tenantry.onBudgetEvent(({ percent }) => metrics.budgetReached(percent));
  const gateway: Gateway = createGateway({
    tenantry,
    tenants,
    providers: { relays, models: new Map(models.map((model) => [model.provider, model])) },
    keys,
    answers: storage.answers,
    denials: storage.ledger,
    tokens: tokenCounter,
    clock,
    ids,
    gate,
    metrics,
    options: settings.dataPlane,
    health: { storage: async () => await storage.health() },
    server: settings.server,
    ingest: createIngestPlane({
      ingest: app.ingest,
      spanReader: app.spanReader,
      tenants,
      keys,
      clock,
      log: more.log,
      callsBeside: createCallsBeside(gate, clock),
      gate: createGate(ingestLimits(app.config.ingest.maxBodyBytes)),
      metrics: ingestMetrics,
      options: { bodyBytes: app.config.ingest.maxBodyBytes },
    }),
    log: more.log,
    fallback: more.fallback ?? openControlPlane(app, { log: more.log, dataRoutes: () => gateway.routes }),
  });
  return gateway;
}

/** Exports at once, beyond which senders are told to come back: they keep what they have. */
const exportsAtOnce = 64;
/** What of it one tenant's own exports may take. */
const exportsOfTenant = 16;
/** Longest exports that may lie in memory at once. */
const longestAtOnce = 8;

function ingestLimits(bodyBytes: number): GateLimits {
  return {
    inFlight: exportsAtOnce,
    inFlightPerTenant: exportsOfTenant,
    streamsPerTenant: 0,
    bodyBytes: longestAtOnce * bodyBytes,
    bodyBytesPerTenant: 2 * bodyBytes,
  };
}
