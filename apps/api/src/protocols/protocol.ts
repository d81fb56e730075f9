import type { ChatEvent, ChatRequest, ChatResult, LimitDetails } from "@tenantry/core";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A request of one protocol in no protocol's words. */
export interface ReadCall {
  readonly request: ChatRequest;
  readonly streamed: boolean;
  /** End-user id the body names, or null. */
  readonly userId: string | null;
  /** Whether the caller asked for usage in the stream; protocols that always report it say true. */
  readonly usageInStream: boolean;
  /** What the answer repeats of the request, for `AnswerFacts.echo`. Holds content: not for logs. */
  readonly echo: JsonObject;
  /** Where in the body a place of `request` comes from: `messages[1].content[0]`, `responseFormat`. */
  fieldOf(path: string): string;
}

/** What an answer says about itself. */
export interface AnswerFacts {
  /** Our call id, in the protocol's usual form of an answer's id. */
  readonly id: string;
  /** The name the caller used, or the route's model. */
  readonly model: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** `ReadCall.echo`; without it the answer repeats the protocol's defaults. */
  readonly echo?: JsonObject;
}

/** Everything an error envelope needs. */
export interface ErrorFacts {
  readonly status: number;
  /** Stable, from DESIGN: `rate_limited`, `budget_exceeded`, `invalid_request`, … */
  readonly code: string;
  readonly message: string;
  /** The field at fault, where one is. */
  readonly param: string | null;
  readonly requestId: string;
  /** Where a limit said no: which, and whether waiting helps. */
  readonly limit?: LimitDetails | null;
}

/** Turns events into the protocol's server-sent events; each `write` returns the frames' text, "" for none. */
export interface StreamWriter {
  write(event: ChatEvent): string;
  /** Frames that tell of a failure in the middle of a stream. */
  fail(error: ErrorFacts): string;
}

/** One chat protocol, both ways: what a caller writes, and what it reads. Pure functions. */
export interface Protocol {
  /** Equal to `Relay.protocol` of providers that speak it. */
  readonly name: string;
  /** Equal to one of `Relay.operations`. */
  readonly operation: string;
  /** Throws `invalid_request` that names the first field that cannot be translated, never drops one. */
  read(body: JsonObject): ReadCall;
  result(result: ChatResult, facts: AnswerFacts): JsonObject;
  openStream(facts: AnswerFacts, options: { readonly usageInStream: boolean }): StreamWriter;
  error(error: ErrorFacts): JsonObject;
}
