import { type Attributes, type Counter, type Histogram, type Meter, ValueType } from "@opentelemetry/api";
import { type AttemptEnd, type AttemptStart, inputTokens, outputTokens, type Tokens } from "@tenantry/core";
import { AttributeList } from "./attributes.ts";
import type { Conventions } from "./settings.ts";
import { toErrorType, type ToldProvider, toOperation } from "./to-operation.ts";

/** An attempt that has ended, for the metrics. */
export interface MeasuredAttempt {
  readonly start: AttemptStart;
  readonly end: AttemptEnd;
  readonly provider: ToldProvider;
  readonly tierId: string;
  /** Null where metrics are not by tenant. */
  readonly tenantId: string | null;
  /** As long as its span. */
  readonly elapsedMs: number;
}

/** Records the client metrics of the conventions, once for each attempt. */
export interface ClientMetrics {
  record(attempt: MeasuredAttempt): void;
}

/** Boundaries that the conventions ask for, seconds. */
const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/** And tokens. */
const tokens = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

/** Attributes become labels of series: what names a model in a thousand letters is not worth one. */
const maxLabelLength = 200;

export function createClientMetrics(meter: Meter, names: Conventions): ClientMetrics {
  const recorders = [
    ...(names === "v1.41" ? [] : [currentMetrics(meter)]),
    ...(names === "current" ? [] : [earlierMetrics(meter)]),
  ];
  return {
    record: (attempt) => {
      const common = commonAttributes(attempt);
      for (const recorder of recorders) recorder(attempt, common);
    },
  };
}

type Recorder = (attempt: MeasuredAttempt, common: Attributes) => void;

/**
 * Counters of tokens, and durations of inference and embeddings apart.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/client-inference.md
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-token-metrics.md
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/client-embeddings.md
 */
function currentMetrics(meter: Meter): Recorder {
  const counter = (name: string, description: string): Counter =>
    meter.createCounter(`gen_ai.client.inference.usage.${name}`, {
      unit: "{token}",
      description,
      valueType: ValueType.INT,
    });
  const input = counter("input_tokens", "The number of input (prompt) tokens used, including cached tokens.");
  const output = counter("output_tokens", "The number of output (completion) tokens used, including reasoning tokens.");
  const cacheRead = counter("cache_read.input_tokens", "The number of input tokens served from a provider's cache.");
  const cacheWrite = counter("cache_write.input_tokens", "The number of input tokens written to a provider's cache.");
  const reasoning = counter("reasoning.output_tokens", "The number of output tokens used for reasoning.");
  const inference = durationOf(meter, "gen_ai.client.inference.duration", "GenAI client inference duration.");
  const embeddings = durationOf(meter, "gen_ai.client.embeddings.duration", "GenAI client embeddings duration.");
  const embedded = tokensOf(meter, "gen_ai.client.embeddings.operation.input_tokens", "Input tokens of an operation.");
  const firstChunk = durationOf(
    meter,
    "gen_ai.client.inference.time_to_first_chunk",
    "Time from the request to the first chunk of a streamed answer.",
  );

  function countTokens(used: Tokens, common: Attributes): void {
    // Who reports audio apart reports no images apart: what is left may be of any kind.
    const unknown = { ...common, "gen_ai.token.modality": "unknown" };
    const audio = { ...common, "gen_ai.token.modality": "audio" };
    const counts: readonly (readonly [Counter, number, Attributes])[] = [
      [input, inputTokens(used) - used.audioInput, unknown],
      [input, used.audioInput, audio],
      [output, outputTokens(used) - used.audioOutput, unknown],
      [output, used.audioOutput, audio],
      [cacheRead, used.cacheRead, unknown],
      [cacheWrite, used.cacheWrite5m + used.cacheWrite1h, unknown],
      [reasoning, used.reasoning, unknown],
    ];
    for (const [instrument, count, attributes] of counts)
      if (Number.isSafeInteger(count) && count > 0) instrument.add(count, attributes);
  }

  return ({ start, end, elapsedMs }, common) => {
    const used = end.line.usage?.tokens;
    const isEmbedding = toOperation(start.kind) === "embeddings";
    measure(isEmbedding ? embeddings : inference, elapsedMs / 1_000, withError(common, end));
    if (isEmbedding) {
      if (used !== undefined) measure(embedded, inputTokens(used), common);
      return;
    }
    if (used !== undefined) countTokens(used, common);
    if (start.streamed && end.ttftMs !== null) measure(firstChunk, end.ttftMs / 1_000, common);
  };
}

/**
 * One histogram of tokens, one of durations.
 * https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/gen-ai-metrics.md
 */
function earlierMetrics(meter: Meter): Recorder {
  const usage = tokensOf(meter, "gen_ai.client.token.usage", "Number of input and output tokens used.");
  const duration = durationOf(meter, "gen_ai.client.operation.duration", "GenAI operation duration.");
  const firstChunk = durationOf(
    meter,
    "gen_ai.client.operation.time_to_first_chunk",
    "Time from the request to the first chunk of a streamed answer.",
  );
  return ({ start, end, elapsedMs }, common) => {
    const used = end.line.usage?.tokens;
    measure(duration, elapsedMs / 1_000, withError(common, end));
    if (used !== undefined) {
      measure(usage, inputTokens(used), { ...common, "gen_ai.token.type": "input" });
      if (toOperation(start.kind) !== "embeddings") {
        measure(usage, outputTokens(used), { ...common, "gen_ai.token.type": "output" });
      }
    }
    if (start.streamed && end.ttftMs !== null) measure(firstChunk, end.ttftMs / 1_000, common);
  };
}

/** One value that is none would spoil the sum for ever. */
function measure(histogram: Histogram, value: number, attributes: Attributes): void {
  if (Number.isFinite(value) && value >= 0) histogram.record(value, attributes);
}

function durationOf(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, { unit: "s", description, advice: { explicitBucketBoundaries: seconds } });
}

function tokensOf(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, { unit: "{token}", description, advice: { explicitBucketBoundaries: tokens } });
}

function withError(common: Attributes, end: AttemptEnd): Attributes {
  const type = toErrorType(end);
  return type === null ? common : { ...common, "error.type": type };
}

function commonAttributes({ start, end, provider, tierId, tenantId }: MeasuredAttempt): Attributes {
  const labels = new AttributeList(maxLabelLength);
  labels.set("gen_ai.operation.name", toOperation(start.kind));
  labels.set("gen_ai.provider.name", provider.name);
  labels.set("gen_ai.request.model", start.target.model);
  labels.set("gen_ai.response.model", end.line.reportedModel);
  labels.set("server.address", provider.address);
  labels.set("server.port", provider.port);
  labels.set("tenantry.tier", tierId);
  labels.set("tenantry.tenant_id", tenantId);
  return labels.values;
}
