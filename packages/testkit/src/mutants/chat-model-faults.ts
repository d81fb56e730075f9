import {
  TenantryError,
  type ChatEvent,
  type ChatModel,
  type ChatRequest,
  type ChatResult,
  type SendOptions,
  type UpstreamFailure,
  type Usage,
} from "@tenantry/core";
import { referenceParts, type ReferenceInit, type ReferenceParts } from "./chat-model-reference.ts";

/** What a mutant does to the reference model: a part replaced inside, or a wrapper around it. */
export interface Fault {
  readonly parts?: Partial<ReferenceParts>;
  readonly wrap?: (model: ChatModel) => ChatModel;
}

type Changed<Value> = (value: Value) => Value;

export function changeResult(change: Changed<ChatResult>): Fault {
  return { wrap: (model) => ({ ...model, complete: async (...call) => change(await model.complete(...call)) }) };
}

/** Replaces each event of a stream by any number of others. */
export function changeEvents(change: () => (event: ChatEvent) => readonly ChatEvent[]): Fault {
  return rewriteStream(async function* (events) {
    const changeOne = change();
    for await (const event of events) yield* changeOne(event);
  });
}

type Rewrite = (events: AsyncIterable<ChatEvent>) => AsyncIterable<ChatEvent>;

export function rewriteStream(rewrite: Rewrite): Fault {
  return {
    wrap: (model) => ({ ...model, stream: async (...call) => closable(await model.stream(...call), rewrite) }),
  };
}

/** Generators alone do not hear `return` while they wait; that fault has a mutant of its own. */
function closable(events: AsyncIterable<ChatEvent>, rewrite: Rewrite): AsyncIterable<ChatEvent> {
  const inner = events[Symbol.asyncIterator]();
  const outer = rewrite({ [Symbol.asyncIterator]: () => inner })[Symbol.asyncIterator]();
  const close = async (): Promise<IteratorResult<ChatEvent>> => {
    await inner.return?.();
    await outer.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next: async () => await outer.next(), return: close }) };
}

/** The same change of usage in whole answers and in streams. */
export function changeUsage(change: Changed<Usage>): Fault {
  const convert: ReferenceParts["convertUsage"] = (wire) => {
    const usage = referenceParts.convertUsage(wire);
    return usage === null ? null : change(usage);
  };
  return { parts: { convertUsage: convert } };
}

/** The same change of the call before it is made. */
export function changeCall(
  change: (request: ChatRequest, options: SendOptions) => readonly [ChatRequest, SendOptions],
): Fault {
  return {
    wrap: (model) => ({
      ...model,
      complete: async (...call) => await model.complete(...change(...call)),
      stream: async (...call) => await model.stream(...change(...call)),
    }),
  };
}

export function changeRequest(change: Changed<ChatRequest>): Fault {
  return changeCall((request, options) => [change(request), options]);
}

/** Replaces what is thrown, by a whole answer, when a stream is opened and while it is read. */
export function changeFailure(change: (error: TenantryError) => unknown): Fault {
  const rethrow = (thrown: unknown): never => {
    throw TenantryError.is(thrown) ? change(thrown) : thrown;
  };
  async function* read(events: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent> {
    try {
      yield* events;
    } catch (error) {
      rethrow(error);
    }
  }
  return {
    wrap: (model) => ({
      ...model,
      complete: async (...call) => await model.complete(...call).catch(rethrow),
      stream: async (...call) => closable(await model.stream(...call).catch(rethrow), read),
    }),
  };
}

/** The same error with another story. */
export function retold(
  error: TenantryError,
  some: Partial<UpstreamFailure>,
  retryable: boolean = error.retryable,
  code: TenantryError["code"] = error.code,
): TenantryError {
  if (error.upstream === null) return error;
  const upstream = { ...error.upstream, ...some };
  const { retryAfterMs } = upstream;
  const wait = retryAfterMs === null ? {} : { retryAfterMs };
  return new TenantryError(code, error.message, { retryable, upstream, ...wait });
}

/** Another story for failures of some kinds. */
export function retell(
  when: (failure: UpstreamFailure) => boolean,
  some: Partial<UpstreamFailure>,
  retryable?: boolean,
): Fault {
  return changeFailure((error) =>
    error.upstream !== null && when(error.upstream) ? retold(error, some, retryable) : error,
  );
}

/** Changes what goes over the wire. */
export function changeFetch(change: (url: string, init: ReferenceInit) => readonly [string, ReferenceInit]): Fault {
  return { parts: { fetch: async (...request) => await referenceParts.fetch(...change(...request)) } };
}

export function changeBody(change: (body: Record<string, unknown>) => Record<string, unknown>): Fault {
  return changeFetch((url, init) => {
    const body = change(JSON.parse(init.body) as Record<string, unknown>);
    return [url, { ...init, body: JSON.stringify(body) }];
  });
}
