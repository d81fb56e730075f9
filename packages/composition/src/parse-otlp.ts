import { type DataReader, joinPath, parseDurationMs } from "@tenantry/core";
import type { OtlpConfig } from "./config.ts";
import { address, type Env, given } from "./read-values.ts";

const protocols = ["http/protobuf", "http/json"] as const;
const compressions = ["none", "gzip"] as const;
const temporalities = ["cumulative", "delta"] as const;
const conventions = ["both", "current", "v1.41"] as const;

/**
 * `telemetry.otlp:`. Without it the variables of OpenTelemetry's exporters, where they name an endpoint.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function parseOtlp(reader: DataReader, raw: unknown, env: Env): OtlpConfig | null {
  return raw === undefined ? otlpFromEnv(reader, env) : otlpFromFile(reader, raw, env);
}

const endpointVariables = [
  ["endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT"],
  ["tracesEndpoint", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"],
  ["metricsEndpoint", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"],
] as const;

function otlpFromEnv(reader: DataReader, env: Env): OtlpConfig | null {
  if (given(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true") return null;
  const sendsTraces = endpointVariables.slice(0, 2).some(([, name]) => given(env, name) !== null);
  if (!sendsTraces) return null;
  const chosen = <Name extends string>(name: string, names: readonly Name[]): Name | null => {
    const value = given(env, name);
    return value === null ? null : reader.choice(value.toLowerCase(), name, names);
  };
  const headers = given(env, "OTEL_EXPORTER_OTLP_HEADERS");
  if (headers !== null && headers.split(",").some((pair) => !/^\s*$|^[^=]+=./.test(pair))) {
    reader.report("OTEL_EXPORTER_OTLP_HEADERS", "must be name=value, separated by commas");
  }
  return withoutNulls({
    ...endpoints((key, name) => {
      const value = given(env, name);
      return value === null ? null : address(reader, value, name);
    }),
    headers,
    protocol: chosen("OTEL_EXPORTER_OTLP_PROTOCOL", protocols),
    compression: chosen("OTEL_EXPORTER_OTLP_COMPRESSION", compressions),
    temporality: chosen("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", temporalities),
    metrics: given(env, "OTEL_METRICS_EXPORTER") === "none" ? false : null,
    ...naming(env),
  });
}

const fieldNames = [
  "endpoint",
  "tracesEndpoint",
  "metricsEndpoint",
  "headers",
  "protocol",
  "compression",
  "serviceName",
  "resourceAttributes",
  "metrics",
  "metricsInterval",
  "metricsPerTenant",
  "temporality",
  "conventions",
] as const;

function otlpFromFile(reader: DataReader, raw: unknown, env: Env): OtlpConfig | null {
  const path = "telemetry.otlp";
  const fields = reader.fields(raw, path, fieldNames);
  if (fields === null) return null;
  const read = <Value>(
    name: (typeof fieldNames)[number],
    parse: (value: unknown, where: string) => Value,
  ): Value | null => (fields[name] === undefined ? null : parse(fields[name], joinPath(path, name)));
  const chosen = <Name extends string>(name: (typeof fieldNames)[number], names: readonly Name[]): Name | null =>
    read(name, (value, where) => reader.choice(value, where, names));
  if (fields["endpoint"] === undefined && fields["tracesEndpoint"] === undefined) {
    reader.report(
      joinPath(path, "endpoint"),
      "is missing: say where OTLP over HTTP is taken, such as http://127.0.0.1:4318",
    );
  }
  const { serviceName, resourceAttributes } = naming(env);
  return withoutNulls({
    ...endpoints((key) => read(key, (value, where) => address(reader, value, where))),
    headers: read("headers", (value, where) => headersOf(reader, value, where)),
    protocol: chosen("protocol", protocols),
    compression: chosen("compression", compressions),
    serviceName: read("serviceName", (value, where) => reader.text(value, where)) ?? serviceName,
    resourceAttributes:
      read("resourceAttributes", (value, where) => textsOf(reader, value, where)) ?? resourceAttributes,
    metrics: read("metrics", (value, where) => reader.flag(value, where)),
    metricsIntervalMs: read("metricsInterval", (value, where) => intervalOf(reader, value, where)),
    metricsPerTenant: read("metricsPerTenant", (value, where) => reader.flag(value, where)),
    temporality: chosen("temporality", temporalities),
    conventions: chosen("conventions", conventions),
  });
}

function endpoints(
  read: (key: (typeof endpointVariables)[number][0], name: string) => string | null,
): Readonly<Record<(typeof endpointVariables)[number][0], string | null>> {
  const [endpoint, tracesEndpoint, metricsEndpoint] = endpointVariables.map(([key, name]) => read(key, name));
  return {
    endpoint: endpoint ?? null,
    tracesEndpoint: tracesEndpoint ?? null,
    metricsEndpoint: metricsEndpoint ?? null,
  };
}

/** What the process is called, whoever names the endpoint. */
function naming(env: Env): {
  readonly serviceName: string | null;
  readonly resourceAttributes: string | null;
} {
  return {
    serviceName: given(env, "OTEL_SERVICE_NAME"),
    resourceAttributes: given(env, "OTEL_RESOURCE_ATTRIBUTES"),
  };
}

/** A token of RFC 9110, and a value of printable ASCII. */
function headersOf(reader: DataReader, raw: unknown, path: string): Readonly<Record<string, string>> {
  const headers = textsOf(reader, raw, path);
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) reader.report(joinPath(path, name), "is not a name of a header");
    // The value may be a secret, and is not shown.
    else if (!/^[\x20-\x7e]+$/.test(value)) reader.report(joinPath(path, name), "must be printable ASCII");
  }
  return headers;
}

function textsOf(reader: DataReader, raw: unknown, path: string): Readonly<Record<string, string>> {
  const entries = reader.entries(raw, path).flatMap(([name, value]) => {
    const text = reader.text(value, joinPath(path, name));
    return text === null ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries);
}

function intervalOf(reader: DataReader, raw: unknown, path: string): number | null {
  const text = reader.text(raw, path);
  const parsed = text === null ? null : reader.parsed(parseDurationMs(text), path);
  if (parsed === null) return null;
  if (parsed.ms >= 100 && parsed.ms <= 3_600_000) return parsed.ms;
  reader.report(path, "must be from 100ms to 1h");
  return null;
}

type WithoutNulls<Fields> = { readonly [Name in keyof Fields]?: NonNullable<Fields[Name]> };

/** Absent is the adapter's default. */
function withoutNulls<Fields extends object>(fields: Fields): WithoutNulls<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as WithoutNulls<Fields>;
}
