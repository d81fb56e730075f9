import {
  chatRequestSize,
  createCancelSource,
  failureOfError,
  findModel,
  httpFailure,
  type HttpFailure,
  type ModelRef,
  type Policy,
  type RelayRequest,
  requestIds,
  TenantryError,
} from "@tenantry/core";
import { send, sendJson } from "../http/send.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { crossingHeaders } from "./caller-headers.ts";
import { type Incoming, refuse } from "./incoming.ts";
import type { DataPlanePorts } from "./ports.ts";
import { parseObject } from "./protocol-work.ts";
import { receiveBody } from "./receive-body.ts";

export interface CountRoute {
  readonly protocol: string;
  readonly operation: string;
  readonly translation: Protocol;
}

/**
 * How many tokens a request would be. Vendors do not bill it, so it is no call: no line, no slot of a tier's windows, no
 * place in a report. It needs a key, a model of the tier, and has a limit of its own.
 */
export async function countTokens(
  ports: DataPlanePorts,
  incoming: Incoming,
  route: CountRoute,
  limiter: MinuteLimiter,
): Promise<void> {
  const { req, who } = incoming;
  const body = await receiveBody(ports, incoming, false);
  if (body === null) return;
  const policy = body.tenant === null ? null : ports.tenantry.policyFor(body.tenant);
  if (policy === null) return refuse(incoming, httpFailure(401, "unauthenticated", "the tenant of this key is gone"));
  const waitMs = limiter.take(who.tenantId, ports.clock.monotonicMs());
  if (waitMs !== null) {
    const message = `token counts are limited to ${ports.options.tokenCountsPerMinute} a minute`;
    return refuse(incoming, httpFailure(429, "rate_limited", message, { retryAfterMs: waitMs }));
  }
  try {
    const request: RelayRequest = {
      operation: route.operation,
      body: body.text,
      headers: crossingHeaders(req.headers),
    };
    const failure = await answerCount(ports, incoming, route, request, policy);
    if (failure !== null) refuse(incoming, failure);
  } catch (error) {
    refuse(incoming, failureOfError(TenantryError.from(error)));
  }
}

async function answerCount(
  ports: DataPlanePorts,
  { res, source, who }: Incoming,
  route: CountRoute,
  request: RelayRequest,
  policy: Policy,
): Promise<HttpFailure | null> {
  const { providers, ids, tokens } = ports;
  const body = parseObject(request.body);
  const asked = typeof body["model"] === "string" ? body["model"] : null;
  const target = targetOf(policy, asked);
  if (target === null) {
    return httpFailure(403, "model_not_in_tier", `model ${asked} is not in tier ${policy.tierId}`, {
      param: "model",
      shouldRetry: false,
    });
  }
  const attemptId = ids.next("att");
  const headers = requestIds(attemptId);
  const relay = providers.relays.find(
    (one) =>
      one.provider === target.provider && one.protocol === route.protocol && one.operations.includes(route.operation),
  );
  if (relay === undefined) {
    // A limit of output is the one thing this request has not, and the translation wants.
    const { request: chat } = route.translation.read({ max_tokens: 1, ...body });
    const size = chatRequestSize(chat);
    const count = await tokens.count(target.model, size.text());
    sendJson(res, 200, headers, { input_tokens: count.tokens + onceTokens + perMessageTokens * chat.messages.length });
    return null;
  }
  relay.read(request);
  const limit = createCancelSource(source.signal);
  const timer = setTimeout(() => limit.cancel(lateCount), policy.timeoutMs);
  try {
    const { signal } = limit;
    const { model } = target;
    const options = { attemptId, tenantId: who.tenantId, store: policy.store, signal, model, maxOutputTokens: 1 };
    const { events } = await relay.open(request, options);
    let contentType = "application/json";
    const parts: Uint8Array[] = [];
    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      if (next.value.type === "head") contentType = next.value.headers["content-type"] ?? contentType;
      else parts.push(next.value.bytes);
    }
    send(res, 200, { ...headers, "content-type": contentType }, Buffer.concat(parts));
    return null;
  } finally {
    clearTimeout(timer);
    limit.dispose();
  }
}

/** What chat templates add as far as vendors document it. A hold takes more, for it must not be too small. */
const onceTokens = 3;
const perMessageTokens = 4;

const lateCount = new TenantryError("upstream_timeout", "the provider did not count in time");

function targetOf(policy: Policy, asked: string | null): ModelRef | null {
  return asked === null || asked === "default" ? (policy.route[0] ?? null) : findModel(policy, asked);
}

/** At most so many in any minute, in this process. */
export interface MinuteLimiter {
  /** Takes one; ms to wait where there is none left. `nowMs` is of a clock that nobody sets. */
  take(tenantId: string, nowMs: number): number | null;
}

const minuteMs = 60_000;

export function createMinuteLimiter(capacity: number): MinuteLimiter {
  const taken = new Map<string, number[]>();
  return {
    take(tenantId, nowMs) {
      const recent = (taken.get(tenantId) ?? []).filter((at) => at > nowMs - minuteMs);
      taken.set(tenantId, recent);
      if (recent.length >= capacity) return (recent[0] ?? nowMs) + minuteMs - nowMs;
      recent.push(nowMs);
      return null;
    },
  };
}
