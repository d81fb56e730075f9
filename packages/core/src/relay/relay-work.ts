import { TenantryError } from "../errors/tenantry-error.ts";
import type { Relay, RelayEvent, RelayRequest } from "../ports/relay.port.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Work } from "../calls/work.ts";

/** What telemetry calls the operations; any other goes by its own name. */
const kinds: Readonly<Record<string, string>> = {
  "chat-completions": "chat",
  messages: "chat",
  responses: "response",
  embeddings: "embedding",
};

/**
 * A request in a provider's own protocol, to be passed through whole. It reaches only providers whose relay speaks the
 * protocol and serves the operation. The request's content is not among the work's `messages`; who has read it may
 * add them.
 *
 * @throws TenantryError `invalid_request` that names the field, `upstream_error` when no relay speaks the protocol.
 */
export function relayWork(relays: readonly Relay[], protocol: string, request: RelayRequest): Work<RelayEvent> {
  const able = new Map<string, Relay>();
  for (const relay of relays) {
    if (relay.protocol === protocol && relay.operations.includes(request.operation)) able.set(relay.provider, relay);
  }
  const [first] = able.values();
  if (first === undefined)
    throw notConnected(`no provider for ${protocol} ${request.operation} is connected`, protocol);
  // The protocol says what a body means, so any of its relays reads it the same way.
  const reading = first.read(request);
  return {
    kind: kinds[request.operation] ?? request.operation,
    streamed: reading.streamed,
    size: reading.size,
    temperature: reading.temperature,
    topP: reading.topP,
    messages: [],
    reaches: (target) => able.has(target.provider),
    open: async (target, options) => await relayFor(able, target).open(request, { ...options, model: target.model }),
  };
}

function relayFor(able: ReadonlyMap<string, Relay>, target: ModelRef): Relay {
  const relay = able.get(target.provider);
  if (relay !== undefined) return relay;
  const known = [...able.keys()].join(", ");
  throw notConnected(
    `provider ${target.provider} does not serve this request; connected are ${known}`,
    target.provider,
  );
}

function notConnected(message: string, provider: string): TenantryError {
  const upstream = {
    kind: "not-sent",
    provider,
    status: null,
    providerCode: null,
    requestId: null,
    retryAfterMs: null,
    fault: "account",
    usage: null,
  } as const;
  return new TenantryError("upstream_error", message, { upstream });
}
