import type { ChatRequest } from "../calls/chat-request.ts";
import type { ChatEvent, ChatResult } from "../calls/chat-result.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { UpstreamFailure } from "../errors/upstream-failure.ts";
import type { CancelSignal } from "../ports/cancel-signal.ts";
import type { ChatModel, SendOptions } from "../ports/chat-model.port.ts";
import { usageOf } from "../pricing/usage.ts";

/** What the model does with one request. */
export type ChatStep = ChatAction & {
  /** Runs after the request was recorded and before anything comes back: the place to advance a clock. */
  readonly before?: () => void | Promise<void>;
};

export type ChatAction =
  | { readonly type: "answer"; readonly answer?: Partial<ChatResult> }
  /** Fails before any event. Default: kind `server-error`, status 500. */
  | { readonly type: "fail"; readonly failure?: Partial<UpstreamFailure> }
  /**
   * Fails in the middle: a stream after so many events, by default as `cut` with the usage delivered until then; a whole
   * answer as `reset`.
   */
  | {
      readonly type: "break";
      readonly afterEvents: number;
      readonly answer?: Partial<ChatResult>;
      readonly failure?: Partial<UpstreamFailure>;
    }
  /** Is silent until the signal fires; a stream delivers so many events first (default none). */
  | { readonly type: "hang"; readonly afterEvents?: number; readonly answer?: Partial<ChatResult> };

/** One request as it was sent. */
export interface SentChat {
  readonly way: "complete" | "stream";
  readonly request: ChatRequest;
  readonly model: string;
  readonly attemptId: string;
}

export interface ScriptedChatModel extends ChatModel {
  /** Every request so far, in order. */
  readonly sent: readonly SentChat[];
}

/**
 * A `ChatModel` that does what its script says: a step for each request (the last one repeats), or a function of the
 * request. It keeps the port's promises about order of events, signals and errors, and needs no network and no timer.
 *
 * An answer is "ok" by the model asked for, 100 tokens in and 20 out, unless the step says otherwise; its text is
 * streamed word by word.
 */
export function createScriptedChatModel(
  provider: string,
  script: readonly ChatStep[] | ((sent: SentChat, index: number) => ChatStep),
): ScriptedChatModel {
  const sent: SentChat[] = [];

  async function begin(way: SentChat["way"], request: ChatRequest, options: SendOptions): Promise<Begun> {
    const { model, attemptId, signal } = options;
    if (signal.aborted) throw interruption(provider, signal, "not-sent");
    const index = sent.length;
    const chat: SentChat = { way, request, model, attemptId };
    sent.push(chat);
    const step = typeof script === "function" ? script(chat, index) : (script[index] ?? script.at(-1));
    if (step === undefined) throw new TenantryError("internal", "the scripted chat model has an empty script");
    await unlessFired(provider, signal, Promise.resolve(step.before?.()));
    if (step.type === "fail") throw failureOf(provider, { kind: "server-error", status: 500, ...step.failure });
    return { step, answer: answerOf(step, model, index + 1) };
  }

  return {
    provider,
    sent,
    async complete(request, options) {
      const { step, answer } = await begin("complete", request, options);
      if (step.type === "break") throw failureOf(provider, { kind: "reset", ...step.failure });
      if (step.type === "hang") await silence(provider, options.signal);
      return answer;
    },
    async stream(request, options) {
      const { step, answer } = await begin("stream", request, options);
      return play(provider, step, eventsOf(answer), options.signal);
    },
  };
}

interface Begun {
  readonly step: ChatStep;
  readonly answer: ChatResult;
}

async function* play(
  provider: string,
  step: ChatStep,
  events: readonly ChatEvent[],
  signal: CancelSignal,
): AsyncGenerator<ChatEvent, void, undefined> {
  const until = step.type === "answer" || step.type === "fail" ? events.length : (step.afterEvents ?? 0);
  let usage: UpstreamFailure["usage"] = null;
  for (const event of events.slice(0, until)) {
    if (signal.aborted) throw interruption(provider, signal, null, usage);
    if (event.type === "usage") usage = event.usage;
    yield event;
  }
  if (step.type === "break") throw failureOf(provider, { kind: "cut", usage, ...step.failure });
  if (step.type === "hang") await silence(provider, signal, usage);
}

function answerOf(step: ChatStep, model: string, number: number): ChatResult {
  return {
    id: `answer-${number}`,
    model,
    text: "ok",
    reasoning: "",
    refusal: null,
    toolCalls: [],
    finishReason: "stop",
    usage: usageOf({ input: 100, output: 20 }),
    ...("answer" in step ? step.answer : {}),
  };
}

function eventsOf(answer: ChatResult): readonly ChatEvent[] {
  const { id, model, text, reasoning, refusal, toolCalls, usage, finishReason } = answer;
  const words = text.match(/\s*\S+\s*$|\s*\S+/g) ?? (text === "" ? [] : [text]);
  return [
    { type: "start", id, model },
    ...(reasoning === "" ? [] : [{ type: "reasoning" as const, text: reasoning }]),
    ...words.map((word) => ({ type: "text" as const, text: word })),
    ...(refusal === null ? [] : [{ type: "refusal" as const, text: refusal }]),
    ...toolCalls.map((call, index) => ({ type: "tool-call" as const, index, ...call })),
    ...(usage === null ? [] : [{ type: "usage" as const, usage }]),
    { type: "end", finishReason },
  ];
}

/** The outcome of the work, or the interruption if the signal fires first. */
async function unlessFired(provider: string, signal: CancelSignal, work: Promise<void>): Promise<void> {
  let listener = (): void => {};
  const fired = new Promise<never>((_resolve, reject) => {
    listener = () => reject(interruption(provider, signal));
    signal.addEventListener("abort", listener, { once: true });
    if (signal.aborted) listener();
  });
  try {
    await Promise.race([fired, work]);
  } finally {
    signal.removeEventListener("abort", listener);
  }
}

async function silence(provider: string, signal: CancelSignal, usage: UpstreamFailure["usage"] = null): Promise<never> {
  const never = new Promise<void>(() => {});
  await unlessFired(provider, signal, never).catch(() => undefined);
  throw interruption(provider, signal, null, usage);
}

/** A TenantryError `upstream_timeout` as reason is the deadline, all else the caller. */
function interruption(
  provider: string,
  signal: CancelSignal,
  kind: "not-sent" | null = null,
  usage: UpstreamFailure["usage"] = null,
): TenantryError {
  const late = TenantryError.is(signal.reason) && signal.reason.code === "upstream_timeout";
  return failureOf(
    provider,
    { kind: kind ?? (late ? "timeout" : "aborted"), fault: late ? "provider" : "caller", usage },
    late ? "upstream_timeout" : "cancelled",
  );
}

function failureOf(
  provider: string,
  some: Partial<UpstreamFailure>,
  code: TenantryError["code"] = "upstream_error",
): TenantryError {
  const upstream: UpstreamFailure = {
    kind: "server-error",
    provider,
    status: null,
    providerCode: null,
    requestId: null,
    retryAfterMs: null,
    fault: "provider",
    usage: null,
    ...some,
  };
  return new TenantryError(code, `${provider}: ${upstream.kind}`, {
    retryable: upstream.fault === "provider",
    upstream,
    ...(upstream.retryAfterMs === null ? {} : { retryAfterMs: upstream.retryAfterMs }),
  });
}
