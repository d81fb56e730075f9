import { validateHeaderName, validateHeaderValue } from "node:http";
import { TenantryError, type Issue } from "@tenantry/core";
import { deliveryDefaults, type DeliverySettings } from "./delivery-settings.ts";
import { readResourceAttributes, toResource } from "./to-resource.ts";
import { toTracesUrl } from "./to-traces-url.ts";
import type { SendRequest } from "./send-request.ts";

/** How to reach Netra and what to tell it. Only `endpoint` and `apiKey` are required. */
export interface NetraTelemetryOptions {
  /** As in `NETRA_OTLP_ENDPOINT`: `https://api.getnetra.ai/telemetry`, or a Tenantry of one's own. */
  readonly endpoint: string;
  readonly apiKey: string;
  /** `service.name`. Default `llm_tracing_service`, the SDK's. */
  readonly appName?: string;
  /** `deployment.environment`. Default `local`, the SDK's. */
  readonly environment?: string;
  /** Further headers, as an object or as `name=value,name2=value2`. One that equals ours replaces it. */
  readonly headers?: string | Readonly<Record<string, string>>;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** In the form of `OTEL_RESOURCE_ATTRIBUTES`, which is its default; wins over all other resource attributes. */
  readonly otelResourceAttributes?: string;
  /** Most spans waiting for delivery, 1–1,000,000. Default 8,192. */
  readonly maxQueue?: number;
  /** Most bytes of spans waiting for delivery. Default 32 MiB. */
  readonly maxQueueBytes?: number;
  /** Most spans in a request, 1–10,000. Default 512, the SDK's. */
  readonly maxBatch?: number;
  /** Longest time a span waits for its batch to fill, ms. Default 5,000, the SDK's. */
  readonly flushIntervalMs?: number;
  /** Time limit of one request, ms. Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** First pause after a failed request, ms; doubles up to 30 times itself. Default 1,000. */
  readonly retryDelayMs?: number;
  /** Longest string attribute, in UTF-16 code units, 64–1,000,000. Default 30,000, the SDK's. */
  readonly attributeMaxLength?: number;
  /** Applied to prompts, answers and providers' error messages before anything else. When it throws, they are left out. */
  readonly scrub?: (text: string) => string;
  /** Sends one request; for tests and proxies. Default: Node's HTTP client with a keep-alive connection of its own. */
  readonly request?: SendRequest;
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

/** These are the transport's. */
const reservedHeaders = new Set([
  "host",
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
  "connection",
]);

/** @throws TenantryError `invalid_configuration` with every problem and the option it is in. */
export function readSettings(options: NetraTelemetryOptions): NetraSettings {
  const issues: Issue[] = [];
  const url = toTracesUrl(options.endpoint);
  if (typeof url === "string") issues.push({ path: "endpoint", message: url });
  const keyProblem = apiKeyProblem(options.apiKey);
  if (keyProblem !== null) issues.push({ path: "apiKey", message: keyProblem });
  const custom = readHeaders(options.headers, issues);
  const integer = integerReader(options, issues);
  const delivery = {
    maxQueue: integer("maxQueue", deliveryDefaults.maxQueue, 1, 1_000_000),
    maxQueueBytes: integer("maxQueueBytes", deliveryDefaults.maxQueueBytes, 1_024, 2 ** 30),
    maxBatch: integer("maxBatch", deliveryDefaults.maxBatch, 1, 10_000),
    maxBatchBytes: deliveryDefaults.maxBatchBytes,
    flushIntervalMs: integer("flushIntervalMs", deliveryDefaults.flushIntervalMs, 1, 3_600_000),
    requestTimeoutMs: integer("requestTimeoutMs", deliveryDefaults.requestTimeoutMs, 1, 600_000),
    retryDelayMs: integer("retryDelayMs", deliveryDefaults.retryDelayMs, 1, 60_000),
    maxTries: deliveryDefaults.maxTries,
  };
  const attributeMaxLength = integer("attributeMaxLength", 30_000, 64, 1_000_000);
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

function readHeaders(headers: NetraTelemetryOptions["headers"], issues: Issue[]): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const [name, value] of headerEntries(headers)) {
    const problem = headerProblem(name, value);
    if (problem === null) read[name] = value;
    else issues.push({ path: "headers", message: problem });
  }
  return read;
}

/** The SDK's string form: split on commas, then on the first equals sign. */
function headerEntries(headers: NetraTelemetryOptions["headers"]): readonly (readonly [string, string])[] {
  if (headers === undefined) return [];
  if (typeof headers !== "string") return Object.entries(headers);
  return headers
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 ? [pair.trim(), ""] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
    });
}

/** Never shows the value: it may be a secret. */
function headerProblem(name: string, value: string): string | null {
  if (reservedHeaders.has(name.toLowerCase())) return `${name} is set by the transport and cannot be given`;
  if (value === "" || value === "undefined") return `${name} has no value`;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return null;
  } catch {
    return `${JSON.stringify(name)} is not a valid header, or its value is not`;
  }
}

type IntegerOption =
  | "maxQueue"
  | "maxQueueBytes"
  | "maxBatch"
  | "flushIntervalMs"
  | "requestTimeoutMs"
  | "retryDelayMs"
  | "attributeMaxLength";

function integerReader(
  options: NetraTelemetryOptions,
  issues: Issue[],
): (name: IntegerOption, ifAbsent: number, from: number, to: number) => number {
  return (name, ifAbsent, from, to) => {
    const value = options[name] ?? ifAbsent;
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    issues.push({ path: name, message: `must be a whole number from ${from} to ${to}` });
    return ifAbsent;
  };
}
