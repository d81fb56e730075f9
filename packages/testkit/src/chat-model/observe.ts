import assert from "node:assert/strict";
import {
  TenantryError,
  type ChatEvent,
  type ChatModel,
  type ChatRequest,
  type ChatResult,
  type SendOptions,
  type UpstreamFailure,
} from "@tenantry/core";
import { ask, sendOptions } from "./subject.ts";

/** The two ways to ask; rules that hold for both run once in each. */
export const ways = ["complete", "stream"] as const;
export type Way = (typeof ways)[number];

/** What came of one call: the answer, or the error and what was delivered before it. */
export interface Observed {
  readonly events: readonly ChatEvent[];
  readonly result: ChatResult | null;
  readonly error: unknown;
}

/** Makes one call and waits for its end, at most two seconds. */
export async function observe(
  model: ChatModel,
  way: Way,
  request: ChatRequest = ask(),
  options: SendOptions = sendOptions(),
): Promise<Observed> {
  const events: ChatEvent[] = [];
  const call = async (): Promise<ChatResult> => {
    if (way === "complete") return await model.complete(request, options);
    for await (const event of await model.stream(request, options)) events.push(event);
    return foldChatEvents(events);
  };
  try {
    return { events, result: await soon(call(), `${way} to end`), error: null };
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return { events, result: null, error };
  }
}

/** The answer of a call that must succeed. */
export async function answered(
  model: ChatModel,
  way: Way,
  request?: ChatRequest,
  options?: SendOptions,
): Promise<ChatResult> {
  const { result, error } = await observe(model, way, request, options);
  if (result === null) throw error;
  return result;
}

export type UpstreamError = TenantryError & { readonly upstream: UpstreamFailure };

/** The error of a call that must fail, as the port promises it. */
export function failureOf(observed: Partial<Observed> & Pick<Observed, "error">): UpstreamError {
  const { error } = observed;
  assert(error !== null, "the call succeeded though it had to fail");
  assert(TenantryError.is(error), `threw ${String(error)}, which is no TenantryError`);
  assert(error.upstream !== null, `${error.code} has no upstream failure`);
  return error as UpstreamError;
}

/** Makes a call that must fail. */
export async function failed(
  model: ChatModel,
  way: Way,
  request?: ChatRequest,
  options?: SendOptions,
): Promise<UpstreamError> {
  return failureOf(await observe(model, way, request, options));
}

/** Fails when the promise takes longer than two seconds: nothing in a suite on loopback does. */
export async function soon<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `waited 2 s for ${what}` })), 2_000);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** The whole answer that a finished stream amounts to. */
export function foldChatEvents(events: readonly ChatEvent[]): ChatResult {
  const calls = new Map<number, { id: string; name: string; argumentsJson: string }>();
  let result: ChatResult = {
    id: "",
    model: "",
    text: "",
    reasoning: "",
    refusal: null,
    toolCalls: [],
    finishReason: "other",
    usage: null,
  };
  for (const event of events) {
    if (event.type === "start") result = { ...result, id: event.id, model: event.model };
    else if (event.type === "text") result = { ...result, text: result.text + event.text };
    else if (event.type === "reasoning") result = { ...result, reasoning: result.reasoning + event.text };
    else if (event.type === "reasoning-part") {
      result = { ...result, reasoningParts: [...(result.reasoningParts ?? []), event.part] };
    } else if (event.type === "refusal") result = { ...result, refusal: (result.refusal ?? "") + event.text };
    else if (event.type === "usage") result = { ...result, usage: event.usage };
    else if (event.type === "end") result = { ...result, finishReason: event.finishReason };
    else {
      const call = calls.get(event.index) ?? { id: "", name: "", argumentsJson: "" };
      calls.set(event.index, {
        id: event.id ?? call.id,
        name: event.name ?? call.name,
        argumentsJson: call.argumentsJson + event.argumentsJson,
      });
    }
  }
  const ordered = [...calls].toSorted(([a], [b]) => a - b).map(([, call]) => call);
  return { ...result, toolCalls: ordered };
}
