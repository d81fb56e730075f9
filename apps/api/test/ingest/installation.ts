import type { UsageRow } from "@tenantry/core";
import { openTestGateway, type TestGateway, type TestGatewayOptions, tiers } from "../support/gateway.ts";
import { type ExportedSpan, jsonExport } from "./export-body.ts";
import { exported } from "./spans.ts";

export interface IngestGateway extends TestGateway {
  /** A key that writes for every tenant. */
  readonly ingestKey: string;
}

/** A gateway with a key for ingest; `ingest` is the configuration's section. */
export async function openIngestGateway(ingest: string = "", options: TestGatewayOptions = {}): Promise<IngestGateway> {
  const gateway = await openTestGateway({ ...options, yaml: `${options.yaml ?? tiers}\n${ingest}` });
  const { secret } = await gateway.app.keys.create({ scope: "ingest" });
  return { ...gateway, ingestKey: secret };
}

export interface Exported {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** Where the answer is JSON. */
  readonly body: {
    readonly partialSuccess?: { readonly rejectedSpans: string; readonly errorMessage: string };
    readonly code?: number;
    readonly message?: string;
  };
}

/** Sends a body to one of the routes. */
export async function sendExport(
  { url }: Pick<TestGateway, "url">,
  key: string | null,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  path: string = "/v1/traces",
): Promise<Exported> {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const isJson = answer.headers.get("content-type") === "application/json";
  return {
    status: answer.status,
    headers: answer.headers,
    bytes,
    body: isJson && bytes.length > 0 ? (JSON.parse(bytes.toString()) as Exported["body"]) : {},
  };
}

/** Sends spans as an ingest key's exporter does. */
export async function sendSpans(
  gateway: IngestGateway,
  spans: readonly ExportedSpan[],
  key: string = gateway.ingestKey,
): Promise<Exported> {
  return await sendExport(gateway, key, jsonExport(exported(spans)));
}

const always = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2200, 0, 1) };

/** The ledger's sums of a tenant. */
export async function sumsOf({ app }: Pick<TestGateway, "app">, tenantId?: string): Promise<UsageRow | undefined> {
  const query = { period: always, groupBy: [], timeZone: "UTC", ...(tenantId === undefined ? {} : { tenantId }) };
  const [row] = await app.reader.usage({ kind: "installation" }, query);
  return row;
}

/** Calls and cost of a tenant: what a repeated or reordered export must not change. */
export async function bookedOf(
  gateway: Pick<TestGateway, "app">,
  tenantId?: string,
): Promise<{ readonly calls: number; readonly attempts: number; readonly costPico: bigint }> {
  const row = await sumsOf(gateway, tenantId);
  return { calls: row?.calls ?? 0, attempts: row?.attempts ?? 0, costPico: row?.costPico ?? 0n };
}
