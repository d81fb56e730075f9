import type {
  FinishReason,
  ResponseFormat,
  ServiceTier,
  TokenClass,
  Tokens,
  ToolChoice,
  ToolDefinition,
} from "@tenantry/core";

/** What a vendor says in an answer, in no vendor's words. Pieces are streamed one by one and joined otherwise. */
export interface AnswerFacts {
  readonly id: string;
  /** The model that answered. */
  readonly model: string;
  readonly textPieces: readonly string[];
  readonly reasoningPieces: readonly string[];
  readonly refusalPieces: readonly string[];
  readonly toolCalls: readonly ToolCallFacts[];
  readonly finishReason: FinishReason;
  /** Null when the vendor reports none. */
  readonly usage: UsageFacts | null;
}

export interface ToolCallFacts {
  readonly id: string;
  readonly name: string;
  /** Joined they are valid JSON. */
  readonly argumentPieces: readonly string[];
}

/** Disjoint counts, to be written as this vendor writes them. May be impossible (negative) on purpose. */
export interface UsageFacts {
  readonly tokens: Tokens;
  readonly serviceTier: ServiceTier;
}

export type ErrorReason =
  | "invalid-request"
  | "unauthenticated"
  | "out-of-quota"
  | "forbidden"
  | "unknown-model"
  | "too-large"
  | "unprocessable"
  | "rate-limited"
  | "server-error"
  | "unavailable"
  | "overloaded";

export interface ErrorFacts {
  readonly reason: ErrorReason;
  /** `{credential}` stands for the key the request came with: vendors do echo it. */
  readonly message: string;
  readonly retryAfter: RetryAfter | null;
  /** `html`: a proxy before the vendor answered with a page of its own. */
  readonly body: "vendor" | "html";
}

/** As `retry-after: 7`, as `retry-after: <HTTP date>` so many seconds ahead, as `retry-after-ms: 1500`. */
export type RetryAfter =
  | { readonly seconds: number }
  | { readonly dateSecondsAhead: number }
  | { readonly ms: number }
  | { readonly nonsense: string };

/** What a request asks for, read back from the vendor's wire format. */
export interface RequestFacts {
  readonly model: string;
  readonly streamed: boolean;
  /** Whether the answer will carry usage: always true where the vendor reports it unasked. */
  readonly asksForUsage: boolean;
  readonly systemTexts: readonly string[];
  /** Without system messages. */
  readonly messages: readonly MessageFacts[];
  readonly maxOutputTokens: number | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly stop: readonly string[];
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice | null;
  /** Whether several tools may be called at once, or null when the request does not say. */
  readonly parallelToolCalls: boolean | null;
  readonly endUserId: string | null;
  /** A schema's name is "" where the vendor's format has none. */
  readonly responseFormat: ResponseFormat | null;
  /** The API key as it came. */
  readonly credential: string | null;
}

export interface MessageFacts {
  readonly role: "user" | "assistant" | "tool";
  /** All text joined. */
  readonly text: string;
  /** URLs; base64 as a data URL. */
  readonly images: readonly string[];
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly argumentsJson: string }[];
  /** Of a tool's result, else null. */
  readonly toolCallId: string | null;
  /** Whether it tells of a tool's failure, by a mark or in its text. */
  readonly failed: boolean;
}

/** What a vendor's format can say. Rules about what it cannot say hold trivially. */
export interface DialectAbilities {
  /** The classes its usage report tells apart. */
  readonly tokenClasses: readonly TokenClass[];
  readonly serviceTiers: readonly ServiceTier[];
  readonly finishReasons: readonly FinishReason[];
  /** Whether a stream reports the input's usage at its start, and not only at its end. */
  readonly usageFromStart: boolean;
  /** Whether thinking is shown. */
  readonly reasoningText: boolean;
  /** Whether a refusal has words of its own, apart from the text. */
  readonly refusalText: boolean;
  /** JSON without a schema. Where it is missing, asking for it is `invalid_request` and nothing is sent. */
  readonly jsonMode: boolean;
  readonly jsonSchema: boolean;
  /** Whether every request must carry an output limit. */
  readonly maxOutputTokensRequired: boolean;
}
