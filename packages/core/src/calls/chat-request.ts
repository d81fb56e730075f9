/** Text, or pieces of several kinds. */
export type ChatContent = string | readonly ContentPart[];

export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  /** Either a URL (https or data) or base64 with its media type. */
  | { readonly type: "image"; readonly url: string; readonly detail?: ImageDetail }
  | {
      readonly type: "image";
      readonly base64: string;
      readonly mediaType: string;
      readonly detail?: ImageDetail;
    };

/** How closely an image is looked at. A wish: a provider that knows no such setting is not told. */
export type ImageDetail = "auto" | "low" | "high" | "original";

/** A call of a tool the model asked for. `argumentsJson` is the model's text, not checked by us. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
}

/**
 * A stretch of thinking as it is given back in a later turn. Its provider checks the signature and demands it unchanged;
 * any other provider is not sent it, because thinking is no input for another model. `redacted`: the provider showed
 * only this sealed form.
 */
export type ReasoningPart =
  | { readonly type: "thinking"; readonly text: string; readonly signature: string }
  | { readonly type: "redacted"; readonly data: string };

export type ChatMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: ChatContent }
  | {
      readonly role: "assistant";
      /** Thinking that came before the text and the calls. */
      readonly reasoning?: readonly ReasoningPart[];
      readonly content: string;
      readonly toolCalls?: readonly ToolCall[];
    }
  | {
      readonly role: "tool";
      readonly toolCallId: string;
      readonly content: ChatContent;
      /** Whether the tool failed. A provider without such a mark is told in the text: `Error: …`. Default false. */
      readonly isError?: boolean;
    };

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether the arguments must follow the schema to the letter. Absent: the provider's default. */
  readonly strict?: boolean;
}

export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | {
      readonly type: "json-schema";
      readonly name: string;
      readonly description?: string;
      readonly schema: Readonly<Record<string, unknown>>;
      /** Whether the answer must follow the schema to the letter. Default true. */
      readonly strict?: boolean;
    };

/** How hard to think. `none`: not at all. */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** Wishes about thinking, in whichever of the two measures the caller used. Without either: as the model finds right. */
export interface ReasoningWish {
  readonly effort?: ReasoningEffort;
  /** Most tokens to think, ≥ 1. They count against the output limit. */
  readonly budgetTokens?: number;
  /** Whether the answer is to show its thinking. Absent: the provider's default. */
  readonly shown?: boolean;
}

/** A chat request in no provider's dialect. Absent fields are left to the provider's default. */
export interface ChatRequest {
  /** At least one. */
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  /** Whether one answer may call several tools. Absent: the provider's default, which is yes. */
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  /** Upper limit of the answer, ≥ 1; the tier's own limit caps it. */
  readonly maxOutputTokens?: number;
  readonly reasoning?: ReasoningWish;
  /** The caller's own id of the end user, for the provider's watch against abuse. */
  readonly endUserId?: string;
  /**
   * Fields of the provider's own API, sent as they are. What they cost cannot be bounded, so under a blocking budget
   * they need the tier's fixed hold.
   */
  readonly extra?: Readonly<Record<string, unknown>>;
}
