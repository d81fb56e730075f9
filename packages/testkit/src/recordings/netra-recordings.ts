import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { OtlpAttribute, OtlpSpan, ReceivedSpan } from "../wire/otlp-collector.ts";

/**
 * Requests that netra-sdk 1.8.0 made when it was run, with what differs between runs and machines replaced: ids are
 * numbers in order of appearance, times steps of 10 ms, durations a quarter of a second, hosts and processes placeholders.
 */
export interface NetraSpanRecording {
  /** Name of the file and of the scenario: `active-parent`. */
  readonly name: string;
  /** The OTLP/HTTP JSON requests, in order. */
  readonly exports: readonly RecordedExport[];
  /** The requests to the provider, with the headers that tracing added to them, names in lower case. */
  readonly provider: readonly RecordedProviderRequest[];
}

/** One `POST` of spans. `JSON.stringify(body)` is what can be sent again. */
export interface RecordedExport {
  readonly path: string;
  /** Names as they were written. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RecordedOtlpBody;
}

export interface RecordedOtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[]; readonly droppedAttributesCount: number };
    readonly scopeSpans: readonly { readonly scope: ReceivedSpan["scope"]; readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export interface RecordedProviderRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One call of the SDK's usage or dashboard client: what it sent, what it was answered, and what it made of that. */
export interface NetraApiCall {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly exchanges: readonly {
    readonly request: {
      readonly method: string;
      /** Path and query, as sent. */
      readonly target: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Null where there is none. */
      readonly body: unknown;
    };
    readonly answer: unknown;
  }[];
  /** Null where the SDK returned nothing. */
  readonly returned: unknown;
}

/** Where the SDK sends what, for one form of its settings. */
export interface NetraEndpointRecording {
  /** `NETRA_OTLP_ENDPOINT`, with `http://host` for the server's origin. */
  readonly endpoint: string;
  /** The `headers` option; null where there was none. */
  readonly headers: string | null;
  /** In order: the export of a span, then a call of the usage API. */
  readonly requests: readonly {
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
  }[];
}

/** `src` and `dist` are as deep as each other. */
const folder = join(import.meta.dirname, "..", "..", "fixtures", "netra");

/** Every recording of spans, by name. */
export function netraSpanRecordings(): readonly NetraSpanRecording[] {
  const names = globSync(join(folder, "spans", "*.json")).map((file) => basename(file, ".json"));
  return names.toSorted().map((name) => netraSpanRecording(name));
}

/** The one of this name. Throws when there is none. */
export function netraSpanRecording(name: string): NetraSpanRecording {
  return { name, ...read<Omit<NetraSpanRecording, "name">>(join(folder, "spans", `${name}.json`)) };
}

/** Calls of the usage API (`usage-api`) and of the dashboard API (`dashboard-api`). */
export function netraApiRecording(name: "usage-api" | "dashboard-api"): readonly NetraApiCall[] {
  return read<readonly NetraApiCall[]>(join(folder, `${name}.json`));
}

export function netraEndpointRecordings(): readonly NetraEndpointRecording[] {
  return read<readonly NetraEndpointRecording[]>(join(folder, "endpoints.json"));
}

/** The spans of a recording with what stands around them, in order. */
export function recordedSpans(recording: Pick<NetraSpanRecording, "exports">): readonly ReceivedSpan[] {
  return recording.exports.flatMap(({ body }) =>
    body.resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ span, scope, resource: resource.attributes }))),
    ),
  );
}

function read<Content>(file: string): Content {
  return JSON.parse(readFileSync(file, "utf8")) as Content;
}
