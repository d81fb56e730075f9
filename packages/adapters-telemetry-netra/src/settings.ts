import { TenantryError, type Issue } from "@tenantry/core";
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
import { toResource } from "./to-resource.ts";
import { toTracesUrl } from "./to-traces-url.ts";

/** How to reach Netra and what to tell it. Only `endpoint` and `apiKey` are required. */
export interface NetraTelemetryOptions extends DeliveryOptions {
  /** As in `NETRA_OTLP_ENDPOINT`: `https://api.getnetra.ai/telemetry`, or a Tenantry of one's own. */
  readonly endpoint: string;
  readonly apiKey: string;
  /** `service.name`. Default `llm_tracing_service`, the SDK's. */
  readonly appName?: string;
  /** `deployment.environment`. Default `local`, the SDK's. */
  readonly environment?: string;
  /** Further headers, as an object or as `name=value,name2=value2`. One that equals ours replaces it. */
  readonly headers?: HeadersOption;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** In the form of `OTEL_RESOURCE_ATTRIBUTES`, which is its default; wins over all other resource attributes. */
  readonly otelResourceAttributes?: string;
  /** Longest string attribute, in UTF-16 code units, 64–1,000,000. Default 30,000, the SDK's. */
  readonly attributeMaxLength?: number;
  /** Applied to prompts, answers, tools and providers' error messages before anything else. When it throws, they are left out. */
  readonly scrub?: (text: string) => string;
}

/** Options with defaults applied, checked. */
export interface NetraSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
  readonly delivery: DeliverySettings;
  readonly attributeMaxLength: number;
  readonly scrub: (text: string) => string;
  readonly request: SendRequest | null;
}

/** @throws TenantryError `invalid_configuration` with every problem and the option it is in. */
export function readSettings(options: NetraTelemetryOptions): NetraSettings {
  const issues: Issue[] = [];
  const url = toTracesUrl(options.endpoint);
  if (typeof url === "string") issues.push({ path: "endpoint", message: url });
  const keyProblem = apiKeyProblem(options.apiKey);
  if (keyProblem !== null) issues.push({ path: "apiKey", message: keyProblem });
  const custom = readHeaders(options.headers, issues);
  const delivery = readDeliveryOptions(options, issues);
  const attributeMaxLength =
    readInteger(
      options.attributeMaxLength ?? 30_000,
      { name: "attributeMaxLength", from: 64, to: 1_000_000 },
      issues,
    ) ?? 0;
  const otel = readResourceAttributes(options.otelResourceAttributes ?? process.env["OTEL_RESOURCE_ATTRIBUTES"] ?? "");
  if (issues.length > 0 || typeof url === "string") throw TenantryError.invalidConfiguration(issues);
  return {
    url,
    headers: withDefaults(custom, authorization(options.endpoint, options.apiKey)),
    resource: toResource(options, otel),
    delivery,
    attributeMaxLength,
    scrub: options.scrub ?? ((text) => text),
    request: options.request ?? null,
  };
}

/** Netra's own hosts take the key as `x-api-key`, all others as a bearer token: the SDK decides by the endpoint's text. */
function authorization(endpoint: string, apiKey: string): Readonly<Record<string, string>> {
  return endpoint.toLowerCase().includes("getnetra") ? { "x-api-key": apiKey } : { Authorization: `Bearer ${apiKey}` };
}

/** Ours first, without those that are given in any case: sent twice, one would be joined to the other. */
function withDefaults(
  custom: Readonly<Record<string, string>>,
  ours: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const given = new Set(Object.keys(custom).map((name) => name.toLowerCase()));
  const kept = Object.entries(ours).filter(([name]) => !given.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...custom };
}

/** What is wrong with a key, or null. Never shows it. */
export function apiKeyProblem(apiKey: unknown): string | null {
  if (typeof apiKey !== "string" || apiKey === "")
    return "is missing: set it to the key of your Netra project (NETRA_API_KEY)";
  if (apiKey === "undefined" || apiKey === "null")
    return `is the word "${apiKey}": the variable it came from is not set`;
  return /^[\x21-\x7e]+$/.test(apiKey) ? null : "must be printable ASCII without spaces";
}
