import { createHash } from "node:crypto";
import type { OtlpAttribute, OtlpSpan, RecordedExport, RecordedOtlpBody } from "@tenantry/testkit";
import type { TakenRequest } from "./recording-server.ts";

/** What differs between runs and machines, replaced by what does not. No two names have an id in common. */
export function normaliseExports(
  name: string,
  requests: readonly TakenRequest[],
  origins: Origins,
): readonly RecordedExport[] {
  const bodies = requests.map(({ body }) => JSON.parse(withFixedOrigins(body, origins)) as RecordedOtlpBody);
  const traceIds = numbered(name, 32);
  const spanIds = numbered(name, 16);
  const times = timesOf(bodies.flatMap(spansOf));
  return requests.map((request, index) => ({
    path: request.target,
    headers: normaliseHeaders(request.headers, origins),
    body: {
      resourceSpans: (bodies[index]?.resourceSpans ?? []).map(({ resource, scopeSpans }) => ({
        resource: { ...resource, attributes: resource.attributes.map(fixedResource) },
        scopeSpans: scopeSpans.map(({ scope, spans }) => ({
          scope,
          spans: spans.map((span) => normaliseSpan(span, traceIds, spanIds, times)),
        })),
      })),
    },
  }));
}

/** The servers of this run, and what stands for them. */
export type Origins = Readonly<Record<string, string>>;

export function withFixedOrigins(text: string, origins: Origins): string {
  let fixed = text;
  for (const [origin, stand] of Object.entries(origins)) {
    const host = new URL(origin).host;
    fixed = fixed.replaceAll(origin, stand).replaceAll(host, new URL(stand).host);
    fixed = fixed.replaceAll(`"intValue":${new URL(origin).port}}`, `"intValue":${new URL(stand).port}}`);
  }
  return fixed;
}

/** Random or of this machine: their values say nothing. */
const unsteady = /^(?:content-length|traceparent|user-agent|x-stainless-.*|idempotency-key)$/i;

export function normaliseHeaders(
  headers: Readonly<Record<string, string>>,
  origins: Origins,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      unsteady.test(name) ? "…" : withFixedOrigins(value, origins),
    ]),
  );
}

type Numbering = (id: string) => string;

/** The first id that is seen ends in 1, the second in 2, … */
function numbered(name: string, length: number): Numbering {
  const known = new Map<string, string>();
  const prefix = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return (id) => {
    const number = known.get(id) ?? prefix + (known.size + 1).toString(16).padStart(length - prefix.length, "0");
    known.set(id, number);
    return number;
  };
}

const placeholders: Readonly<Record<string, OtlpAttribute["value"]>> = {
  "host.name": { stringValue: "host" },
  "host.arch": { stringValue: "amd64" },
  "host.id": { stringValue: "0123456789abcdef0123456789abcdef" },
  "process.pid": { intValue: 4_242 },
  "process.owner": { stringValue: "owner" },
  "process.command": { stringValue: "app.js" },
  "process.command_args": { arrayValue: { values: [{ stringValue: "node" }, { stringValue: "app.js" }] } },
  "process.executable.name": { stringValue: "node" },
  "process.executable.path": { stringValue: "/usr/bin/node" },
  "process.runtime.version": { stringValue: "24.0.0" },
};

function fixedResource(attribute: OtlpAttribute): OtlpAttribute {
  return { ...attribute, value: placeholders[attribute.key] ?? attribute.value };
}

const fixedValues: Readonly<Record<string, OtlpAttribute["value"]>> = {
  "llm.response.duration": { doubleValue: 0.25 },
  "gen_ai.response.time_to_first_chunk": { doubleValue: 0.25 },
  "netra.duration_ms": { stringValue: "0.25" },
  "exception.stacktrace": { stringValue: "(stack)" },
};

function fixedAttributes(attributes: readonly OtlpAttribute[]): readonly OtlpAttribute[] {
  return attributes.map((attribute) => ({ ...attribute, value: fixedValues[attribute.key] ?? attribute.value }));
}

interface SpanTimes {
  readonly start: ReadonlyMap<OtlpSpan, string>;
  readonly end: ReadonlyMap<OtlpSpan, string>;
}

function normaliseSpan(span: OtlpSpan, traceIds: Numbering, spanIds: Numbering, times: SpanTimes): OtlpSpan {
  const { parentSpanId } = span;
  const start = times.start.get(span) ?? "";
  return {
    ...span,
    traceId: traceIds(span.traceId),
    spanId: spanIds(span.spanId),
    ...(parentSpanId === undefined ? {} : { parentSpanId: spanIds(parentSpanId) }),
    startTimeUnixNano: start,
    endTimeUnixNano: times.end.get(span) ?? "",
    attributes: fixedAttributes(span.attributes),
    events: span.events.map((event, index) => ({
      ...event,
      timeUnixNano: String(BigInt(start) + 500_000_000n + BigInt(index) * 1_000_000n),
      attributes: fixedAttributes(event.attributes),
    })),
  };
}

function spansOf(body: RecordedOtlpBody): readonly OtlpSpan[] {
  return body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

const base = 1_795_000_000_000_000_000n;

/**
 * Starts are 10 ms apart in their order; the SDK's are of whole milliseconds, so equal ones are told apart by depth. Ends are
 * 10 ms apart too, a second later, children before parents.
 */
function timesOf(spans: readonly OtlpSpan[]): SpanTimes {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const depth = (span: OtlpSpan): number => {
    const parent = byId.get(span.parentSpanId ?? "");
    return parent === undefined ? 0 : 1 + depth(parent);
  };
  const startMs = (span: OtlpSpan): number => Number(BigInt(span.startTimeUnixNano) / 1_000_000n);
  const starts = spans.toSorted((a, b) => startMs(a) - startMs(b) || depth(a) - depth(b));
  const ends = spans.toSorted((a, b) => depth(b) - depth(a));
  const steps = (ordered: readonly OtlpSpan[], from: bigint): ReadonlyMap<OtlpSpan, string> =>
    new Map(ordered.map((span, index) => [span, String(from + BigInt(index) * 10_000_000n)]));
  return { start: steps(starts, base), end: steps(ends, base + 1_000_000_000n) };
}
