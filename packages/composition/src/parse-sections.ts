import { type DataReader, joinPath } from "@tenantry/core";
import type { Config, NetraConfig, ProviderConfig } from "./config.ts";
import { parseOtlp } from "./parse-otlp.ts";
import { address, type Env, given } from "./read-values.ts";

/** `storage:`; the file lies in the data directory unless it says otherwise. */
export function parseStorage(reader: DataReader, raw: unknown, dataDir: string): Config["storage"] {
  const fields = raw === undefined ? {} : reader.fields(raw, "storage", ["path", "durability"]);
  const path = fields?.["path"] === undefined ? `${dataDir}/tenantry.db` : reader.text(fields["path"], "storage.path");
  const durability =
    fields?.["durability"] === undefined
      ? "process"
      : reader.choice(fields["durability"], "storage.durability", ["process", "power"]);
  return { path: path ?? "", durability: durability ?? "process" };
}

/** `providers:`, or what the conventional environment variables connect. */
export function parseProviders(reader: DataReader, raw: unknown, env: Env): readonly ProviderConfig[] {
  if (raw === undefined) return providersFromEnv(reader, env);
  return reader.entries(raw, "providers").flatMap(([name, value]) => {
    const path = joinPath("providers", name);
    const fields = reader.fields(value, path, ["kind", "apiKey", "baseUrl"]);
    if (fields === null) return [];
    if (name.includes("/")) reader.report(path, "must be a name without a slash");
    const kind = reader.choice(fields["kind"] ?? name, joinPath(path, "kind"), ["openai", "anthropic"]);
    const apiKey = reader.text(fields["apiKey"], joinPath(path, "apiKey"));
    const baseUrl =
      fields["baseUrl"] === undefined ? null : address(reader, fields["baseUrl"], joinPath(path, "baseUrl"));
    return kind === null || apiKey === null ? [] : [{ kind, name, apiKey, baseUrl }];
  });
}

function providersFromEnv(reader: DataReader, env: Env): readonly ProviderConfig[] {
  return (["openai", "anthropic"] as const).flatMap((kind) => {
    const apiKey = given(env, `${kind.toUpperCase()}_API_KEY`);
    const addressName = `${kind.toUpperCase()}_BASE_URL`;
    const named = given(env, addressName);
    if (apiKey === null) return [];
    return [{ kind, name: kind, apiKey, baseUrl: named === null ? null : address(reader, named, addressName) }];
  });
}

/** `telemetry:`, each platform by itself: where the file is silent, what the conventional environment variables say. */
export function parseTelemetry(reader: DataReader, raw: unknown, env: Env): Pick<Config, "netra" | "otlp"> {
  const telemetry = raw === undefined ? {} : reader.fields(raw, "telemetry", ["netra", "otlp"]);
  return { netra: parseNetra(reader, telemetry?.["netra"], env), otlp: parseOtlp(reader, telemetry?.["otlp"], env) };
}

function parseNetra(reader: DataReader, raw: unknown, env: Env): NetraConfig | null {
  const path = "telemetry.netra";
  if (raw === undefined) {
    const named = given(env, "NETRA_OTLP_ENDPOINT");
    const endpoint = named === null ? null : address(reader, named, "NETRA_OTLP_ENDPOINT");
    return endpoint === null ? null : { endpoint, apiKey: given(env, "NETRA_API_KEY") ?? "", ...naming(env) };
  }
  const fields = reader.fields(raw, path, ["endpoint", "apiKey", "appName", "environment"]);
  if (fields === null) return null;
  const endpoint = address(reader, fields["endpoint"], joinPath(path, "endpoint"));
  const apiKey = reader.text(fields["apiKey"], joinPath(path, "apiKey"));
  const named = (name: "appName" | "environment"): string =>
    fields[name] === undefined ? naming(env)[name] : (reader.text(fields[name], joinPath(path, name)) ?? "");
  return endpoint === null || apiKey === null
    ? null
    : { endpoint, apiKey, appName: named("appName"), environment: named("environment") };
}

function naming(env: Env): Pick<NetraConfig, "appName" | "environment"> {
  return { appName: env["NETRA_APP_NAME"] ?? "tenantry", environment: env["NETRA_ENV"] ?? "local" };
}
