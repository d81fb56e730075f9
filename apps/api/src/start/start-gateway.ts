import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type App, loadConfig, openApp } from "@tenantry/composition";
import { type Log, TenantryError } from "@tenantry/core";
import type { Gateway } from "../server.ts";
import { type AdminKey, openAdminKey } from "./admin-key.ts";
import { createFirstKeys } from "./first-keys.ts";
import { greeting } from "./greeting.ts";
import { openGateway } from "./open-gateway.ts";
import { type Env, readSettings, type Settings } from "./read-settings.ts";

/** The configuration that comes with the repository, used where there is no other. */
const exampleConfig: string = fileURLToPath(new URL("../../../../examples/meetingmind/tenantry.yaml", import.meta.url));

export interface StartOptions {
  readonly env: Env;
  readonly log: Log;
  /** Where the operator reads the greeting; keys are in it. */
  out(text: string): void;
}

export interface StartedGateway {
  readonly address: string;
  /** Lets running calls end within the configured time, then closes everything. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Configuration → installation → listening → keys.
 *
 * @throws TenantryError `invalid_configuration` with every problem, also when the port is taken; `unavailable` when the
 *   store cannot be opened. Nothing runs then, and there is no key that nobody has seen.
 */
export async function startGateway({ env, log, out }: StartOptions): Promise<StartedGateway> {
  const settings = readSettings(env);
  const path = env["TENANTRY_CONFIG"]?.trim() || (existsSync("tenantry.yaml") ? "tenantry.yaml" : exampleConfig);
  const config = await loadConfig({ path, env });
  const adminKey = await openAdminKey(env["TENANTRY_ADMIN_KEY"], config.storage.path);
  let app: App | null = null;
  try {
    app = await openApp(config, { log, adminKeyHash: adminKey.hash });
    return await listen(app, settings, adminKey, { log, out });
  } catch (error) {
    await app?.close();
    await adminKey.forget();
    throw error;
  }
}

async function listen(
  app: App,
  settings: Settings,
  adminKey: AdminKey,
  { log, out }: Pick<StartOptions, "log" | "out">,
): Promise<StartedGateway> {
  const { source, storage, catalogue } = app.config;
  const { host } = settings;
  const gateway = openGateway(app, settings, { log });
  const port = await gateway.listen(settings.port, host).catch((error: unknown) => {
    throw listenError(error, settings);
  });
  try {
    // Not before it is certain that they can be shown.
    const firstKeys = await createFirstKeys(app.keys, catalogue.tenants);
    const address = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const isSimulated = app.simulator !== null;
    log.info("listening", { address, simulated: isSimulated });
    const tenantIds = catalogue.tenants.map(({ id }) => id);
    const { secret: adminSecret } = adminKey;
    out(greeting({ address, source, storePath: storage.path, isSimulated, tenantIds, firstKeys, adminSecret }));
    let stopping: Promise<void> | null = null;
    return { address, stop: async () => await (stopping ??= stop(gateway, app, log, settings.drainMs)) };
  } catch (error) {
    await gateway.drain(0);
    throw error;
  }
}

function listenError(thrown: unknown, { host, port }: Settings): TenantryError {
  const issue = (path: string, message: string): TenantryError =>
    TenantryError.invalidConfiguration([{ path, message }]);
  switch ((thrown as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return issue("PORT", `${port} is in use on ${host}; stop what uses it, or choose another (0 takes any free one)`);
    case "EACCES":
      return issue("PORT", `${port} may not be used by this user; ports from 1024 on may`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return issue("HOST", `${host} is no address of this machine`);
    default:
      return TenantryError.from(thrown);
  }
}

async function stop(gateway: Gateway, app: App, log: Log, drainMs: number): Promise<void> {
  log.info("stopping", { drainMs });
  await gateway.drain(drainMs);
  await app.close();
  log.info("stopped", {});
}
