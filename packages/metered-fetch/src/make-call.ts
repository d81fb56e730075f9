import {
  answerHeaders,
  askedTarget,
  type CallInput,
  deniedRateHeaders,
  failureOfDenial,
  failureOfError,
  formatModelRef,
  type Metered,
  type Policy,
  type Relay,
  type RelayEvent,
  type RelayRequest,
  relayWork,
  servesOperation,
  TenantryError,
  type Work,
} from "@tenantry/core";
import { type CallScope, narrowScope } from "./call-scope.ts";
import { streamedAnswer, wholeAnswer } from "./answer.ts";
import type { MeteredFetchPorts } from "./metered-fetch.ts";
import { refusal } from "./refusal.ts";
import type { Route } from "./routes.ts";

/** One request of a client. */
export interface ClientRequest {
  readonly scope: CallScope;
  readonly route: Route;
  readonly signal: AbortSignal;
  readonly headers: Headers;
  readonly body: string;
}

/** A request → the one way a call is made → the response its client expects. Rejects only when the caller gave up. */
export async function makeCall(ports: MeteredFetchPorts, request: ClientRequest): Promise<Response> {
  const { scope, route, signal } = request;
  try {
    const policy = await ports.tenantry.policyOf(scope.tenantId);
    const { work, userId, model } = readRequest(ports.relays, policy, request);
    const input: CallInput = {
      ...narrowScope(scope, request.headers, userId),
      ...(model === null || model === "" ? {} : { model }),
      operation: route.operation,
      signal,
    };
    const metered = await ports.tenantry.meter(input, work);
    return await respond(ports, request, policy, work, metered);
  } catch (thrown) {
    signal.throwIfAborted();
    return refusal(route.protocol, failureOfError(TenantryError.from(thrown)));
  }
}

interface ReadRequest {
  readonly model: string | null;
  /** End user the body names, or null. */
  readonly userId: string | null;
  readonly work: Work<RelayEvent>;
}

/** @throws TenantryError `invalid_request` that names the field. */
function readRequest(
  relays: readonly Relay[],
  policy: Policy | null,
  { route: { protocol, operation }, headers, body }: ClientRequest,
): ReadRequest {
  const asked: RelayRequest = { operation, body, headers: crossingHeaders(protocol.crossing, headers) };
  const relayed = relayWork(relays, protocol.name, asked);
  // Any of them reads it the same way, and none reads a request twice.
  const able = relays.find((relay) => relay.protocol === protocol.name && relay.operations.includes(operation));
  const { model, userId } = (able as Relay).read(asked);
  const isFor = servesOperation(operation, model, policy?.aliases);
  const work: Work<RelayEvent> = { ...relayed, reaches: (target) => isFor(target) && relayed.reaches(target) };
  const target = askedTarget(policy, model, work);
  if (target !== null && !relayed.reaches(target)) {
    throw TenantryError.invalidRequest(
      "model",
      `${formatModelRef(target)} is not served to clients of ${protocol.name}; ask for it through its own vendor's client`,
    );
  }
  return { model, userId, work };
}

function crossingHeaders(names: readonly string[], headers: Headers): Record<string, string> {
  const crossed: Record<string, string> = {};
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) crossed[name] = value;
  }
  return crossed;
}

async function respond(
  ports: MeteredFetchPorts,
  { route, signal }: ClientRequest,
  policy: Policy | null,
  work: Work<RelayEvent>,
  metered: Metered<RelayEvent>,
): Promise<Response> {
  const { protocol, operation } = route;
  const { callId } = metered;
  switch (metered.kind) {
    case "denied": {
      const headers = deniedRateHeaders(metered.denial, policy, ports.clock.now());
      return refusal(protocol, failureOfDenial(metered.denial, policy), { callId, headers });
    }
    case "failed": {
      signal.throwIfAborted();
      const { model, attempts } = metered.ended.record;
      const headers = { "x-tenantry-model": formatModelRef(model), "x-tenantry-attempts": String(attempts) };
      return refusal(protocol, failureOfError(metered.error, metered.denial, policy), { callId, headers });
    }
    case "answering": {
      const answer = {
        metered,
        protocol,
        operation,
        signal,
        headersFor: (provider: Readonly<Record<string, string>>) => answerHeaders(metered, provider, ports.clock.now()),
      };
      return work.streamed ? await streamedAnswer(answer) : await wholeAnswer(answer, policy?.showCost ?? false);
    }
  }
}
