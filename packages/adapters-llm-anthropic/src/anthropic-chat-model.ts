import Anthropic, { type APIPromise } from "@anthropic-ai/sdk";
import type { Stream } from "@anthropic-ai/sdk/streaming";
import type { ChatEvent, ChatModel, ChatRequest, ChatResult, SendOptions } from "@tenantry/core";
import { beginAttempt, type Attempt } from "./attempt.ts";
import { carryFailures } from "./connection-failure.ts";
import { fromAnthropicResponse } from "./from-anthropic-response.ts";
import { isJsonObject, type JsonObject } from "./json-object.ts";
import { resolveAnthropicOptions, type AnthropicChatModelOptions, type ResolvedAnthropicOptions } from "./options.ts";
import { readAnthropicStream } from "./read-anthropic-stream.ts";
import { secretsOf } from "./secrets.ts";
import { toAnthropicRequest } from "./to-anthropic-request.ts";
import {
  translateAnthropicErrorEvent,
  type AnthropicErrorAnswer,
  type ErrorContext,
} from "./translate-anthropic-error.ts";
import { brokenExchange, interruption, translateSdkFailure } from "./translate-sdk-failure.ts";

/**
 * Anthropic's Messages API, or any server that speaks it, through the official SDK. The SDK's retries, spans, trace
 * headers and log are off: attempts are ours to count, and nothing of a tenant's context leaves but the request.
 *
 * @throws TenantryError `invalid_configuration` with every problem of the options.
 */
export function createAnthropicChatModel(options: AnthropicChatModelOptions): ChatModel {
  const settings = resolveAnthropicOptions(options);
  const context: ErrorContext = { provider: settings.provider, secrets: secretsOf(settings) };
  const client = createClient(settings);

  /** Unlike `client.messages.create`, this does not print warnings about old models past the log level. */
  function post<Answer>(body: JsonObject, send: SendOptions, { connection, streamed }: Attempt): APIPromise<Answer> {
    const headers = headersOf(settings, send);
    return client.post<Answer>("/v1/messages", { body, headers, stream: streamed, signal: connection.signal });
  }

  async function complete(request: ChatRequest, send: SendOptions): Promise<ChatResult> {
    const body = toAnthropicRequest(request, send.model);
    const attempt = beginAttempt(send.signal, false);
    try {
      if (send.signal.aborted) throw interruption(attempt, context, false);
      const sent = post<unknown>(body, send, attempt);
      const answer = (attempt.answer = await sent.asResponse());
      return readAnswer(await sent, answer, attempt, context);
    } catch (error) {
      throw translateSdkFailure(error, attempt, context);
    } finally {
      attempt.release();
    }
  }

  async function stream(request: ChatRequest, send: SendOptions): Promise<AsyncIterable<ChatEvent>> {
    const body = { ...toAnthropicRequest(request, send.model), stream: true };
    const attempt = beginAttempt(send.signal, true);
    try {
      if (send.signal.aborted) throw interruption(attempt, context, false);
      const sent = post<Stream<unknown>>(body, send, attempt);
      const answer = (attempt.answer = await sent.asResponse());
      if (!isEventStream(answer)) throw brokenExchange("malformed", attempt, context);
      return readAnthropicStream(await sent, attempt, context);
    } catch (error) {
      attempt.release();
      attempt.connection.abort();
      throw translateSdkFailure(error, attempt, context);
    }
  }

  return { provider: settings.provider, complete, stream };
}

function createClient({ apiKey, baseUrl, timeoutMs, fetch }: ResolvedAnthropicOptions): Anthropic {
  return new Anthropic({
    apiKey,
    baseURL: baseUrl,
    timeout: timeoutMs,
    maxRetries: 0,
    fetch: carryFailures(fetch),
    // A redirect would take the prompt to another host, and make two requests of one attempt.
    fetchOptions: { redirect: "manual" },
    // `post` makes no span as it is; this also holds should the SDK come to trace it (R4).
    openTelemetry: false,
    // It would print pieces of streams that do not parse, and whole requests when ANTHROPIC_LOG is debug (R10).
    logLevel: "off",
  });
}

/** All that goes beside the body. Set for each request, because ANTHROPIC_CUSTOM_HEADERS replaces a client's own. */
function headersOf({ apiKey, headers }: ResolvedAnthropicOptions, { attemptId }: SendOptions): Headers {
  const all = new Headers({ authorization: `Bearer ${apiKey}` });
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  all.set("x-client-request-id", attemptId);
  return all;
}

function readAnswer(
  wire: unknown,
  answer: Pick<AnthropicErrorAnswer, "status" | "headers">,
  attempt: Attempt,
  context: ErrorContext,
): ChatResult {
  const result = fromAnthropicResponse(wire);
  if (result !== null) return result;
  if (isJsonObject(wire) && wire["type"] === "error") throw translateAnthropicErrorEvent(wire, answer, context);
  throw brokenExchange("malformed", attempt, context);
}

function isEventStream({ headers }: Response): boolean {
  const contentType = headers.get("content-type") ?? "text/event-stream";
  return contentType.toLowerCase().startsWith("text/event-stream");
}
