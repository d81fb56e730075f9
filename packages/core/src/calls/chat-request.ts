/** Text, or pieces of several kinds. */
export type ChatContent = string | readonly ContentPart[];

export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  /** Either a URL (https or data) or base64 with its media type. */
  | { readonly type: "image"; readonly url: string }
  | { readonly type: "image"; readonly base64: string; readonly mediaType: string };

/** A call of a tool the model asked for. `argumentsJson` is the model's text, not checked by us. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
}

export type ChatMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: ChatContent }
  | {
      readonly role: "assistant";
      readonly content: string;
      readonly toolCalls?: readonly ToolCall[];
    }
  | { readonly role: "tool"; readonly toolCallId: string; readonly content: string };

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | {
      readonly type: "json-schema";
      readonly name: string;
      readonly schema: Readonly<Record<string, unknown>>;
    };

/** A chat request in no provider's dialect. Absent fields are left to the provider's default. */
export interface ChatRequest {
  /** At least one. */
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly responseFormat?: ResponseFormat;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  /** Upper limit of the answer, ≥ 1; the tier's own limit caps it. */
  readonly maxOutputTokens?: number;
  /**
   * Fields of the provider's own API, sent as they are. What they cost cannot be bounded, so under a blocking budget
   * they need the tier's fixed hold.
   */
  readonly extra?: Readonly<Record<string, unknown>>;
}
