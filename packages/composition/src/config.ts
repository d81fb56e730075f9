import type { OtlpTelemetryOptions } from "@tenantry/adapters-telemetry-otlp";
import type { Catalogue, IngestOptions, PriceLayers, PriceSource } from "@tenantry/core";

/** One connected provider. */
export interface ProviderConfig {
  /** Which wire it speaks. Any OpenAI-compatible server is `openai` with a base URL. */
  readonly kind: "openai" | "anthropic";
  /** The name used in `provider/model`. */
  readonly name: string;
  readonly apiKey: string;
  /** Null is the vendor's own address. */
  readonly baseUrl: string | null;
}

export interface NetraConfig {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly appName: string;
  readonly environment: string;
}

/** How spans that others report are taken in. */
export interface IngestConfig extends IngestOptions {
  /** Longest export after decompression, bytes. */
  readonly maxBodyBytes: number;
  /** How long spans are kept after they came in, ms; at least `acceptPastMs`, or a repeated export would be new. */
  readonly keepSpansMs: number;
}
/** Any OTLP backend, in the adapter's own terms. */
export type OtlpConfig = Pick<
  OtlpTelemetryOptions,
  | "endpoint"
  | "tracesEndpoint"
  | "metricsEndpoint"
  | "headers"
  | "protocol"
  | "compression"
  | "serviceName"
  | "resourceAttributes"
  | "metrics"
  | "metricsIntervalMs"
  | "metricsPerTenant"
  | "temporality"
  | "conventions"
>;

/** Everything an installation is made of, checked. */
export interface Config {
  /** Where it was read from, for messages. */
  readonly source: string;
  readonly catalogue: Catalogue;
  /** The prices of the catalogue and of the configuration's own file; imported editions are laid over them. */
  readonly prices: PriceSource & PriceLayers;
  readonly storage: { readonly path: string; readonly durability: "process" | "power" };
  /** Empty: the embedded provider simulator answers, and every screen says so. */
  readonly providers: readonly ProviderConfig[];
  /** Null: spans do not go to Netra. */
  readonly netra: NetraConfig | null;
  readonly ingest: IngestConfig;
  /** Null: nothing goes to an OTLP backend. */
  readonly otlp: OtlpConfig | null;
}
