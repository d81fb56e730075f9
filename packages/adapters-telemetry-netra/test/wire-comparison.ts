import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { type Telemetry, usageOf } from "@tenantry/core";
import {
  netraSpanRecording,
  type OtlpAttribute,
  type OtlpSpan,
  type ReceivedSpan,
  recordedSpans,
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleLine,
  sampleRecord,
} from "@tenantry/testkit";

/** A difference from the SDK's wire that is meant, by the words of `differences`, with the reason. */
type Deviations = Readonly<Record<string, string>>;

/** One recorded span, and the call that makes ours. */
export interface WireComparison {
  /** Name of the recording. */
  readonly recording: string;
  /** Name of the span in the recording. */
  readonly span: string;
  readonly deviations: Deviations;
  /** Name of ours, where it is another. */
  readonly ours?: string;
  make(telemetry: Telemetry): void;
}

type AttemptChange = Parameters<typeof sampleAttemptStart>[0];
type AttemptEndChange = Parameters<typeof sampleAttemptEnd>[0];

const gpt4 = { provider: "openai", model: "gpt-4" };
const claude = { provider: "anthropic", model: "claude-sonnet-4-5" };
const request = { temperature: 0.3, topP: null, maxOutputTokens: 200 };
const system = { role: "system", content: "You are an expert meeting summarizer." } as const;
const user = { role: "user", content: "Summarize this meeting transcript." } as const;
const messages = [system, user];
const text = "The team agreed on the plan.";
const usage = usageOf({ input: 100, cacheRead: 20, output: 25, reasoning: 5 });
const claudeUsage = usageOf({ input: 110, cacheRead: 20, cacheWrite5m: 13, output: 30 });

const line = sampleLine({ requested: gpt4, answered: gpt4, usage, reportedModel: "gpt-4-0613" });
const claudeLine = { ...line, requested: claude, answered: claude, usage: claudeUsage, reportedModel: claude.model };

const ourIds: Deviations = {
  "attribute tenantry.attempt: intValue": "ours: which try of the call it is",
  "attribute tenantry.attempt_id: stringValue": "ours: the ledger's line",
  "attribute tenantry.call_id: stringValue": "ours: the call",
  "attribute tenantry.outcome: stringValue": "ours: what became of it",
  "attribute tenantry.usage_source: stringValue": "ours: measured or estimated",
};
const limited: Deviations = {
  "attribute gen_ai.request.max_tokens: intValue": "every call of ours has a limit of output, and says so",
};
const belowItsCall: Deviations = { parent: "an attempt is below its call; that program made no call's span" };
const noTools: Deviations = {
  "no attribute tools: stringValue": "tools are content: they go out only where the tier allows it",
};
const noChunks: Deviations = {
  "no event llm.content.completion.chunk()": "up to 128 empty events a stream say nothing",
};
const marksRoot: Deviations = {
  "no attribute netra.trace.llm.call: boolValue": "stands on the call, which is the root; there the attempt is one",
};

function attempt(change: AttemptChange, end: AttemptEndChange, target = gpt4): (telemetry: Telemetry) => void {
  return (telemetry) => {
    const call = telemetry.startCall(sampleCallStart({ model: target }));
    const start = sampleAttemptStart({ target, request, messages, ...change });
    call.startAttempt(start).end(sampleAttemptEnd({ line, text, ...end }));
    call.end(sampleCallEnd());
  };
}

function chat(recording: string, change: AttemptChange, end: AttemptEndChange, deviations: Deviations): WireComparison {
  const make = attempt(change, end);
  const place = recording === "active-parent" ? {} : belowItsCall;
  const limit = recording === "chat-multimodal" ? {} : limited;
  return { recording, span: "openai.chat", make, deviations: { ...ourIds, ...limit, ...place, ...deviations } };
}

function message(
  recording: string,
  change: AttemptChange,
  end: AttemptEndChange,
  deviations: Deviations,
): Omit<WireComparison, "span"> {
  const make = attempt(change, { line: claudeLine, ...end }, claude);
  return { recording, make, deviations: { ...ourIds, ...belowItsCall, ...deviations } };
}

const image = { type: "image", url: "data:image/png;base64,iVBORw0KGgo=" } as const;
const section = { type: "object", properties: { section: { type: "string" } } };
const clauseTool = { name: "find_clause", parameters: section };
const clauseCall = { id: "call_1", name: "find_clause", argumentsJson: '{"section":"7.2"}' };
const seventy = Array.from({ length: 70 }, (_, index) => ({ role: "user" as const, content: `message ${index}` }));
const p95 = { id: "p95", metric: "latency", quantile: 0.95, thresholdMs: 2_000, minCalls: 20 } as const;

/** The call of the cookbook: one attempt, a breach of the service level. */
function cookbookCall(telemetry: Telemetry): void {
  const call = telemetry.startCall(sampleCallStart({ model: gpt4 }));
  call.startAttempt(sampleAttemptStart({ target: gpt4, request })).end(sampleAttemptEnd({ line }));
  const record = sampleRecord({ latencyMs: 2_345, verdicts: [{ objectiveId: "p95", verdict: "bad" }] });
  call.end(sampleCallEnd({ record, lines: [line], objectives: [p95] }));
}

const callIds: Deviations = {
  "attribute tenantry.attempts: intValue": "ours: how many there were",
  "attribute tenantry.call_id: stringValue": "ours: the call",
  "attribute tenantry.feature: stringValue": "ours: what the call was for",
  "attribute tenantry.outcome: stringValue": "ours: what became of it",
};

const wholeStream: Deviations = {
  "attribute gen_ai.usage.prompt_tokens: intValue": "usage is asked for and known in every stream",
  "attribute gen_ai.usage.completion_tokens: intValue": "usage is asked for and known in every stream",
  "attribute llm.usage.total_tokens: intValue": "usage is asked for and known in every stream",
  "attribute gen_ai.usage.cache_read_input_tokens: intValue": "usage is asked for and known in every stream",
  "attribute gen_ai.usage.reasoning_tokens: intValue": "usage is asked for and known in every stream",
};

const afterContent = "written before the content, so that the cap on attributes does not cut it";
const usageBeforeContent: Deviations = Object.fromEntries(
  [
    ...["gen_ai.response.model", "llm.response.id", "gen_ai.response.finish_reason", "llm.response.finish_reason"],
    ...["gen_ai.completion.N.role", "gen_ai.completion.N.content"],
  ]
    .map((key): [string, string] => [`attribute ${key}: stringValue`, afterContent])
    .concat([["attribute llm.response.duration: doubleValue", afterContent]]),
);

/** Everything the port can express. */
export const wireComparisons: readonly WireComparison[] = [
  { recording: "active-parent", span: "meeting-summarization", deviations: callIds, make: cookbookCall },
  {
    recording: "seed-flow",
    span: "meeting-summarization",
    make: cookbookCall,
    deviations: {
      ...callIds,
      "attribute netra.trace.llm.call: boolValue": "one call is one trace; there the attempt is another one's root",
    },
  },
  {
    recording: "manual-error",
    span: "meeting-summarization",
    make: (telemetry) => {
      const record = sampleRecord({ outcome: "failed", failure: "The transcript is empty" });
      telemetry.startCall(sampleCallStart()).end(sampleCallEnd({ record, lines: [], costPico: null }));
    },
    deviations: {
      ...callIds,
      "attribute tenant_id: stringValue": "the cookbook's own, which that program did not set",
      "attribute tier: stringValue": "the cookbook's own, which that program did not set",
      "attribute model: stringValue": "the cookbook's own, which that program did not set",
    },
  },
  chat("active-parent", {}, {}, {}),
  chat("seed-flow", {}, {}, {}),
  chat(
    "chat-tools",
    { messages: [user], tools: [clauseTool] },
    { text: "", toolCalls: [clauseCall], finishReason: "tool-calls" },
    {},
  ),
  chat("chat-multimodal", { messages: [{ role: "user", content: [{ type: "text", text: "What?" }, image] }] }, {}, {}),
  chat("chat-stream", { streamed: true }, {}, { ...noChunks, ...wholeStream }),
  chat("chat-stream-usage", { streamed: true }, {}, noChunks),
  chat(
    "chat-error",
    {},
    {
      line: { ...line, outcome: "refused", usage: null, status: 404, reportedModel: null, responseId: null },
      error: "404 The model `no-such-model` does not exist",
      finishReason: null,
      text: null,
    },
    {
      "attribute llm.response.duration: doubleValue": "failures take time too",
      "no event exception(exception.message,exception.stacktrace,exception.type)": "the port has no stack traces",
      "event exception(exception.message,exception.type)": "the port has no stack traces",
    },
  ),
  chat(
    "chat-seventy-messages",
    { messages: seventy },
    {},
    {
      ...wholeStream,
      ...usageBeforeContent,
    },
  ),
  chat("chat-long-prompt", { messages: [{ role: "user", content: "x".repeat(40_000) }] }, {}, {}),
  chat("chat-without-content", { messages: null }, { text: null }, noTools),
  { span: "anthropic.chat", ...message("anthropic-create", {}, { finishReason: "stop" }, {}) },
  {
    span: "anthropic.chat",
    ...message("anthropic-without-content", { messages: null }, { finishReason: "stop", text: null }, {}),
  },
  { span: "anthropic.chat", ...message("anthropic-create-native", {}, { finishReason: "stop" }, marksRoot) },
  {
    span: "anthropic.stream",
    ...message(
      "anthropic-stream-native",
      { streamed: true },
      { finishReason: "stop" },
      {
        ...marksRoot,
        "no attribute llm.operation: stringValue": "names the vendor's helper, which is not used here",
      },
    ),
  },
  {
    span: "anthropic.chat",
    ours: "anthropic.stream",
    ...message(
      "anthropic-stream",
      { streamed: true },
      { finishReason: "stop" },
      {
        name: "a stream is named as one, by whichever of the vendor's two ways it was asked for",
        "no attribute llm.is_streaming: boolValue": "llm.streaming says so",
      },
    ),
  },
  {
    recording: "responses",
    span: "openai.response",
    make: attempt({ kind: "response", request: { ...request, temperature: null } }, { finishReason: null }),
    deviations: { ...ourIds, ...belowItsCall },
  },
  {
    recording: "responses-stream",
    span: "openai.response",
    make: attempt(
      { kind: "response", streamed: true, request: { ...request, temperature: null } },
      { finishReason: null },
    ),
    deviations: {
      ...ourIds,
      ...belowItsCall,
      ...limited,
      ...noChunks,
      "attribute gen_ai.response.model: stringValue": "the ledger knows which model answered a stream",
    },
  },
  {
    recording: "embeddings",
    span: "openai.embedding",
    make: attempt(
      { kind: "embedding", messages: [user], request: { ...request, temperature: null } },
      { finishReason: null, text: null, line: { ...line, usage: usageOf({ input: 8 }), responseId: null } },
    ),
    deviations: {
      ...ourIds,
      ...belowItsCall,
      ...limited,
      "attribute gen_ai.usage.completion_tokens: intValue": "0, as the ledger has it",
      "attribute gen_ai.usage.cache_read_input_tokens: intValue": "0, as the ledger has it",
      "attribute gen_ai.usage.reasoning_tokens: intValue": "0, as the ledger has it",
      "no attribute llm.response.embedding_count: intValue": "the port hands over no vectors",
      "no attribute llm.response.embedding_dimensions: intValue": "the port hands over no vectors",
    },
  },
];

/** Our span of a comparison, beside the recorded one: how they differ, in sorted words. */
export function differencesOf(comparison: WireComparison, spans: readonly ReceivedSpan[]): readonly string[] {
  const recorded = onlyNamed(recordedSpans(netraSpanRecording(comparison.recording)), comparison.span);
  const ours = onlyNamed(spans, comparison.ours ?? comparison.span);
  const facts = (read: (span: ReceivedSpan) => unknown, what: string): readonly string[] =>
    isDeepStrictEqual(read(recorded), read(ours)) ? [] : [what];
  return [
    ...facts(({ span }) => span.name, "name"),
    ...facts(({ scope }) => scope, "scope"),
    ...facts(({ span }) => span.kind, "kind"),
    ...facts(({ span }) => span.flags, "flags"),
    ...facts(({ span }) => span.status, "status"),
    ...facts(({ span }) => span.parentSpanId === undefined, "parent"),
    ...setDifferences("attribute", typesOf(recorded.span.attributes), typesOf(ours.span.attributes)),
    ...setDifferences("event", eventsOf(recorded.span), eventsOf(ours.span)),
  ].toSorted();
}

function onlyNamed(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const [found, ...others] = spans.filter(({ span }) => span.name === name);
  assert.ok(found !== undefined && others.length === 0, `one span named ${name}`);
  return found;
}

/** `key: type`, the numbers of messages aside. */
function typesOf(attributes: readonly OtlpAttribute[]): ReadonlySet<string> {
  return new Set(attributes.map(({ key, value }) => `${key.replace(/\.\d+\./, ".N.")}: ${Object.keys(value).join()}`));
}

function eventsOf({ events }: OtlpSpan): ReadonlySet<string> {
  return new Set(
    events.map(
      ({ name, attributes }) =>
        `${name}(${attributes
          .map(({ key }) => key)
          .toSorted()
          .join()})`,
    ),
  );
}

function setDifferences(what: string, recorded: ReadonlySet<string>, ours: ReadonlySet<string>): readonly string[] {
  return [
    ...[...recorded].filter((item) => !ours.has(item)).map((item) => `no ${what} ${item}`),
    ...[...ours].filter((item) => !recorded.has(item)).map((item) => `${what} ${item}`),
  ];
}
