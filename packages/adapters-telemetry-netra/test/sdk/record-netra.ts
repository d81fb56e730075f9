import { spawn } from "node:child_process";
import { join } from "node:path";
import type { NetraApiCall, NetraEndpointRecording, NetraSdkPackage, NetraSpanRecording } from "@tenantry/testkit";
import { openCannedProvider } from "./canned-provider.ts";
import { normaliseExports, normaliseHeaders, type Origins, withFixedOrigins } from "./normalise-recording.ts";
import { openRecordingServer, type TakenRequest } from "./recording-server.ts";

/** The scenarios of `netra-sdk-scenario.ts` that are recordings of spans. */
export const spanScenarios = [
  "seed-flow",
  "active-parent",
  "manual-span",
  "manual-error",
  "chat-tools",
  "chat-multimodal",
  "chat-stream",
  "chat-stream-usage",
  "chat-error",
  "chat-seventy-messages",
  "chat-long-prompt",
  "chat-without-content",
  "chat-http-instrumented",
  "embeddings",
  "responses",
  "responses-stream",
  "anthropic-create",
  "anthropic-create-native",
  "anthropic-stream",
  "anthropic-stream-native",
  "anthropic-without-content",
] as const;

/** Forms of `NETRA_OTLP_ENDPOINT` after the server's origin, and of the `headers` option. */
const endpointForms: readonly (readonly [path: string, headers: string | null])[] = [
  ["", null],
  ["/", null],
  ["/telemetry", null],
  ["/telemetry", "x-api-key=key-for-tests"],
  ["/telemetry", "X-API-Key=other,x-team=legal"],
  ["/v1/traces", null],
  ["/a/b/telemetry/", null],
  ["/t?x=1", null],
  ["/getnetra/telemetry", null],
  ["/getnetra/telemetry", "x-api-key=key-for-tests"],
];

interface Ran {
  readonly requests: readonly TakenRequest[];
  readonly provider: NetraSpanRecording["provider"];
  readonly output: string;
  readonly origins: Origins;
}

/** One run of the SDK in a process of its own, before loopback servers. */
async function run(sdk: NetraSdkPackage, scenario: string, path: string, headers: string | null): Promise<Ran> {
  const provider = await openCannedProvider();
  const server = await openRecordingServer();
  const origins = { [server.origin]: "http://collector:4318", [provider.origin]: "http://provider:8080" };
  try {
    const output = await runProgram(sdk, scenario, {
      ...process.env,
      NETRA_OTLP_ENDPOINT: `${server.origin}${path}`,
      NETRA_API_KEY: "key-for-tests",
      OPENAI_BASE_URL: `${provider.origin}/v1`,
      OPENAI_API_KEY: "any",
      ANTHROPIC_BASE_URL: provider.origin,
      ANTHROPIC_API_KEY: "any",
      OTEL_RESOURCE_ATTRIBUTES: "",
      ...(headers !== null && { RECORDED_HEADERS: headers }),
    });
    const asked = provider.requests.map(({ path: asked, headers: sent }) => ({
      path: asked,
      headers: normaliseHeaders(contextHeaders(sent), origins),
    }));
    return { requests: server.requests, provider: asked, output, origins };
  } finally {
    await server.close();
    await provider.close();
  }
}

/** What tracing adds to a request. */
function contextHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const names = ["traceparent", "tracestate", "baggage"].filter((name) => headers[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, String(headers[name])]));
}

async function runProgram(sdk: NetraSdkPackage, scenario: string, env: NodeJS.ProcessEnv): Promise<string> {
  const program = join(import.meta.dirname, "..", "programs", "netra-sdk-scenario.ts");
  const args = ["--experimental-import-meta-resolve", program, sdk.entry, scenario];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve) => void child.once("close", resolve));
  if (code !== 0) throw new Error(`${scenario} ended with ${String(code)}: ${errors}`);
  return output;
}

export async function recordSpans(sdk: NetraSdkPackage, scenario: string): Promise<Omit<NetraSpanRecording, "name">> {
  const { requests, provider, origins } = await run(sdk, scenario, "/telemetry", null);
  return { exports: normaliseExports(scenario, requests, origins), provider };
}

export async function recordEndpoints(sdk: NetraSdkPackage): Promise<readonly NetraEndpointRecording[]> {
  const recordings: NetraEndpointRecording[] = [];
  for (const [path, headers] of endpointForms) {
    const { requests, origins } = await run(sdk, "endpoint", path, headers);
    recordings.push({
      endpoint: `http://host${path}`,
      headers,
      requests: requests.map((request) => ({
        method: request.method,
        target: request.target,
        headers: normaliseHeaders(request.headers, origins),
      })),
    });
  }
  return recordings;
}

type Told = Pick<NetraApiCall, "method" | "args" | "returned">;

/** A call's requests are those that came before it was told and after the one before. */
export async function recordApi(
  sdk: NetraSdkPackage,
  scenario: "usage-api" | "dashboard-api",
): Promise<readonly NetraApiCall[]> {
  const { requests, output, origins } = await run(sdk, scenario, "/telemetry", null);
  const asked = requests.filter(({ target }) => !target.endsWith("/v1/traces"));
  const told = output
    .split("\n")
    .flatMap((line) =>
      line.startsWith("@call ") ? [JSON.parse(line.slice(6)) as Told & { readonly requests: number }] : [],
    );
  return told.map(({ requests: count, ...call }) => ({
    ...call,
    exchanges: asked.splice(0, count).map(({ method, target, headers, body, answer }) => ({
      request: {
        method,
        target,
        headers: normaliseHeaders(headers, origins),
        body: body === "" ? null : (JSON.parse(withFixedOrigins(body, origins)) as unknown),
      },
      answer,
    })),
  }));
}
