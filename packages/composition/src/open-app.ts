import type { SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import {
  type ChatModel,
  type Clock,
  type IdSource,
  type Ingest,
  type Keys,
  type Log,
  type PriceMirror,
  type Relay,
  silentLog,
  type Telemetry,
  type TenantDirectory,
  TenantryError,
  type Tenantry,
  type TokenCounter,
  type UsageReader,
} from "@tenantry/core";
import type { ProviderSimulator, ProviderSimulatorOptions } from "@tenantry/provider-simulator";
import { Container } from "inversify";
import type { Config } from "./config.ts";
import { coreModule } from "./core.module.ts";
import { ingestModule } from "./ingest.module.ts";
import { keysModule } from "./keys.module.ts";
import { pricesModule } from "./prices.module.ts";
import { providersModule } from "./providers.module.ts";
import type { SpanReader } from "./span-reader.ts";
import { storageModule } from "./storage.module.ts";
import { systemModule } from "./system.module.ts";
import { telemetryModule } from "./telemetry.module.ts";
import { tokens } from "./tokens.ts";

export interface OpenOptions {
  readonly log?: Log;
  /** How the embedded simulator behaves, where there is one. */
  readonly simulator?: ProviderSimulatorOptions;
  /** SHA-256 (lower-case hex) of an admin key that works beside the stored ones. */
  readonly adminKeyHash?: string;
  /**
   * Applied to prompts, answers, calls of tools and providers' messages before a telemetry platform is told of them,
   * where a tier traces content. When it throws, they are left out. Default: they go as they are.
   */
  readonly scrub?: (text: string) => string;
}

/** What reading needs: no provider, no telemetry. */
export interface Books {
  readonly config: Config;
  readonly reader: UsageReader;
  readonly tenants: TenantDirectory;
  /** The prices in force; follows what other processes import and pin. */
  readonly prices: PriceMirror;
  readonly storage: SqliteStorage;
  readonly keys: Keys;
  readonly clock: Clock;
  close(): Promise<void>;
}

/** A running installation. */
export interface App extends Books {
  readonly tenantry: Tenantry;
  /** Providers in core's words, and in their own protocols. */
  readonly models: readonly ChatModel[];
  readonly relays: readonly Relay[];
  readonly tokenCounter: TokenCounter;
  readonly telemetry: Telemetry;
  readonly ids: IdSource;
  /** Books what others report, and reads what they send. */
  readonly ingest: Ingest;
  readonly spanReader: SpanReader;
  /** Null when real providers are connected. */
  readonly simulator: ProviderSimulator | null;
}

/** Opens the books of an installation to read them. */
export async function openBooks(config: Config, options: OpenOptions = {}): Promise<Books> {
  const container = containerFor(config, options);
  return await closingOnFailure(container, async () => await booksOf(container, config));
}

/** Opens an installation to make calls, and settles what processes that died left open. */
export async function openApp(config: Config, options: OpenOptions = {}): Promise<App> {
  const container = containerFor(config, options);
  return await closingOnFailure(container, async () => {
    const books = await booksOf(container, config);
    // Before all else that may fail: a server that is still starting when another part fails would not be found to close.
    const simulator = await container.getAsync(tokens.simulator);
    const tenantry = await container.getAsync(tokens.tenantry);
    const models = await container.getAsync(tokens.models);
    const relays = await container.getAsync(tokens.relays);
    const tokenCounter = await container.getAsync(tokens.tokenCounter);
    const telemetry = await container.getAsync(tokens.telemetry);
    const ids = await container.getAsync(tokens.ids);
    const ingest = await container.getAsync(tokens.ingest);
    const spanReader = await container.getAsync(tokens.spanReader);
    await tenantry.recover();
    const stopRecovering = recoverNowAndThen(tenantry, ingest, options.log ?? silentLog);
    const close = async (): Promise<void> => {
      await stopRecovering();
      await books.close();
    };
    return { ...books, close, tenantry, simulator, models, relays, tokenCounter, telemetry, ids, ingest, spanReader };
  });
}

const recoverEveryMs = 15_000;

/**
 * A process that dies is not always started again: what it held is given back by those that live. So is what the ledger
 * has learnt of calls that spans tell of as well, whoever made them.
 */
function recoverNowAndThen(tenantry: Tenantry, ingest: Ingest, log: Log): () => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const work = async (event: string, step: () => Promise<unknown>): Promise<void> => {
    await step().catch((error: unknown) => log.warn(event, { reason: TenantryError.from(error).message }));
  };
  const timer = setInterval(() => {
    last = Promise.all([
      work("recovery-failed", async () => await tenantry.recover()),
      work("spans-not-settled", async () => await ingest.settlePending()),
    ]);
  }, recoverEveryMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await last;
  };
}

function containerFor(
  config: Config,
  { log = silentLog, simulator = {}, adminKeyHash, scrub }: OpenOptions,
): Container {
  const container = new Container();
  container.load(
    systemModule(config, log),
    storageModule(),
    pricesModule(),
    providersModule(simulator),
    telemetryModule(scrub),
    coreModule(),
    keysModule(adminKeyHash ?? null),
    ingestModule(),
  );
  return container;
}

async function booksOf(container: Container, config: Config): Promise<Books> {
  const storage = await container.getAsync(tokens.storage);
  const tenants = await container.getAsync(tokens.tenants);
  const keys = await container.getAsync(tokens.keys);
  const clock = await container.getAsync(tokens.clock);
  const prices = await container.getAsync(tokens.prices);
  const { reader } = storage;
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => await (closing ??= closeAll(container));
  return { config, reader, tenants, prices, storage, keys, clock, close };
}

/** The use case first, because it still writes; the stores last. A part that cannot be closed keeps no other open. */
async function closeAll(container: Container): Promise<void> {
  const failures: unknown[] = [];
  for (const name of [tokens.tenantry, tokens.spanReader, tokens.simulator, tokens.prices, tokens.storage]) {
    await container.unbindAsync(name).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

async function closingOnFailure<Opened>(container: Container, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    // A part that could not be opened fails again when it is to be closed: its first error is the one to tell.
    await closeAll(container).catch(() => undefined);
    throw error;
  }
}
