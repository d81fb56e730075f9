import {
  tokensProblem,
  type CancelSignal,
  type ChatEvent,
  type ChatModel,
  type ChatRequest,
  type ChatResult,
  type FinishReason,
  type SendOptions,
  type Usage,
} from "@tenantry/core";
import type { ReferenceUsage } from "./chat-model-reference-dialect.ts";
import { referenceErrorEvent, referenceFailure, referenceRefusal, type Stage } from "./chat-model-reference-errors.ts";
import { toReferenceBody } from "./chat-model-reference-request.ts";

/** What a mutant may replace inside the reference model. */
export interface ReferenceParts {
  fetch(url: string, init: ReferenceInit): Promise<Response>;
  convertUsage(usage: ReferenceUsage | undefined): Usage | null;
  /** Bytes to the data of events. */
  decode(body: AsyncIterable<Uint8Array>): AsyncIterable<string>;
  parse(text: string): unknown;
}

export interface ReferenceInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

interface Exchange {
  response: Response | null;
  usage: Usage | null;
  stage: Stage;
  ended: boolean;
}

export const referenceParts: ReferenceParts = {
  fetch: async (url, init) => await fetch(url, { ...init, redirect: "manual" }),
  convertUsage: convertReferenceUsage,
  decode: decodeEvents,
  parse: (text) => JSON.parse(text) as unknown,
};

const apiKey = "reference-key-0123456789";

/** A `ChatModel` on plain `fetch` for the made-up vendor of `referenceDialect`. It keeps every rule of the contract. */
export function createReferenceChatModel(baseUrl: string, some: Partial<ReferenceParts> = {}): ChatModel {
  const parts = { ...referenceParts, ...some };
  const url = `${baseUrl.replace(/\/$/, "")}/chat`;

  async function send(
    request: ChatRequest,
    options: SendOptions,
    exchange: Exchange,
    link: Link,
    stream: boolean,
  ): Promise<Response> {
    const body = JSON.stringify(toReferenceBody(request, options.model, stream));
    if (options.signal.aborted) throw referenceFailure(options.signal.reason, exchange, options.signal);
    exchange.stage = "sending";
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${apiKey}`,
      "x-client-request-id": options.attemptId,
    };
    const response = await parts.fetch(url, { method: "POST", headers, body, signal: link.controller.signal });
    exchange.response = response;
    exchange.stage = "reading";
    if (!response.ok) throw referenceRefusal(response, await response.text(), apiKey);
    return response;
  }

  async function* read(
    response: Response,
    exchange: Exchange,
    options: SendOptions,
    link: Link,
  ): AsyncGenerator<ChatEvent> {
    try {
      for await (const data of parts.decode(response.body ?? new ReadableStream())) {
        for (const event of toEvents(parts.parse(data) as WireEventBody, parts, exchange)) yield event;
        exchange.stage = "streaming";
      }
      if (!exchange.ended) throw new Error("the stream ended early");
    } catch (error) {
      if (link.left && !options.signal.aborted) return;
      throw referenceFailure(error, exchange, options.signal);
    } finally {
      link.release();
      if (!exchange.ended) link.controller.abort();
    }
  }

  return {
    provider: "reference",
    async complete(request, options) {
      const exchange: Exchange = { response: null, usage: null, stage: "before", ended: false };
      const link = linkSignal(options.signal);
      try {
        const response = await send(request, options, exchange, link, false);
        const text = await response.text();
        return toResult(parts.parse(text) as WireAnswer, parts);
      } catch (error) {
        throw referenceFailure(error, exchange, options.signal);
      } finally {
        link.release();
      }
    },
    async stream(request, options) {
      const exchange: Exchange = { response: null, usage: null, stage: "before", ended: false };
      const link = linkSignal(options.signal);
      try {
        return closable(read(await send(request, options, exchange, link, true), exchange, options, link), link);
      } catch (error) {
        link.release();
        throw referenceFailure(error, exchange, options.signal);
      }
    },
  };
}

interface Link {
  readonly controller: AbortController;
  /** Whether the reader has left. */
  left: boolean;
  release(): void;
}

/** A generator alone does not hear `return` before its first event and while it waits. */
function closable(events: AsyncGenerator<ChatEvent>, link: Link): AsyncIterable<ChatEvent> {
  const leave = async (): Promise<IteratorResult<ChatEvent>> => {
    link.left = true;
    link.controller.abort();
    link.release();
    return await events.return(undefined);
  };
  return { [Symbol.asyncIterator]: () => ({ next: async () => await events.next(), return: leave }) };
}

function linkSignal(signal: CancelSignal): Link {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  return { controller, left: false, release: () => signal.removeEventListener("abort", onAbort) };
}

interface WireAnswer {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly thinking: string;
  readonly refusal: string | null;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly stop: FinishReason;
  readonly usage?: ReferenceUsage;
}

type WireEventBody =
  | { readonly kind: "open"; readonly id: string; readonly model: string; readonly usage?: ReferenceUsage }
  | { readonly kind: "text" | "thinking" | "refusal"; readonly text: string }
  | {
      readonly kind: "call";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly arguments: string;
    }
  | { readonly kind: "count"; readonly usage: ReferenceUsage }
  | { readonly kind: "close"; readonly stop: FinishReason }
  | { readonly kind: "error"; readonly error: { readonly code: string; readonly message: string } };

function toResult(answer: WireAnswer, parts: ReferenceParts): ChatResult {
  const { id, model, text, thinking, refusal, calls, stop } = answer;
  if (typeof id !== "string" || typeof text !== "string") throw new SyntaxError("not an answer");
  const toolCalls = calls.map((call) => ({ id: call.id, name: call.name, argumentsJson: call.arguments }));
  const usage = parts.convertUsage(answer.usage);
  return { id, model, text, reasoning: thinking, refusal, toolCalls, finishReason: stop, usage };
}

function toEvents(body: WireEventBody, parts: ReferenceParts, exchange: Exchange): ChatEvent[] {
  const reports: ChatEvent[] = [];
  if ("usage" in body && body.usage !== undefined) {
    const usage = parts.convertUsage(body.usage);
    if (usage !== null || exchange.usage !== null) reports.push({ type: "usage", usage });
    exchange.usage = usage;
  }
  switch (body.kind) {
    case "open":
      return [{ type: "start", id: body.id, model: body.model }, ...reports];
    case "text":
    case "refusal":
      return [{ type: body.kind, text: body.text }];
    case "thinking":
      return [{ type: "reasoning", text: body.text }];
    case "call": {
      const { kind: _kind, arguments: argumentsJson, index, id, name } = body;
      const named = id === undefined || name === undefined ? {} : { id, name };
      return [{ type: "tool-call", index, ...named, argumentsJson }];
    }
    case "close":
      exchange.ended = true;
      return [{ type: "end", finishReason: body.stop }];
    case "count":
      return reports;
    case "error":
      throw referenceErrorEvent(body.error, exchange.response?.headers ?? null, exchange.usage);
    default:
      return [];
  }
}

/** As the made-up vendor counts, in disjoint classes. */
export function convertReferenceUsage(usage: ReferenceUsage | undefined): Usage | null {
  if (usage === undefined) return null;
  const { read, read_cached, kept_5m, kept_1h, read_audio, wrote, wrote_thinking, wrote_audio } = usage;
  const tokens = {
    input: read - read_cached - kept_5m - kept_1h - read_audio,
    cacheRead: read_cached,
    cacheWrite5m: kept_5m,
    cacheWrite1h: kept_1h,
    audioInput: read_audio,
    output: wrote - wrote_thinking - wrote_audio,
    reasoning: wrote_thinking,
    audioOutput: wrote_audio,
  };
  return tokensProblem(tokens) === null ? { tokens, fees: {}, serviceTier: usage.tier } : null;
}

async function* decodeEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data: ")) yield line.slice(6).trimEnd();
  }
  if (rest.startsWith("data: ")) throw new Error("cut in the middle of an event");
}
