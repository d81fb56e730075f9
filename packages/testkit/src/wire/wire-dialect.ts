import type { AnswerFacts, DialectAbilities, ErrorFacts, RequestFacts } from "./facts.ts";
import type { WireRequest } from "./wire-server.ts";

/** One server-sent event. */
export interface WireEvent {
  /** The `event:` field; none for most vendors. */
  readonly event?: string;
  /** The `data:` field, one line. */
  readonly data: string;
}

export interface WireError {
  readonly status: number;
  readonly body: unknown;
  /** What an adapter must report as `UpstreamFailure.providerCode`. */
  readonly code: string | null;
}

/**
 * How one vendor writes its answers and errors and how it reads requests. A dialect states formats only; faults of the
 * connection, framing, noise and timing are added by `writeScenario`, the same for every vendor. Written from the
 * vendor's documentation, never from the adapter it will judge.
 */
export interface WireDialect {
  readonly provider: string;
  /** The page that documents the format. */
  readonly vendorPage: string;
  /** Path below the origin that a client takes as its base URL: `/v1`, or "". No trailing slash. */
  readonly basePath: string;
  /** Where chat requests are expected, from the origin: `/v1/chat/completions`. */
  readonly chatPath: string;
  /** The header that carries the vendor's id of a request, lower case. */
  readonly requestIdHeader: string;
  readonly abilities: DialectAbilities;
  /** A whole answer, as the JSON value of the body. */
  answer(facts: AnswerFacts): unknown;
  /** The same answer as events. One event for each piece; the last is the terminal event. */
  events(facts: AnswerFacts): readonly WireEvent[];
  /** An error instead of an answer. `message` is final. */
  error(facts: ErrorFacts): WireError;
  /** An error in the middle of a stream. */
  errorEvent(facts: ErrorFacts): { readonly event: WireEvent; readonly code: string | null };
  /** An event of a kind that no client knows yet and every client must pass over. */
  readonly unknownEvent: WireEvent;
  readRequest(request: WireRequest): RequestFacts;
}
