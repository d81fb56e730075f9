import {
  type ChatRequest,
  chatRequestSize,
  completeWork,
  type Exchange,
  type ModelAlias,
  type ModelRef,
  type OpenOptions,
  type RelayEvent,
  type RelayRequest,
  relayWork,
  servesOperation,
  streamWork,
  TenantryError,
  type UpstreamFailure,
  type Work,
} from "@tenantry/core";
import { faultOfRequest } from "../protocols/fault-of-request.ts";
import type { AnswerFacts, JsonObject, Protocol, ReadCall } from "../protocols/protocol.ts";
import type { Providers } from "./ports.ts";
import { translatedStream, translatedWhole } from "./translated-events.ts";

export interface ProtocolCallOptions {
  readonly providers: Providers;
  /** What the caller speaks, in the words of `Relay.protocol`. */
  readonly protocol: string;
  /** How it is said to providers that speak something else; null where that cannot be. */
  readonly translation: Protocol | null;
  readonly request: RelayRequest;
  /** Of the tenant's tier. */
  readonly aliases: readonly ModelAlias[];
  /** Id and time of the answer; asked for when the first attempt is about to be made. */
  readonly facts: () => Pick<AnswerFacts, "id" | "createdAt">;
}

/** A call in the caller's protocol, read. */
export interface ProtocolCall {
  readonly model: string | null;
  readonly streamed: boolean;
  readonly userId: string | null;
  /** Its events are the caller's wire, whoever answers. */
  readonly work: Work<RelayEvent>;
  /** Throws `invalid_request` that names the field when this model could be asked in translation only and the call has none. */
  require(target: ModelRef): void;
}

/**
 * One work for a route of models that speak different protocols: a target of the caller's protocol gets the bytes, any
 * other a translation. Which it is, is decided for each attempt, so a fallback to another vendor still answers in the
 * caller's protocol.
 *
 * @throws TenantryError `invalid_request` that names the field.
 */
export function readProtocolCall(options: ProtocolCallOptions): ProtocolCall {
  const { providers, protocol, request } = options;
  const translate = lazily(() => translationOf(options));
  const able = providers.relays.filter(
    (one) => one.protocol === protocol && one.operations.includes(request.operation),
  );
  const [first] = able;
  if (first === undefined) return translatedOnly(options, translate());

  // Both read it; a relay reads a request once.
  const reading = first.read(request);
  const relayed = relayWork(able, protocol, request);
  const isTranslatable = (target: ModelRef): boolean =>
    options.translation !== null && providers.models.has(target.provider);
  const isFor = servesOperation(request.operation, reading.model, options.aliases);
  let lastError: TenantryError | null = null;
  const work: Work<RelayEvent> = {
    ...relayed,
    get messages() {
      return requestOf(translate)?.messages ?? [];
    },
    get tools() {
      return requestOf(translate)?.tools ?? [];
    },
    reaches: (target) => isFor(target) && (relayed.reaches(target) || isTranslatable(target)),
    async open(target, open) {
      try {
        if (relayed.reaches(target) || !isTranslatable(target)) return await relayed.open(target, open);
        return await translatedAttempt(translate, lastError)(target, open);
      } catch (error) {
        lastError = TenantryError.from(error);
        throw error;
      }
    },
  };
  return {
    model: reading.model,
    streamed: reading.streamed,
    userId: reading.userId,
    work,
    require(target) {
      if (relayed.reaches(target)) return;
      if (isTranslatable(target)) translate();
      else if (options.translation === null && providers.models.has(target.provider)) throw notServed(target, request);
    },
  };
}

type Open = (target: ModelRef, options: OpenOptions) => Promise<Exchange<RelayEvent>>;

interface Translation {
  readonly call: ReadCall;
  readonly model: string | null;
  readonly open: Open;
}

function translationOf({ translation, providers, request, facts }: ProtocolCallOptions): Translation {
  if (translation === null) throw TenantryError.invalidRequest("model", "no connected provider serves this route");
  const body = parseObject(request.body);
  const call = translation.read(body);
  const model = typeof body["model"] === "string" ? body["model"] : null;
  const factsFor = (target: ModelRef): AnswerFacts => ({ ...facts(), model: model ?? target.model, echo: call.echo });
  if (call.streamed) {
    const work = streamWork(providers.models, call.request);
    const open: Open = async (target, options) =>
      await translatedStream(await work.open(target, options), translation.openStream(factsFor(target), call));
    return { call, model, open: inCallersWords(call, open) };
  }
  const work = completeWork(providers.models, call.request);
  const open: Open = async (target, options) =>
    translatedWhole(await work.open(target, options), (result) => translation.result(result, factsFor(target)));
  return { call, model, open: inCallersWords(call, open) };
}

/** What an adapter finds wrong with a request, before anything is sent, is told by the field the caller wrote. */
function inCallersWords(call: ReadCall, open: Open): Open {
  return async (target, options) => {
    try {
      return await open(target, options);
    } catch (thrown) {
      const error = TenantryError.from(thrown);
      const [issue] = error.issues;
      if (error.code !== "invalid_request" || issue === undefined) throw thrown;
      const { message, param } = faultOfRequest(error, call);
      throw new TenantryError("invalid_request", message, {
        issues: [{ path: param ?? "", message: issue.message }],
        upstream: error.upstream ?? notSent(target),
        cause: thrown,
      });
    }
  };
}

function notSent({ provider }: ModelRef): UpstreamFailure {
  return {
    kind: "not-sent",
    provider,
    status: null,
    providerCode: null,
    requestId: null,
    retryAfterMs: null,
    fault: "caller",
    usage: null,
  };
}

function translatedOnly(options: ProtocolCallOptions, { call, model, open }: Translation): ProtocolCall {
  const { models } = options.providers;
  const isFor = servesOperation(options.request.operation, model, options.aliases);
  const { request } = call;
  const work: Work<RelayEvent> = {
    kind: "chat",
    streamed: call.streamed,
    size: chatRequestSize(request),
    temperature: request.temperature ?? null,
    topP: request.topP ?? null,
    messages: request.messages,
    tools: request.tools ?? [],
    reaches: (target) => isFor(target) && models.has(target.provider),
    open,
  };
  return { model, streamed: call.streamed, userId: call.userId, work, require: () => undefined };
}

/**
 * The fallback to a provider of another protocol. Where the call cannot be put into its words nothing is sent, and the
 * caller hears of the failure that led here and not of a model they did not ask for.
 */
function translatedAttempt(translate: () => Translation, before: TenantryError | null): Open {
  try {
    return translate().open;
  } catch (thrown) {
    if (before?.upstream === undefined || before.upstream === null) throw thrown;
    const { code, publicMessage, retryable, upstream } = before;
    throw new TenantryError(code, before.message, {
      publicMessage: `${publicMessage}; no other model could be asked: ${TenantryError.from(thrown).publicMessage}`,
      retryable,
      upstream: { ...upstream, kind: "not-sent", fault: "account", usage: null },
      cause: thrown,
    });
  }
}

/** For tracing, where a tier allows it. What cannot be translated is traced without its content. */
function requestOf(translate: () => Translation): ChatRequest | null {
  try {
    return translate().call.request;
  } catch {
    return null;
  }
}

function notServed(target: ModelRef, request: RelayRequest): TenantryError {
  return TenantryError.invalidRequest(
    "model",
    `${target.provider}/${target.model} does not serve ${request.operation}`,
  );
}

/** @throws TenantryError `invalid_request`. The parser's own words would quote the prompt. */
export function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw TenantryError.invalidRequest("body", "is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw TenantryError.invalidRequest("body", "must be a JSON object");
  }
  return value as JsonObject;
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}
