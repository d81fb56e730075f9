import type { ToolCall } from "../calls/chat-request.ts";
import type { Usage } from "../pricing/usage.ts";
import type { CancelSignal } from "./cancel-signal.ts";

/** What one physical request is sent with. */
export interface OpenOptions {
  readonly attemptId: string;
  /** Whose call it is: names that mean something in the provider's account are kept apart by it (R4). */
  readonly tenantId: string;
  /** Whether it is left to the request if the provider keeps the answer in its account; else it is told not to (R4). */
  readonly store: boolean;
  readonly signal: CancelSignal;
  /** Output limit to send; makes the hold an upper bound. */
  readonly maxOutputTokens: number;
}

/** What an answer says to who asked: neither its thinking nor anything of the wire. */
export interface SaidAnswer {
  /** Words of refusal included; "" when there are none. */
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
}

/** What is known about an answer so far. Who speaks to the provider fills it in; the use case reads it. */
export interface Reading {
  /** The provider's id of the answer. */
  responseId: string | null;
  /** The answering model, in the provider's words. */
  model: string | null;
  /** The latest usage report; null when there was none. */
  usage: Usage | null;
  finishReason: string | null;
  /** True once the model has written something: the first token. */
  begun: boolean;
  /** Everything the model wrote so far, for counting where usage is missing. Asked for rarely, so it may be put together then. */
  written: () => string;
  /** What of it is said to the caller, for tracing. Absent where that is not told apart. */
  said?: () => SaidAnswer;
  /** True once the answer is complete: the event that completes it is only given on when the line is durable. */
  ended: boolean;
}

/** An answer that has begun. A whole answer is a stream of one event. */
export interface Exchange<Event> {
  readonly events: AsyncIterator<Event>;
  readonly reading: Reading;
  /** All that `events` would give, where the whole answer is here: who takes these need not wait for them one by one. */
  readonly whole?: readonly Event[];
}
