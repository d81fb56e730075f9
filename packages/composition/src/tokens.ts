import type {
  ChatModel,
  Clock,
  IdSource,
  Ingest,
  Keys,
  Log,
  PriceMirror,
  Relay,
  Telemetry,
  Tenantry,
  TenantDirectory,
  TokenCounter,
} from "@tenantry/core";
import type { SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import type { ProviderSimulator } from "@tenantry/provider-simulator";
import type { ServiceIdentifier } from "inversify";
import type { Config } from "./config.ts";
import type { SpanReader } from "./span-reader.ts";

/** A typed name; the only place that makes them, so that a binding and its use cannot disagree. */
const token = <Type>(name: string): ServiceIdentifier<Type> => Symbol.for(`tenantry/${name}`);

export const tokens: {
  readonly config: ServiceIdentifier<Config>;
  readonly log: ServiceIdentifier<Log>;
  readonly clock: ServiceIdentifier<Clock>;
  readonly ids: ServiceIdentifier<IdSource>;
  readonly tokenCounter: ServiceIdentifier<TokenCounter>;
  readonly prices: ServiceIdentifier<PriceMirror>;
  readonly storage: ServiceIdentifier<SqliteStorage>;
  readonly tenants: ServiceIdentifier<TenantDirectory>;
  readonly simulator: ServiceIdentifier<ProviderSimulator | null>;
  readonly models: ServiceIdentifier<readonly ChatModel[]>;
  readonly relays: ServiceIdentifier<readonly Relay[]>;
  readonly keys: ServiceIdentifier<Keys>;
  readonly telemetry: ServiceIdentifier<Telemetry>;
  readonly tenantry: ServiceIdentifier<Tenantry>;
  readonly ingest: ServiceIdentifier<Ingest>;
  readonly spanReader: ServiceIdentifier<SpanReader>;
} = {
  config: token("config"),
  log: token("log"),
  clock: token("clock"),
  ids: token("ids"),
  tokenCounter: token("token-counter"),
  prices: token("prices"),
  storage: token("storage"),
  tenants: token("tenants"),
  simulator: token("simulator"),
  models: token("models"),
  relays: token("relays"),
  keys: token("keys"),
  telemetry: token("telemetry"),
  tenantry: token("tenantry"),
  ingest: token("ingest"),
  spanReader: token("span-reader"),
};
