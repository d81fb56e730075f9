import type { Exchange, OpenOptions, Reading } from "../ports/exchange.ts";
import type { RequestSize } from "../ports/request-size.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { ChatMessage, ToolDefinition } from "./chat-request.ts";

/** Nothing is known yet. */
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
  /** The same. Absent where they are not known. */
  readonly tools?: readonly ToolDefinition[];
  /** Whether this provider is connected. */
  reaches(target: ModelRef): boolean;
  /** Resolves when the provider has begun to answer. Throws `TenantryError` with `upstream` otherwise. */
  open(target: ModelRef, options: OpenOptions): Promise<Exchange<Event>>;
}
