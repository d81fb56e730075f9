import { randomBytes } from "node:crypto";
import type { ExportPlan, TraceShape } from "./export-plan.ts";

type Value = string | number;

interface MadeSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, Value>>;
}

/** A batch as a span processor sends it: traces of one tenant each, as the seed's program makes them. */
export function makeExport({ encoding, shape, spansOfBatch }: ExportPlan): Buffer {
  const spans: MadeSpan[] = [];
  while (spans.length < spansOfBatch) spans.push(...makeTrace(shape, spans.length));
  return encoding === "json" ? Buffer.from(jsonExport(spans)) : protobufExport(spans);
}

const tenants = Array.from({ length: 20 }, (_, at) => `tenant-${at}`);

function makeTrace(shape: TraceShape, at: number): readonly MadeSpan[] {
  const traceId = randomBytes(16).toString("hex");
  const startMs = Date.now() - 5_000;
  const tenantId = tenants[at % tenants.length] ?? "";
  let parentSpanId: string | null = null;
  const span = (name: string, attributes: MadeSpan["attributes"]): MadeSpan => {
    const spanId = randomBytes(8).toString("hex");
    const made = { traceId, spanId, parentSpanId, name, startMs, endMs: startMs + 1_200, attributes };
    parentSpanId = spanId;
    return made;
  };
  const whose = { "tenantry.tenant_id": tenantId, "session.id": `session-${at % 100}`, "user.id": `user-${at % 50}` };
  const usage = { "gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 50 };
  const request = span("meeting-summarization", { ...whose, tier: "professional", "http.route": "/summaries" });
  const between =
    shape === "two"
      ? []
      : [
          span("summarize", { "code.function": "summarize" }),
          span("ai.generateText", { "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini", ...usage }),
        ];
  const answer = span("chat gpt-4o-mini", {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": `chatcmpl-${traceId}`,
    "gen_ai.request.temperature": 0.3,
    ...usage,
    "gen_ai.input.messages": `[{"role":"user","content":"${"What was decided? ".repeat(12)}"}]`,
    "gen_ai.output.messages": `[{"role":"assistant","content":"${"To ship on Friday. ".repeat(6)}"}]`,
  });
  return [request, ...between, answer];
}

const resource = { "service.name": "meetingmind", "deployment.environment": "bench", "process.pid": 4711 };

function jsonExport(spans: readonly MadeSpan[]): string {
  const attributesOf = (of: Readonly<Record<string, Value>>): unknown =>
    Object.entries(of).map(([key, value]) => ({
      key,
      value:
        typeof value === "string"
          ? { stringValue: value }
          : Number.isInteger(value)
            ? { intValue: value }
            : { doubleValue: value },
    }));
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [
          {
            scope: { name: "bench", version: "1.0.0" },
            spans: spans.map(({ parentSpanId, startMs, endMs, attributes, ...span }) => ({
              ...span,
              ...(parentSpanId === null ? {} : { parentSpanId }),
              kind: 3,
              startTimeUnixNano: `${startMs}000000`,
              endTimeUnixNano: `${endMs}000000`,
              attributes: attributesOf(attributes),
              droppedAttributesCount: 0,
              events: [],
              links: [],
              status: { code: 1 },
              flags: 257,
            })),
          },
        ],
      },
    ],
  });
}

/** https://github.com/open-telemetry/opentelemetry-proto */
function protobufExport(spans: readonly MadeSpan[]): Buffer {
  const attributes = (field: number, of: Readonly<Record<string, Value>>): Buffer =>
    Buffer.concat(
      Object.entries(of).map(([key, value]) => part(field, Buffer.concat([text(1, key), part(2, valueOf(value))]))),
    );
  const scopeSpans = spans.map((span) =>
    part(
      2,
      Buffer.concat([
        part(1, Buffer.from(span.traceId, "hex")),
        part(2, Buffer.from(span.spanId, "hex")),
        span.parentSpanId === null ? Buffer.alloc(0) : part(4, Buffer.from(span.parentSpanId, "hex")),
        text(5, span.name),
        whole(6, 3),
        nanos(7, span.startMs),
        nanos(8, span.endMs),
        attributes(9, span.attributes),
        part(15, whole(3, 1)),
      ]),
    ),
  );
  const scope = part(2, Buffer.concat([part(1, text(1, "bench")), ...scopeSpans]));
  return part(1, Buffer.concat([part(1, attributes(1, resource)), scope]));
}

function valueOf(value: Value): Buffer {
  if (typeof value === "string") return text(1, value);
  if (Number.isInteger(value)) return whole(3, value);
  const double = Buffer.alloc(8);
  double.writeDoubleLE(value);
  return Buffer.concat([varint(4 * 8 + 1), double]);
}

function nanos(field: number, ms: number): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeBigUInt64LE(BigInt(ms) * 1_000_000n);
  return Buffer.concat([varint(field * 8 + 1), fixed]);
}

function part(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function text(field: number, value: string): Buffer {
  return part(field, Buffer.from(value));
}

function whole(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
