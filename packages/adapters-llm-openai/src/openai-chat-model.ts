import type { ChatEvent, ChatModel, ChatRequest, ChatResult, SendOptions } from "@tenantry/core";
import { OpenAI } from "openai";
import { beginAttempt, type Attempt } from "./attempt.ts";
import { carryFailures } from "./connection-failure.ts";
import { convertOpenAIUsage } from "./convert-openai-usage.ts";
import { fromOpenAIResponse } from "./from-openai-response.ts";
import { isJsonObject, objectOf } from "./json-object.ts";
import { resolveOpenAIOptions, type OpenAIChatModelOptions, type ResolvedOpenAIOptions } from "./options.ts";
import { readOpenAIStream } from "./read-openai-stream.ts";
import { secretsOf } from "./secrets.ts";
import { toOpenAIRequest, type OpenAIRequestShape } from "./to-openai-request.ts";
import { translateOpenAIErrorChunk, type ErrorContext } from "./translate-openai-error.ts";
import { brokenExchange, interruption, translateSdkFailure } from "./translate-sdk-failure.ts";

/**
 * OpenAI's chat completions, or any server that speaks them, through the official SDK. The SDK's retries and log are
 * off: attempts are ours to count, and it would print what it cannot read.
 *
 * @throws TenantryError `invalid_configuration` with every problem of the options.
 */
export function createOpenAIChatModel(options: OpenAIChatModelOptions): ChatModel {
  const settings = resolveOpenAIOptions(options);
  const context: ErrorContext = { provider: settings.provider, secrets: secretsOf(settings) };
  const client = createClient(settings);
  const { maxTokensField } = settings;

  const shapeOf = ({ model, store = false }: SendOptions): Omit<OpenAIRequestShape, "stream"> => ({
    model,
    store,
    maxTokensField,
  });

  async function complete(request: ChatRequest, send: SendOptions): Promise<ChatResult> {
    const body = toOpenAIRequest(request, { ...shapeOf(send), stream: false });
    const attempt = beginAttempt(send.signal, false);
    try {
      if (send.signal.aborted) throw interruption(attempt, context, false);
      const sent = post<unknown>(client, body, send, attempt);
      attempt.answer = await sent.asResponse();
      return readAnswer(await sent, attempt, context);
    } catch (error) {
      throw translateSdkFailure(error, attempt, context);
    } finally {
      attempt.release();
    }
  }

  async function stream(request: ChatRequest, send: SendOptions): Promise<AsyncIterable<ChatEvent>> {
    const body = toOpenAIRequest(request, { ...shapeOf(send), stream: true });
    const attempt = beginAttempt(send.signal, true);
    try {
      if (send.signal.aborted) throw interruption(attempt, context, false);
      const sent = post<AsyncIterable<unknown>>(client, body, send, attempt);
      const answer = await sent.asResponse();
      attempt.answer = answer;
      if (!isEventStream(answer)) throw brokenExchange("malformed", attempt, context);
      return readOpenAIStream(await sent, attempt, context);
    } catch (error) {
      attempt.release();
      attempt.connection.abort();
      throw translateSdkFailure(error, attempt, context);
    }
  }

  return { provider: settings.provider, complete, stream };
}

/** Null stands for "none": left out, the SDK would look in the environment. */
function createClient(settings: ResolvedOpenAIOptions): OpenAI {
  return new OpenAI({
    apiKey: settings.apiKey,
    baseURL: settings.baseUrl,
    organization: settings.organization,
    project: settings.project,
    adminAPIKey: null,
    webhookSecret: null,
    timeout: settings.timeoutMs,
    maxRetries: 0,
    defaultHeaders: settings.headers,
    fetch: carryFailures(settings.fetch),
    // A redirect would take the prompt to another host, and make two requests of one attempt.
    fetchOptions: { redirect: "manual" },
    logLevel: "off",
  });
}

/**
 * Not `client.chat.completions.create`: what traces calls by patching that method hands on a promise without `asResponse`,
 * and counts a second time what telemetry counts. The body is typed by our own mapper: `extra` may hold what the SDK has
 * not heard of.
 */
function post<Answer>(
  client: OpenAI,
  body: object,
  { attemptId }: SendOptions,
  { connection, streamed }: Attempt,
): PromiseLike<Answer> & { asResponse(): Promise<Response> } {
  const headers = { "x-client-request-id": attemptId };
  return client.post<Answer>("/chat/completions", { body, headers, stream: streamed, signal: connection.signal });
}

function readAnswer(wire: unknown, attempt: Attempt, context: ErrorContext): ChatResult {
  const result = fromOpenAIResponse(wire);
  if (result !== null) return result;
  const { usage, service_tier: serviceTier, error } = objectOf(wire);
  const told = { ...context, usage: convertOpenAIUsage(usage, serviceTier) };
  // Some gateways answer 200 with an error inside.
  if (isJsonObject(error) && attempt.answer !== null) throw translateOpenAIErrorChunk(wire, attempt.answer, told);
  throw brokenExchange("malformed", attempt, told);
}

function isEventStream({ headers }: Response): boolean {
  const contentType = headers.get("content-type") ?? "text/event-stream";
  return contentType.toLowerCase().startsWith("text/event-stream");
}
