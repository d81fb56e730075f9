import { TenantryError } from "../errors/tenantry-error.ts";
import type { ChatModel } from "../ports/chat-model.port.ts";
import type { Exchange, OpenOptions, Reading } from "../ports/exchange.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { ChatEvent, ChatResult } from "./chat-result.ts";
import { foldSaid } from "./fold-said.ts";
import { chatRequestSize } from "./request-size.ts";
import { emptyReading, type Work } from "./work.ts";

/** Providers by the name used in `provider/model`. */
export type ChatModels = ReadonlyMap<string, ChatModel>;

/** A chat answered at once: a stream of one event, the whole result. */
export function completeWork(models: ChatModels, request: ChatRequest): Work<ChatResult> {
  return {
    ...describe(models, request, false),
    async open(target, options) {
      const result = await modelFor(models, target).complete(limited(request, options), {
        ...options,
        model: target.model,
      });
      const reading: Reading = {
        responseId: result.id,
        model: result.model,
        usage: result.usage,
        finishReason: result.finishReason,
        begun: true,
        written: () => writtenIn(result),
        said: () => ({ text: result.text + (result.refusal ?? ""), toolCalls: result.toolCalls }),
        ended: true,
      };
      return { events: one(result), reading, whole: [result] };
    },
  };
}

/** A chat answered piece by piece. */
export function streamWork(models: ChatModels, request: ChatRequest): Work<ChatEvent> {
  return {
    ...describe(models, request, true),
    async open(target, options): Promise<Exchange<ChatEvent>> {
      const stream = await modelFor(models, target).stream(limited(request, options), {
        ...options,
        model: target.model,
      });
      const reading = emptyReading();
      return { events: observed(stream, reading), reading };
    },
  };
}

function describe(models: ChatModels, request: ChatRequest, streamed: boolean): Omit<Work<never>, "open"> {
  if (request.messages.length === 0) throw TenantryError.invalidRequest("messages", "must hold at least one message");
  const limit = request.maxOutputTokens;
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
    throw TenantryError.invalidRequest("maxOutputTokens", `must be a whole number of at least 1, not ${String(limit)}`);
  }
  return {
    kind: "chat",
    streamed,
    size: chatRequestSize(request),
    temperature: request.temperature ?? null,
    topP: request.topP ?? null,
    messages: request.messages,
    tools: request.tools ?? [],
    reaches: (target) => models.has(target.provider),
  };
}

function modelFor(models: ChatModels, target: ModelRef): ChatModel {
  const model = models.get(target.provider);
  if (model !== undefined) return model;
  const known = [...models.keys()].join(", ") || "none";
  throw new TenantryError("upstream_error", `provider ${target.provider} is not connected; connected are ${known}`, {
    upstream: {
      kind: "not-sent",
      provider: target.provider,
      status: null,
      providerCode: null,
      requestId: null,
      retryAfterMs: null,
      fault: "account",
      usage: null,
    },
  });
}

function limited(request: ChatRequest, options: OpenOptions): ChatRequest {
  return { ...request, maxOutputTokens: options.maxOutputTokens };
}

function writtenIn(result: ChatResult): string {
  const calls = result.toolCalls.map((call) => call.name + call.argumentsJson);
  return [result.text, result.reasoning, result.refusal ?? "", ...calls].join("");
}

async function* one<Value>(value: Value): AsyncGenerator<Value> {
  yield value;
}

async function* observed(stream: AsyncIterable<ChatEvent>, reading: Reading): AsyncGenerator<ChatEvent> {
  const pieces: string[] = [];
  const said: ChatEvent[] = [];
  reading.written = () => pieces.join("");
  reading.said = () => foldSaid(said);
  for await (const event of stream) {
    read(event, reading, pieces);
    if (event.type === "text" || event.type === "refusal" || event.type === "tool-call") said.push(event);
    reading.begun = pieces.length > 0;
    yield event;
  }
}

function read(event: ChatEvent, reading: Reading, pieces: string[]): void {
  switch (event.type) {
    case "start":
      reading.responseId = event.id;
      reading.model = event.model;
      break;
    case "text":
    case "reasoning":
    case "refusal":
      pieces.push(event.text);
      break;
    case "reasoning-part":
      // The same thinking once more, as it is to be given back.
      break;
    case "tool-call":
      pieces.push((event.name ?? "") + event.argumentsJson);
      break;
    case "usage":
      reading.usage = event.usage;
      break;
    case "end":
      reading.finishReason = event.finishReason;
      reading.ended = true;
      break;
  }
}
