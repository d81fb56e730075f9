import type { Usage } from "../pricing/usage.ts";
import type { ReasoningPart, ToolCall } from "./chat-request.ts";

/** Why the model stopped. `length`: the output limit; `refusal`: it would not; `filtered`: the provider cut it. */
export type FinishReason = "stop" | "length" | "tool-calls" | "refusal" | "filtered" | "other";

/** A whole answer. */
export interface ChatResult {
  /** The provider's id of the answer. */
  readonly id: string;
  /** The model that answered, in the provider's own words; may differ from the one asked for. */
  readonly model: string;
  /** All text of the answer; "" when there is none. */
  readonly text: string;
  /** Thinking the provider showed; "" when there is none. */
  readonly reasoning: string;
  /** The same thinking as it has to be given back in the next turn; absent when the provider asks for none. */
  readonly reasoningParts?: readonly ReasoningPart[];
  /** The model's words of refusal, or null. */
  readonly refusal: string | null;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  /** Null when the provider reported none. */
  readonly usage: Usage | null;
}

/** A piece of a streamed answer. */
export type ChatEvent =
  | { readonly type: "start"; readonly id: string; readonly model: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  /** Ends a stretch of thinking, and is all there is of one that is not shown: what to give back in the next turn. */
  | { readonly type: "reasoning-part"; readonly part: ReasoningPart }
  | { readonly type: "refusal"; readonly text: string }
  /** The first piece of a tool call carries `id` and `name`; pieces with the same index belong together. */
  | {
      readonly type: "tool-call";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly argumentsJson: string;
    }
  /** The latest report; replaces the one before, is never added to it. Null takes back what was reported: it cannot be relied on. */
  | { readonly type: "usage"; readonly usage: Usage | null }
  | { readonly type: "end"; readonly finishReason: FinishReason };
