import { type Issue, TenantryError } from "@tenantry/core";
import {
  type DeliveryOptions,
  type DeliverySettings,
  type HeadersOption,
  readDeliveryOptions,
  readHeaders,
  readInteger,
  readResourceAttributes,
  type SendRequest,
} from "@tenantry/otlp-delivery";
import { toSignalUrl } from "./to-signal-url.ts";

const protocols = ["http/protobuf", "http/json"] as const;
export type Protocol = (typeof protocols)[number];

const compressions = ["none", "gzip"] as const;
export type Compression = (typeof compressions)[number];

const temporalities = ["cumulative", "delta"] as const;
export type Temporality = (typeof temporalities)[number];

/**
 * Which names are sent where the GenAI conventions have changed them.
 *
 * `current`: version 0.1.0 of the GenAI conventions, with metrics of their own for inference and embeddings.
 * `v1.41`: the last ones within the general conventions (`gen_ai.client.token.usage`, `gen_ai.client.operation.duration`).
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/non-normative/migration.md
 */
const conventions = ["both", "current", "v1.41"] as const;
export type Conventions = (typeof conventions)[number];

/** What is known of a provider beyond its name in `provider/model`. */
export interface OtlpProvider {
  /** `openai`, `anthropic`: whose wire it speaks. */
  readonly kind: string;
  /** Where it is reached, for `server.address` and `server.port`; null when that is not known. */
  readonly url: string | null;
}

/** Where to export to and what to say. `endpoint`, or `tracesEndpoint`, is required. */
export interface OtlpTelemetryOptions extends DeliveryOptions {
  /** As `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` and `/v1/metrics` are appended to it. */
  readonly endpoint?: string;
  /** As `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`: taken as it is. */
  readonly tracesEndpoint?: string;
  /** As `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`: taken as it is. Without it and `endpoint` there are no metrics. */
  readonly metricsEndpoint?: string;
  /** As `OTEL_EXPORTER_OTLP_HEADERS` (`name=value,name2=value2`, values percent-encoded), or an object with plain values. */
  readonly headers?: HeadersOption;
  /** Default `http/protobuf`. */
  readonly protocol?: Protocol;
  /** Default `none`. */
  readonly compression?: Compression;
  /** `service.name`. Default `tenantry`. */
  readonly serviceName?: string;
  /** As `OTEL_RESOURCE_ATTRIBUTES`, or an object. `serviceName` wins over a `service.name` in it. */
  readonly resourceAttributes?: string | Readonly<Record<string, string>>;
  /** Whether metrics are exported. Default true. */
  readonly metrics?: boolean;
  /** Between two exports of metrics, ms, 100–3,600,000. Default 10,000. */
  readonly metricsIntervalMs?: number;
  /** Whether metrics carry `tenantry.tenant_id`: a series for each tenant. Default false; spans always carry it. */
  readonly metricsPerTenant?: boolean;
  /** Default `cumulative`. */
  readonly temporality?: Temporality;
  /** Default `both`. */
  readonly conventions?: Conventions;
  /** By name. One that is not here is called by its name. */
  readonly providers?: Readonly<Record<string, OtlpProvider>>;
  /** Longest string attribute, in UTF-16 code units, 64–1,000,000. Default 30,000. */
  readonly attributeMaxLength?: number;
  /** Applied to prompts, answers and providers' error messages before anything else. When it throws, they are left out. */
  readonly scrub?: (text: string) => string;
}

/** Options with defaults applied, checked. */
export interface OtlpSettings {
  readonly tracesUrl: URL;
  /** Null: no metrics. */
  readonly metricsUrl: URL | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: Protocol;
  readonly compression: Compression;
  readonly resource: Readonly<Record<string, string>>;
  readonly metricsIntervalMs: number;
  readonly metricsPerTenant: boolean;
  readonly temporality: Temporality;
  readonly conventions: Conventions;
  readonly providers: ReadonlyMap<string, OtlpProvider>;
  readonly delivery: DeliverySettings;
  readonly attributeMaxLength: number;
  readonly scrub: (text: string) => string;
  readonly request: SendRequest | null;
}

/** Many collectors refuse more than 4 MiB, and what is small keeps the event loop free. */
const maxBatchBytes = 2 ** 20;

/** @throws TenantryError `invalid_configuration` with every problem and the option it is in. */
export function readSettings(options: OtlpTelemetryOptions): OtlpSettings {
  const issues: Issue[] = [];
  const { endpoint, tracesEndpoint, metricsEndpoint } = options;
  const tracesUrl = toSignalUrl({ signal: "traces", endpoint, own: tracesEndpoint }, issues);
  const wantsMetrics = (options.metrics ?? true) && (metricsEndpoint ?? endpoint) !== undefined;
  const metricsUrl = wantsMetrics ? toSignalUrl({ signal: "metrics", endpoint, own: metricsEndpoint }, issues) : null;
  const settings = {
    headers: readHeaders(options.headers, issues, decodePercent),
    protocol: choice(options.protocol, protocols, "protocol", "http/protobuf", issues),
    compression: choice(options.compression, compressions, "compression", "none", issues),
    resource: resourceOf(options),
    metricsIntervalMs: integer(options, "metricsIntervalMs", 10_000, 100, 3_600_000, issues),
    metricsPerTenant: options.metricsPerTenant ?? false,
    temporality: choice(options.temporality, temporalities, "temporality", "cumulative", issues),
    conventions: choice(options.conventions, conventions, "conventions", "both", issues),
    providers: new Map(Object.entries(options.providers ?? {})),
    delivery: { ...readDeliveryOptions(options, issues), maxBatchBytes },
    attributeMaxLength: integer(options, "attributeMaxLength", 30_000, 64, 1_000_000, issues),
    scrub: options.scrub ?? ((text: string) => text),
    request: options.request ?? null,
  };
  if (issues.length > 0 || tracesUrl === null) throw TenantryError.invalidConfiguration(issues);
  return { ...settings, tracesUrl, metricsUrl };
}

function choice<Value extends string>(
  value: Value | undefined,
  values: readonly Value[],
  path: string,
  ifAbsent: Value,
  issues: Issue[],
): Value {
  if (value === undefined) return ifAbsent;
  if (values.includes(value)) return value;
  issues.push({ path, message: `must be ${values.join(" or ")}` });
  return ifAbsent;
}

function integer(
  options: OtlpTelemetryOptions,
  name: "metricsIntervalMs" | "attributeMaxLength",
  ifAbsent: number,
  from: number,
  to: number,
  issues: Issue[],
): number {
  return readInteger(options[name] ?? ifAbsent, { name, from, to }, issues) ?? ifAbsent;
}

function resourceOf({ serviceName, resourceAttributes = {} }: OtlpTelemetryOptions): Readonly<Record<string, string>> {
  const given =
    typeof resourceAttributes === "string" ? readResourceAttributes(resourceAttributes) : resourceAttributes;
  const name = serviceName ?? given["service.name"] ?? "tenantry";
  const all = { ...given, "service.name": name };
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, String(value).toWellFormed()]));
}

/** What is not percent-encoded well is taken as it is. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
