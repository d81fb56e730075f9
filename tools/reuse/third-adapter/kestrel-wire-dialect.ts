import type { ChatRequest } from "@tenantry/core";
import type {
  AnswerFacts,
  ErrorReason,
  MessageFacts,
  RequestFacts,
  WireDialect,
  WireEvent,
  WireRequest,
} from "@tenantry/testkit";

const statuses: Readonly<Record<ErrorReason, number>> = {
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

/** How Kestrel, a provider that exists nowhere, speaks. */
export const kestrelDialect: WireDialect = {
  provider: "kestrel",
  vendorPage: "none: made up",
  basePath: "/nest",
  chatPath: "/nest/fly",
  requestIdHeader: "x-kestrel-flight",
  abilities: {
    tokenClasses: ["input", "cacheRead", "output"],
    serviceTiers: ["standard"],
    finishReasons: ["stop", "length", "tool-calls", "refusal", "filtered"],
    usageFromStart: false,
    reasoningText: false,
    refusalText: false,
    jsonMode: true,
    jsonSchema: true,
    maxOutputTokensRequired: false,
  },
  answer: (facts) => ({
    id: facts.id,
    brain: facts.model,
    words: facts.textPieces.join(""),
    calls: facts.toolCalls.map(({ id, name, argumentPieces }) => ({
      id,
      name,
      argumentsJson: argumentPieces.join(""),
    })),
    why: facts.finishReason,
    used: usedOf(facts),
  }),
  events: (facts) => [
    event({ kind: "takeoff", id: facts.id, brain: facts.model }),
    ...facts.textPieces.map((words) => event({ kind: "words", words })),
    ...facts.toolCalls.flatMap(({ id, name, argumentPieces }, index) =>
      argumentPieces.map((argumentsJson, turn) =>
        event({ kind: "call", call: { index, ...(turn === 0 ? { id, name } : {}), argumentsJson } }),
      ),
    ),
    event({ kind: "landed", why: facts.finishReason, used: usedOf(facts) }),
  ],
  error: ({ reason, message }) => ({ status: statuses[reason], body: { fault: reason, message }, code: reason }),
  errorEvent: ({ reason }) => ({ event: event({ kind: "storm", fault: reason }), code: reason }),
  unknownEvent: event({ kind: "weather", sky: "clear" }),
  readRequest,
};

function event(value: unknown): WireEvent {
  return { data: JSON.stringify(value) };
}

function usedOf({ usage }: AnswerFacts): unknown {
  if (usage === null) return undefined;
  const { input, cacheRead, output, reasoning } = usage.tokens;
  return { fresh: input, reread: cacheRead, written: output + reasoning };
}

interface Body {
  readonly brain: string;
  readonly flow: boolean;
  readonly talk: ChatRequest["messages"];
  readonly ceiling?: number;
  readonly heat?: number;
  readonly reach?: number;
  readonly halt?: readonly string[];
  readonly tools?: RequestFacts["tools"];
  readonly pick?: RequestFacts["toolChoice"];
  readonly swarm?: boolean;
  readonly rider?: string;
  readonly shape?: RequestFacts["responseFormat"];
}

function readRequest(request: WireRequest): RequestFacts {
  const body = request.body as Body;
  const { brain: model, flow: streamed, talk, ceiling, heat, reach, halt, tools, pick, shape, swarm, rider } = body;
  return {
    ...{
      model,
      streamed,
      asksForUsage: true,
      maxOutputTokens: ceiling ?? null,
      temperature: heat ?? null,
      topP: reach ?? null,
    },
    ...{ stop: halt ?? [], tools: tools ?? [], toolChoice: pick ?? null, responseFormat: shape ?? null },
    ...{ parallelToolCalls: swarm ?? null, endUserId: rider ?? null },
    systemTexts: talk.flatMap((message) => (message.role === "system" ? [message.content] : [])),
    messages: talk.flatMap((message) => (message.role === "system" ? [] : [readMessage(message)])),
    credential: request.headers["x-kestrel-key"] ?? null,
  };
}

function readMessage(message: Exclude<ChatRequest["messages"][number], { role: "system" }>): MessageFacts {
  const parts =
    typeof message.content === "string" ? [{ type: "text" as const, text: message.content }] : message.content;
  return {
    role: message.role,
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    images: parts.flatMap((part) => {
      if (part.type === "text") return [];
      return ["url" in part ? part.url : `data:${part.mediaType};base64,${part.base64}`];
    }),
    toolCalls: message.role === "assistant" ? (message.toolCalls ?? []) : [],
    toolCallId: message.role === "tool" ? message.toolCallId : null,
    failed: message.role === "tool" && message.isError === true,
  };
}
