import type {
  AnswerFacts,
  ErrorFacts,
  ErrorReason,
  MessageFacts,
  RequestFacts,
  UsageFacts,
  WireDialect,
  WireEvent,
  WireRequest,
} from "@tenantry/testkit";
import type { FinishReason, ResponseFormat, ToolChoice, ToolDefinition } from "@tenantry/core";

type Json = Readonly<Record<string, unknown>>;

/** Anthropic's Messages API as its documentation describes it. */
export const anthropicWireDialect: WireDialect = {
  provider: "anthropic",
  vendorPage: "https://platform.claude.com/docs/en/api/messages/create",
  basePath: "",
  chatPath: "/v1/messages",
  requestIdHeader: "request-id",
  abilities: {
    tokenClasses: ["input", "cacheRead", "cacheWrite5m", "cacheWrite1h", "output", "reasoning"],
    serviceTiers: ["standard", "priority", "batch"],
    finishReasons: ["stop", "length", "tool-calls", "refusal", "other"],
    usageFromStart: true,
    reasoningText: true,
    refusalText: true,
    jsonMode: false,
    jsonSchema: true,
    maxOutputTokensRequired: true,
  },
  answer: (facts) => ({
    ...messageOf(facts),
    content: blocksOf(facts).map(({ whole }) => whole),
    ...stopOf(facts),
    ...(facts.usage === null ? {} : { usage: usageOf(facts.usage) }),
  }),
  events: (facts) => [
    eventOf("message_start", { message: startOf(facts) }),
    ...blocksOf(facts).flatMap((block, index) => [
      eventOf("content_block_start", { index, content_block: block.empty }),
      ...block.deltas.map((delta) => eventOf("content_block_delta", { index, delta })),
      eventOf("content_block_stop", { index }),
    ]),
    eventOf("message_delta", {
      delta: stopOf(facts),
      ...(facts.usage === null ? {} : { usage: deltaUsageOf(facts.usage) }),
    }),
    eventOf("message_stop", {}),
  ],
  error(facts) {
    const { status, code } = errors[facts.reason];
    return { status, code, body: errorOf(facts) };
  },
  errorEvent: (facts) => ({ event: eventOf("error", errorOf(facts)), code: errors[facts.reason].code }),
  unknownEvent: eventOf("content_block_annotation", { index: 0, annotation: { note: "of tomorrow" } }),
  readRequest,
};

function eventOf(type: string, fields: Json): WireEvent {
  return { event: type, data: JSON.stringify({ type, ...fields }) };
}

function messageOf({ id, model }: AnswerFacts): Json {
  return { id, type: "message", role: "assistant", model, container: null };
}

function startOf(facts: AnswerFacts): Json {
  const stop = { stop_reason: null, stop_sequence: null, stop_details: null };
  const usage = facts.usage === null ? {} : { usage: startUsageOf(facts.usage) };
  return { ...messageOf(facts), content: [], ...stop, ...usage };
}

interface Block {
  readonly whole: Json;
  /** As `content_block_start` shows it. */
  readonly empty: Json;
  readonly deltas: readonly Json[];
}

function blocksOf({ reasoningPieces, textPieces, toolCalls }: AnswerFacts): readonly Block[] {
  const blocks: Block[] = [];
  if (reasoningPieces.length > 0) {
    blocks.push({
      whole: { type: "thinking", thinking: reasoningPieces.join(""), signature: "c2lnbmVk" },
      empty: { type: "thinking", thinking: "", signature: "" },
      deltas: [
        ...reasoningPieces.map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: "c2lnbmVk" },
      ],
    });
  }
  if (textPieces.length > 0) {
    blocks.push({
      whole: { type: "text", text: textPieces.join(""), citations: null },
      empty: { type: "text", text: "", citations: null },
      deltas: textPieces.map((text) => ({ type: "text_delta", text })),
    });
  }
  for (const { id, name, argumentPieces } of toolCalls) {
    const input = JSON.parse(argumentPieces.join("")) as Json;
    // A call without arguments streams nothing but an empty piece.
    const pieces = Object.keys(input).length === 0 ? [""] : argumentPieces;
    blocks.push({
      whole: { type: "tool_use", id, name, input, caller: { type: "direct" } },
      empty: { type: "tool_use", id, name, input: {}, caller: { type: "direct" } },
      deltas: pieces.map((partial_json) => ({ type: "input_json_delta", partial_json })),
    });
  }
  return blocks;
}

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  refusal: "refusal",
  // The API has no such reason.
  filtered: "end_turn",
  other: "pause_turn",
};

function stopOf({ finishReason, refusalPieces }: AnswerFacts): Json {
  const explanation = refusalPieces.length === 0 ? null : refusalPieces.join("");
  const refused = { type: "refusal", category: "general_harms", explanation };
  return {
    stop_reason: stopReasons[finishReason],
    stop_sequence: null,
    stop_details: finishReason === "refusal" ? refused : null,
  };
}

/** https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance */
function usageOf({ tokens, serviceTier }: UsageFacts): Json {
  return {
    ...deltaUsageOf({ tokens, serviceTier }),
    cache_creation: {
      ephemeral_5m_input_tokens: tokens.cacheWrite5m,
      ephemeral_1h_input_tokens: tokens.cacheWrite1h,
    },
    service_tier: serviceTier,
    inference_geo: "not_available",
    speed: null,
  };
}

/** What a stream knows at its start: the input, and that the output has begun. */
function startUsageOf(usage: UsageFacts): Json {
  const { output, reasoning } = usage.tokens;
  return { ...usageOf(usage), output_tokens: Math.min(1, output + reasoning), output_tokens_details: null };
}

/** Cumulative counts: https://platform.claude.com/docs/en/build-with-claude/streaming#event-types */
function deltaUsageOf({ tokens }: UsageFacts): Json {
  return {
    input_tokens: tokens.input,
    cache_read_input_tokens: tokens.cacheRead,
    cache_creation_input_tokens: tokens.cacheWrite5m + tokens.cacheWrite1h,
    output_tokens: tokens.output + tokens.reasoning,
    output_tokens_details: tokens.reasoning === 0 ? null : { thinking_tokens: tokens.reasoning },
    server_tool_use: null,
  };
}

/** https://platform.claude.com/docs/en/api/errors#http-errors */
const errors: Readonly<Record<ErrorReason, { readonly status: number; readonly code: string }>> = {
  "invalid-request": { status: 400, code: "invalid_request_error" },
  unauthenticated: { status: 401, code: "authentication_error" },
  "out-of-quota": { status: 402, code: "billing_error" },
  forbidden: { status: 403, code: "permission_error" },
  "unknown-model": { status: 404, code: "not_found_error" },
  "too-large": { status: 413, code: "request_too_large" },
  unprocessable: { status: 422, code: "invalid_request_error" },
  "rate-limited": { status: 429, code: "rate_limit_error" },
  "server-error": { status: 500, code: "api_error" },
  unavailable: { status: 503, code: "api_error" },
  overloaded: { status: 529, code: "overloaded_error" },
};

function errorOf({ reason, message }: ErrorFacts): Json {
  return { type: "error", error: { type: errors[reason].code, message, details: null }, request_id: "req_011C" };
}

interface RequestBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly system?: string;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string | readonly Json[] }[];
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly stop_sequences?: readonly string[];
  readonly tools?: readonly { name: string; description?: string; input_schema: Json }[];
  readonly tool_choice?: { readonly type: string; readonly name?: string; disable_parallel_tool_use?: boolean };
  readonly metadata?: { readonly user_id: string };
  readonly output_config?: { readonly format?: { readonly type: string; readonly schema: Json } };
}

function readRequest(request: WireRequest): RequestFacts {
  const body = request.body as RequestBody;
  return {
    model: body.model,
    streamed: body.stream === true,
    asksForUsage: true,
    systemTexts: body.system === undefined ? [] : [body.system],
    messages: body.messages.flatMap(readMessage),
    maxOutputTokens: body.max_tokens ?? null,
    temperature: body.temperature ?? null,
    topP: body.top_p ?? null,
    stop: body.stop_sequences ?? [],
    tools: (body.tools ?? []).map(readTool),
    toolChoice: readToolChoice(body.tool_choice),
    parallelToolCalls: body.tool_choice?.disable_parallel_tool_use === true ? false : null,
    endUserId: body.metadata?.user_id ?? null,
    responseFormat: readFormat(body.output_config?.format),
    credential: /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? null,
  };
}

function readTool({
  name,
  description,
  input_schema: parameters,
}: {
  name: string;
  description?: string;
  input_schema: Json;
}): ToolDefinition {
  return { name, ...(description === undefined ? {} : { description }), parameters };
}

function readToolChoice(choice: RequestBody["tool_choice"]): ToolChoice | null {
  if (choice === undefined) return null;
  if (choice.type === "tool") return { name: choice.name ?? "" };
  return choice.type === "any" ? "required" : (choice.type as "auto" | "none");
}

function readFormat(format: { readonly type: string; readonly schema: Json } | undefined): ResponseFormat | null {
  return format === undefined ? null : { type: "json-schema", name: "", schema: format.schema };
}

/** A turn with tool results stands for as many messages. */
function readMessage({ role, content }: RequestBody["messages"][number]): readonly MessageFacts[] {
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const results = blocks.filter((block) => block["type"] === "tool_result");
  if (results.length > 0) {
    return results.map((block) => ({
      role: "tool" as const,
      text: textOfResult(block["content"]),
      images: [],
      toolCalls: [],
      toolCallId: String(block["tool_use_id"]),
      failed: block["is_error"] === true,
    }));
  }
  return [
    {
      role,
      text: blocks.map((block) => (block["type"] === "text" ? String(block["text"]) : "")).join(""),
      images: blocks.filter((block) => block["type"] === "image").map((block) => readImage(block["source"] as Json)),
      toolCalls: blocks.filter((block) => block["type"] === "tool_use").map(readToolCall),
      toolCallId: null,
      failed: false,
    },
  ];
}

function textOfResult(content: unknown): string {
  if (typeof content === "string") return content;
  return (content as readonly Json[]).map((block) => String(block["text"] ?? "")).join("");
}

function readToolCall(block: Json): { id: string; name: string; argumentsJson: string } {
  return { id: String(block["id"]), name: String(block["name"]), argumentsJson: JSON.stringify(block["input"]) };
}

function readImage(source: Json): string {
  if (source["type"] === "url") return String(source["url"]);
  return `data:${String(source["media_type"])};base64,${String(source["data"])}`;
}
