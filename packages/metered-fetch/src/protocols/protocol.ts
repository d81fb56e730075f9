import type { HttpFailure, LimitDetails } from "@tenantry/core";

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a client is told of a call that gets no answer. */
export interface FailureFacts extends Pick<HttpFailure, "status" | "code" | "message" | "param"> {
  readonly requestId: string;
  /** Where a limit said no: which, and whether waiting helps. */
  readonly limit?: LimitDetails | null;
}

/** A vendor's HTTP interface, as far as its calls are metered. */
export interface Protocol {
  /** In the words of `Relay.protocol`. */
  readonly name: string;
  /** What the vendor's own client takes as its base address when it is told nothing. */
  readonly baseUrl: string;
  /** Paths below the base address → the words of `Relay.operations`. All are POST. */
  readonly operations: Readonly<Record<string, string>>;
  /** Headers of a request that mean something to the vendor, lower case. No credentials, cookies or account ids. */
  readonly crossing: readonly string[];
  /** The vendor's envelope of a failure, by which its client chooses the error class. */
  failureBody(facts: FailureFacts): JsonObject;
  /** The same in the middle of a stream: the data of an event, and its name where the operation names its events. */
  failureEvent(operation: string, facts: FailureFacts): { readonly name: string | null; readonly data: JsonObject };
}
