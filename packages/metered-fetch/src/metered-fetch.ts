import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, httpFailure, type Relay, type Tenantry } from "@tenantry/core";
import type { CallScope } from "./call-scope.ts";
import { makeCall } from "./make-call.ts";
import { refusal } from "./refusal.ts";
import { addressOf, type BaseUrls, createRoutes } from "./routes.ts";

/** The platform's `fetch`, as clients take it. */
export type Fetch = typeof globalThis.fetch;

export interface MeteredFetchOptions {
  /** Addresses at which clients are pointed, as they take them, beside the vendors' own. */
  readonly baseUrls?: BaseUrls;
}

export interface MeteredFetchPorts {
  readonly tenantry: Pick<Tenantry, "meter" | "policyOf">;
  /** Who answers. Addresses and credentials of providers are theirs, not the client's. */
  readonly relays: readonly Relay[];
  readonly clock: Pick<Clock, "now">;
}

/** A `fetch` for clients of OpenAI and Anthropic, every call of which is a metered call of a tenant. */
export interface MeteredFetch {
  /** For clients that are shared: calls are those of the `run` they are made in. Outside of any, nothing is sent. */
  readonly fetch: Fetch;
  /** For a client of its own: every call is made for this scope. */
  for(scope: CallScope): Fetch;
  /** Everything `work` calls through `fetch`, now and in what it awaits, is for this scope. */
  run<Result>(scope: CallScope, work: () => Result): Result;
}

/**
 * Answers come whole or piece by piece as the provider writes them; refusals and failures come as the vendor's own error
 * responses. A request that is not metered is refused (`unmetered_route`): no path leads past the ledger.
 *
 * Rejects as `fetch` does: with the signal's reason when the caller gave up, with a `TypeError` for what is no request.
 *
 * @throws TenantryError `invalid_configuration` with every base address that is none.
 */
export function createMeteredFetch(options: MeteredFetchOptions, ports: MeteredFetchPorts): MeteredFetch {
  const routes = createRoutes(options.baseUrls ?? {});
  const scopes = new AsyncLocalStorage<CallScope>();

  const send = async (scope: CallScope | null, ...[input, init]: Parameters<Fetch>): Promise<Response> => {
    const request = new Request(input, init);
    // A request follows its signal through a weak reference; the signal itself does not get lost.
    const signal = init?.signal ?? request.signal;
    signal.throwIfAborted();
    const url = new URL(request.url);
    const route = routes.find(request.method, url);
    if (route === null) return refuseUnmetered(request, url);
    if (scope === null) return refusal(route.protocol, outsideOfScope);
    return await makeCall(ports, { scope, route, signal, headers: request.headers, body: await request.text() });
  };

  const refuseUnmetered = (request: Request, url: URL): Response => {
    const message = `${request.method} ${addressOf(url)} is not metered here, so it is not sent`;
    const failure = httpFailure(403, "unmetered_route", message, { shouldRetry: false });
    return refusal(routes.protocolFor(url, request.headers), failure);
  };

  return {
    fetch: async (input, init) => await send(scopes.getStore() ?? null, input, init),
    for: (scope) => async (input, init) => await send(scope, input, init),
    run: (scope, work) => scopes.run(scope, work),
  };
}

const outsideOfScope = httpFailure(401, "unauthenticated", "a call outside of any tenant's scope; make it within run", {
  shouldRetry: false,
});
