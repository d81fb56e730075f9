import type { Exchange, OpenOptions } from "./exchange.ts";
import type { RequestSize } from "./request-size.ts";

/** A request in a provider's own protocol. */
export interface RelayRequest {
  /** Which of the protocol's operations: `chat-completions`, `responses`, `embeddings`, `messages`, `count-tokens`. */
  readonly operation: string;
  /** The JSON text as the caller sent it. The relay changes only the members it has to (see `Relay`). */
  readonly body: string;
  /** Headers of the caller, lower-case names. Only those cross that say which version of the protocol is spoken. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a provider answers: its head first, then bytes as they come. */
export type RelayEvent =
  | {
      readonly type: "head";
      /** Always 2xx: other statuses are failures. */
      readonly status: number;
      /** Headers that may cross back, lower-case names; no cookies, no hop-by-hop, no upstream rate limits or account ids. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly type: "bytes"; readonly bytes: Uint8Array };

export interface RelayOptions extends OpenOptions {
  /** The provider's own name of the model. */
  readonly model: string;
}

/** What the relay says about a request before it is sent. */
export interface RelayReading {
  /** `model` of the body, or null when it has none. */
  readonly model: string | null;
  readonly streamed: boolean;
  /** Upper bound of what it makes the provider do. */
  readonly size: RequestSize;
  readonly temperature: number | null;
  readonly topP: number | null;
  /** End-user id in the body (`user`, `metadata.user_id`), or null. */
  readonly userId: string | null;
}

/**
 * One provider, in its own protocol: the body passes through whole and bytes come back as the provider sent them.
 *
 * Of the body it changes these members and no others, and all other text stays to the character: `model` (the route's),
 * the output limit (the lower of the caller's and the tier's), usage reporting of streams (on), whatever makes the
 * provider keep answers in the account that all tenants share (off, unless `RelayOptions.store` leaves it to the caller), and
 * names the caller chose that mean something in that account (a cache's key, an end user's identity for the provider): these
 * are replaced by a digest of the tenant and the name, so that no two tenants share one (R4). When usage reporting was switched on by us, the extra chunk and its null fields are taken out of the stream; all other bytes
 * equal the provider's. Usage, model, response id and the terminal event are observed on the side.
 *
 * A stream's terminal event is a piece of its own, and `Reading.ended` is set with it. What comes behind it, up to 4 KiB,
 * is given on too. An error event is a failure and is not given on. What is broken inside an event passes as it is.
 *
 * Same credentials, usage conversion, error classes and promises as the provider's `ChatModel`. Nothing is retried here.
 */
export interface Relay {
  /** The name used in `provider/model`. */
  readonly provider: string;
  /** The protocol it speaks: equal to the protocol of the routes it can serve. */
  readonly protocol: string;
  /** Operations it can serve. */
  readonly operations: readonly string[];
  /** Reads a request. Throws `invalid_request` that names the field. */
  read(request: RelayRequest): RelayReading;
  /** One physical request. Resolves when the provider has begun to answer with 2xx; throws `TenantryError` with `upstream` otherwise. */
  open(request: RelayRequest, options: RelayOptions): Promise<Exchange<RelayEvent>>;
}
