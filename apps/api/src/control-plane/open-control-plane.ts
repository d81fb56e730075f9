import type { RequestListener } from "node:http";
import { type App, settleAttempt } from "@tenantry/composition";
import { createTenants, type Log } from "@tenantry/core";
import { createControlPlane } from "./control-plane.ts";
import type { ControlPlanePorts } from "./ports.ts";

/** The control plane of an installation. */
export function openControlPlane(
  app: App,
  { log, dataRoutes }: { readonly log: Log; readonly dataRoutes: ControlPlanePorts["dataRoutes"] },
): RequestListener {
  const { reader, tenants: directory, prices, storage, keys, clock, config, simulator } = app;
  const { catalogue } = config;
  return createControlPlane({
    reader,
    directory,
    tenants: createTenants({ directory, catalogue }),
    catalogue,
    prices,
    editions: storage.prices,
    limits: storage.limits,
    spans: storage.spans,
    settleAttempt: async (report) => await settleAttempt(app, report),
    keys,
    clock,
    log,
    isSimulated: simulator !== null,
    dataRoutes,
  });
}
