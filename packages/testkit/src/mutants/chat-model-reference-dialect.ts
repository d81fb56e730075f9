import { inputTokens, noTokens, outputTokens, tokenClasses, type Tokens } from "@tenantry/core";
import type { AnswerFacts, ErrorFacts, ErrorReason, MessageFacts, RequestFacts, UsageFacts } from "../wire/facts.ts";
import type { WireDialect, WireEvent } from "../wire/wire-dialect.ts";

/** Fields of the made-up vendor's request body. */
export interface ReferenceBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly usage_in_stream?: boolean;
  readonly instructions?: readonly string[];
  readonly turns: readonly ReferenceTurn[];
  readonly limit: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly stop?: readonly string[];
  readonly tools?: RequestFacts["tools"];
  readonly tool_choice?: RequestFacts["toolChoice"];
  readonly tools_at_once?: boolean;
  readonly end_user?: string;
  readonly answer_schema?: Readonly<Record<string, unknown>>;
}

export interface ReferenceTurn {
  readonly role: "user" | "assistant" | "tool";
  readonly text: string;
  readonly images?: readonly string[];
  readonly calls?: MessageFacts["toolCalls"];
  readonly call_id?: string;
  readonly failed?: boolean;
}

/** Totals include their parts, as with most vendors. */
export interface ReferenceUsage {
  readonly read: number;
  readonly read_cached: number;
  readonly kept_5m: number;
  readonly kept_1h: number;
  readonly read_audio: number;
  readonly wrote: number;
  readonly wrote_thinking: number;
  readonly wrote_audio: number;
  readonly tier: UsageFacts["serviceTier"];
}

const errorStatus: Readonly<Record<ErrorReason, number>> = {
  "invalid-request": 400,
  unauthenticated: 401,
  "out-of-quota": 402,
  forbidden: 403,
  "unknown-model": 404,
  "too-large": 413,
  unprocessable: 422,
  "rate-limited": 429,
  "server-error": 500,
  unavailable: 503,
  overloaded: 529,
};

/** A vendor that exists nowhere and can say everything but JSON without a schema. It proves the contract bites. */
export const referenceDialect: WireDialect = {
  provider: "reference",
  vendorPage: "none: made up for the contract's own tests",
  basePath: "/v2",
  chatPath: "/v2/chat",
  requestIdHeader: "x-request-id",
  abilities: {
    tokenClasses,
    serviceTiers: ["standard", "batch", "flex", "priority"],
    finishReasons: ["stop", "length", "tool-calls", "refusal", "filtered"],
    usageFromStart: true,
    reasoningText: true,
    refusalText: true,
    jsonMode: false,
    jsonSchema: true,
    maxOutputTokensRequired: true,
  },
  answer: (facts) => ({
    id: facts.id,
    model: facts.model,
    text: facts.textPieces.join(""),
    thinking: facts.reasoningPieces.join(""),
    refusal: facts.refusalPieces.length === 0 ? null : facts.refusalPieces.join(""),
    calls: facts.toolCalls.map(({ id, name, argumentPieces }) => ({ id, name, arguments: argumentPieces.join("") })),
    stop: facts.finishReason,
    usage: facts.usage === null ? undefined : writeUsage(facts.usage),
  }),
  events: writeEvents,
  error: (facts) => ({
    status: errorStatus[facts.reason],
    body: { error: errorBody(facts) },
    code: facts.reason,
  }),
  errorEvent: (facts) => ({ event: event({ kind: "error", error: errorBody(facts) }), code: facts.reason }),
  unknownEvent: event({ kind: "weather", sky: "blue" }),
  readRequest(request) {
    const body = request.body as ReferenceBody;
    return {
      model: body.model,
      streamed: body.stream === true,
      asksForUsage: body.usage_in_stream === true,
      systemTexts: body.instructions ?? [],
      messages: body.turns.map(readTurn),
      maxOutputTokens: body.limit ?? null,
      temperature: body.temperature ?? null,
      topP: body.top_p ?? null,
      stop: body.stop ?? [],
      tools: body.tools ?? [],
      toolChoice: body.tool_choice ?? null,
      parallelToolCalls: body.tools_at_once ?? null,
      endUserId: body.end_user ?? null,
      responseFormat:
        body.answer_schema === undefined ? null : { type: "json-schema", name: "", schema: body.answer_schema },
      credential: request.headers["authorization"]?.replace("Bearer ", "") ?? null,
    };
  },
};

function readTurn(turn: ReferenceTurn): MessageFacts {
  return {
    role: turn.role,
    text: turn.text,
    images: turn.images ?? [],
    toolCalls: turn.calls ?? [],
    toolCallId: turn.call_id ?? null,
    failed: turn.failed ?? false,
  };
}

function errorBody(facts: ErrorFacts): unknown {
  return { code: facts.reason, message: facts.message };
}

function event(value: unknown): WireEvent {
  return { data: JSON.stringify(value) };
}

function writeEvents(facts: AnswerFacts): readonly WireEvent[] {
  const { id, model, usage } = facts;
  const readOnly = usage === null ? undefined : writeUsage({ ...usage, tokens: inputOnly(usage.tokens) });
  return [
    event({ kind: "open", id, model, usage: readOnly }),
    ...facts.reasoningPieces.map((text) => event({ kind: "thinking", text })),
    ...facts.textPieces.map((text) => event({ kind: "text", text })),
    ...facts.refusalPieces.map((text) => event({ kind: "refusal", text })),
    ...facts.toolCalls.flatMap((call, index) =>
      call.argumentPieces.map((piece, turn) =>
        event({ kind: "call", index, ...(turn === 0 ? { id: call.id, name: call.name } : {}), arguments: piece }),
      ),
    ),
    ...(usage === null ? [] : [event({ kind: "count", usage: writeUsage(usage) })]),
    event({ kind: "close", stop: facts.finishReason }),
  ];
}

function inputOnly(tokens: Tokens): Tokens {
  const { output, reasoning, audioOutput } = noTokens;
  return { ...tokens, output, reasoning, audioOutput };
}

function writeUsage({ tokens, serviceTier }: UsageFacts): ReferenceUsage {
  return {
    read: inputTokens(tokens),
    read_cached: tokens.cacheRead,
    kept_5m: tokens.cacheWrite5m,
    kept_1h: tokens.cacheWrite1h,
    read_audio: tokens.audioInput,
    wrote: outputTokens(tokens),
    wrote_thinking: tokens.reasoning,
    wrote_audio: tokens.audioOutput,
    tier: serviceTier,
  };
}
