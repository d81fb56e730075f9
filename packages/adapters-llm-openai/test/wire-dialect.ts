import {
  inputTokens,
  outputTokens,
  type ResponseFormat,
  type ServiceTier,
  type ToolChoice,
  type ToolDefinition,
} from "@tenantry/core";
import type {
  AnswerFacts,
  ErrorFacts,
  ErrorReason,
  MessageFacts,
  UsageFacts,
  WireDialect,
  WireError,
  WireEvent,
} from "@tenantry/testkit";

const tierNames: Readonly<Record<ServiceTier, string>> = {
  standard: "default",
  flex: "flex",
  priority: "priority",
  batch: "batch",
};

const finishReasons: Readonly<Record<AnswerFacts["finishReason"], string>> = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
  refusal: "stop",
  filtered: "content_filter",
  other: "unheard_of",
};

/** Status, type and code, from https://developers.openai.com/api/docs/guides/error-codes */
const errors: Readonly<Record<ErrorReason, readonly [status: number, type: string, code: string | null]>> = {
  "invalid-request": [400, "invalid_request_error", null],
  unauthenticated: [401, "invalid_request_error", "invalid_api_key"],
  "out-of-quota": [429, "insufficient_quota", "insufficient_quota"],
  forbidden: [403, "request_forbidden", "unsupported_country_region_territory"],
  "unknown-model": [404, "invalid_request_error", "model_not_found"],
  "too-large": [413, "invalid_request_error", null],
  unprocessable: [422, "invalid_request_error", null],
  "rate-limited": [429, "tokens", "rate_limit_exceeded"],
  "server-error": [500, "server_error", null],
  unavailable: [503, "service_unavailable_error", "slow_down"],
  overloaded: [503, "service_unavailable_error", "server_is_overloaded"],
};

/** Chat completions as OpenAI documents them. */
export const openAIDialect: WireDialect = {
  provider: "openai",
  vendorPage: "https://developers.openai.com/api/reference/resources/chat",
  basePath: "/v1",
  chatPath: "/v1/chat/completions",
  requestIdHeader: "x-request-id",
  abilities: {
    tokenClasses: ["input", "cacheRead", "cacheWrite5m", "output", "reasoning", "audioInput", "audioOutput"],
    serviceTiers: ["standard", "flex", "priority"],
    finishReasons: ["stop", "length", "tool-calls", "refusal", "filtered"],
    usageFromStart: false,
    reasoningText: false,
    refusalText: true,
    jsonMode: true,
    jsonSchema: true,
    maxOutputTokensRequired: false,
  },
  answer: (facts) => ({
    ...envelope(facts, "chat.completion"),
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: facts.textPieces.length === 0 ? null : facts.textPieces.join(""),
          refusal: facts.refusalPieces.length === 0 ? null : facts.refusalPieces.join(""),
          annotations: [],
          ...(facts.toolCalls.length === 0 ? {} : { tool_calls: facts.toolCalls.map(writeToolCall) }),
        },
        logprobs: null,
        finish_reason: finishReasons[facts.finishReason],
      },
    ],
    ...(facts.usage === null ? {} : { usage: writeUsage(facts.usage) }),
  }),
  events: writeEvents,
  error: writeError,
  errorEvent(facts) {
    const { body, code } = writeError(facts);
    return { event: { data: JSON.stringify(body) }, code };
  },
  unknownEvent: { data: '{"id":"answer-1","object":"chat.completion.weather","choices":[]}' },
  readRequest(request) {
    const body = request.body as Body;
    const isText = body.response_format === undefined || body.response_format.type === "text";
    return {
      model: body.model,
      streamed: body.stream === true,
      asksForUsage: body.stream_options?.include_usage === true,
      systemTexts: body.messages.flatMap((message) => (message.role === "system" ? [textOf(message)] : [])),
      messages: body.messages.flatMap(readMessage),
      maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
      temperature: body.temperature ?? null,
      topP: body.top_p ?? null,
      stop: body.stop ?? [],
      tools: (body.tools ?? []).map((tool) => tool.function),
      toolChoice: readToolChoice(body.tool_choice),
      parallelToolCalls: body.parallel_tool_calls ?? null,
      endUserId: body.user ?? null,
      responseFormat: isText ? null : readFormat(body.response_format),
      credential: request.headers["authorization"]?.replace(/^Bearer /, "") ?? null,
    };
  },
};

interface Body {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly stop?: readonly string[];
  readonly tools?: readonly { readonly function: ToolDefinition }[];
  readonly tool_choice?: "auto" | "none" | "required" | { readonly function: { readonly name: string } };
  readonly response_format?: Format;
  readonly parallel_tool_calls?: boolean;
  readonly user?: string;
}

type Format =
  | { readonly type: "text" | "json_object" }
  | {
      readonly type: "json_schema";
      readonly json_schema: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
    };

interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string | null | readonly Part[];
  readonly tool_calls?: readonly { readonly id: string; readonly function: { name: string; arguments: string } }[];
  readonly tool_call_id?: string;
}

type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

function partsOf({ content }: Message): readonly Part[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content ?? [];
}

function textOf(message: Message): string {
  return partsOf(message)
    .map((part) => (part.type === "text" ? part.text : ""))
    .join("");
}

function readMessage(message: Message): MessageFacts[] {
  if (message.role === "system") return [];
  return [
    {
      role: message.role,
      text: textOf(message),
      images: partsOf(message).flatMap((part) => (part.type === "image_url" ? [part.image_url.url] : [])),
      toolCalls: (message.tool_calls ?? []).map(({ id, function: called }) => ({
        id,
        name: called.name,
        argumentsJson: called.arguments,
      })),
      toolCallId: message.tool_call_id ?? null,
      failed: message.role === "tool" && textOf(message).startsWith("Error:"),
    },
  ];
}

function readToolChoice(choice: Body["tool_choice"]): ToolChoice | null {
  return typeof choice === "object" ? { name: choice.function.name } : (choice ?? null);
}

function readFormat(format: Format | undefined): ResponseFormat {
  if (format?.type !== "json_schema") return { type: "json" };
  return { type: "json-schema", name: format.json_schema.name, schema: format.json_schema.schema };
}

function envelope(facts: AnswerFacts, object: string): Record<string, unknown> {
  const tier = facts.usage === null ? "default" : tierNames[facts.usage.serviceTier];
  return { id: facts.id, object, created: 1_767_225_600, model: facts.model, service_tier: tier };
}

function writeToolCall({ id, name, argumentPieces }: AnswerFacts["toolCalls"][number]): unknown {
  return { id, type: "function", function: { name, arguments: argumentPieces.join("") } };
}

function writeUsage({ tokens }: UsageFacts): unknown {
  const [prompt, completion] = [inputTokens(tokens), outputTokens(tokens)];
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: tokens.cacheRead,
      cache_write_tokens: tokens.cacheWrite5m,
      audio_tokens: tokens.audioInput,
    },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning,
      audio_tokens: tokens.audioOutput,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function writeEvents(facts: AnswerFacts): readonly WireEvent[] {
  const chunk = (delta: unknown, finish: string | null = null): unknown => ({
    ...envelope(facts, "chat.completion.chunk"),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    // Where usage is asked for, every chunk but the last has none.
    ...(facts.usage === null ? {} : { usage: null }),
  });
  const calls = facts.toolCalls.flatMap(({ id, name, argumentPieces }, index) => [
    { index, id, type: "function", function: { name, arguments: "" } },
    ...argumentPieces.map((piece) => ({ index, function: { arguments: piece } })),
  ]);
  const chunks = [
    chunk({ role: "assistant", content: "", refusal: null }),
    ...facts.textPieces.map((content) => chunk({ content })),
    ...facts.refusalPieces.map((refusal) => chunk({ refusal })),
    ...calls.map((call) => chunk({ tool_calls: [call] })),
    chunk({}, finishReasons[facts.finishReason]),
  ];
  if (facts.usage !== null) {
    chunks.push({ ...envelope(facts, "chat.completion.chunk"), choices: [], usage: writeUsage(facts.usage) });
  }
  return [...chunks.map((value) => ({ data: JSON.stringify(value) })), { data: "[DONE]" }];
}

function writeError(facts: ErrorFacts): WireError {
  const [status, type, code] = errors[facts.reason];
  return { status, code: code ?? type, body: { error: { message: facts.message, type, param: null, code } } };
}
