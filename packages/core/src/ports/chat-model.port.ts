import type { ChatRequest } from "../calls/chat-request.ts";
import type { ChatEvent, ChatResult } from "../calls/chat-result.ts";
import type { CancelSignal } from "./cancel-signal.ts";

export interface SendOptions {
  /** The provider's own name of the model. */
  readonly model: string;
  /** Whether it is left to `extra` if the provider keeps the answer in its account; else it is told not to (R4). Default false. */
  readonly store?: boolean;
  /** Sent as `x-client-request-id`, so that the provider's records can be matched with ours. */
  readonly attemptId: string;
  /** Fires when the caller gave up or the deadline passed; the connection is closed then. */
  readonly signal: CancelSignal;
}

/**
 * One provider, through its official SDK. One call of `complete` or `stream` is one physical request: no retries, no
 * fallback, no cache, because every attempt is billed and is a ledger line.
 *
 * Usage is converted to disjoint token classes exactly once, here. `usage: null` means the provider reported none
 * (R6). A stream always asks for usage.
 *
 * `complete` resolves with the whole answer. `stream` resolves when the provider has accepted the request, with events
 * in order: `start` first, any `text`, `reasoning`, `refusal`, `tool-call` pieces, `usage` whenever a report arrives
 * (each replaces the one before), `end` last. A stream that breaks before its terminal event throws from the iterator.
 * Ending the iteration early closes the connection.
 *
 * Errors: `TenantryError` with `upstream` set, and code `upstream_error`, `upstream_timeout` (deadline) or `cancelled`
 * (the caller). Whatever the SDK throws is translated; messages hold no key. A redirect is a failure: it is not followed.
 * Concurrency: any number of requests at once.
 */
export interface ChatModel {
  /** The name used in `provider/model`. */
  readonly provider: string;
  complete(request: ChatRequest, options: SendOptions): Promise<ChatResult>;
  stream(request: ChatRequest, options: SendOptions): Promise<AsyncIterable<ChatEvent>>;
}
