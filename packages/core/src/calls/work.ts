import type { CancelSignal } from "../ports/cancel-signal.ts";
import type { Usage } from "../pricing/usage.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { ChatMessage } from "./chat-request.ts";
import type { RequestSize } from "./request-size.ts";

/** What is known about an answer so far. The work fills it in; the use case reads it. */
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
  /** True once the answer is complete: the event that completes it is only given on when the line is durable. */
  ended: boolean;
}

export function emptyReading(): Reading {
  return {
    responseId: null,
    model: null,
    usage: null,
    finishReason: null,
    begun: false,
    written: () => "",
    ended: false,
  };
}

/** An answer that has begun. A whole answer is a stream of one event. */
export interface Exchange<Event> {
  readonly events: AsyncIterator<Event>;
  readonly reading: Reading;
}

export interface OpenOptions {
  readonly attemptId: string;
  readonly signal: CancelSignal;
  /** Output limit to send; makes the hold an upper bound. */
  readonly maxOutputTokens: number;
}

/**
 * What a call is about, in any protocol: one `open` is one physical request to a provider. The use case decides when,
 * how often and to whom; the work only speaks to the provider.
 */
export interface Work<Event> {
  /** `chat`, `embedding`, `response`: the kind of request, for telemetry. */
  readonly kind: string;
  readonly streamed: boolean;
  /** Upper bound of what the request makes a provider read and write. */
  readonly size: RequestSize;
  readonly temperature: number | null;
  readonly topP: number | null;
  /** For telemetry where the tier allows content. */
  readonly messages: readonly ChatMessage[];
  /** Whether this provider is connected. */
  reaches(target: ModelRef): boolean;
  /** Resolves when the provider has begun to answer. Throws `TenantryError` with `upstream` otherwise. */
  open(target: ModelRef, options: OpenOptions): Promise<Exchange<Event>>;
}
