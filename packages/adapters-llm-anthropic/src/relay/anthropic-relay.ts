import {
  changeMembers,
  composeRelay,
  countField,
  flagField,
  limitChange,
  numberField,
  TenantryError,
  textField,
  type Relay,
  type RelayBody,
  type RelayedRequest,
  type RelayProgress,
  type RelayReading,
  type RelayRequest,
} from "@tenantry/core";
import { secretsOf } from "../secrets.ts";
import type { ErrorContext } from "../translate-anthropic-error.ts";
import { brokenExchange } from "../translate-sdk-failure.ts";
import { observeMessage, readWholeCount, readWholeMessage, type AnswerContext } from "./message-answer.ts";
import { messageText, readMessageBody, userIdOf } from "./message-fields.ts";
import { createPooledSender } from "./pooled-sender.ts";
import { createRelayFailures } from "./relay-failures.ts";
import {
  resolveAnthropicRelayOptions,
  type AnthropicRelayOptions,
  type ResolvedAnthropicRelayOptions,
} from "./relay-options.ts";
import { parsedJson, textOfBytes } from "./wire-text.ts";

/** Both read the same body; a count makes the provider write nothing, and costs nothing. */
const paths: Readonly<Record<string, string>> = {
  messages: "/v1/messages",
  "count-tokens": "/v1/messages/count_tokens",
};

/** The version sent where the caller names none. https://platform.claude.com/docs/en/api/versioning */
const defaultVersion = "2023-06-01";

/**
 * Anthropic's own protocol, or that of any server that speaks it, passed through on kept connections: messages and
 * the counting of their tokens.
 *
 * Of a caller's headers only `anthropic-version` and `anthropic-beta` cross. `idempotency-key` does not: the account is
 * shared, and a key of one tenant must not find the answer of another (R4).
 *
 * @throws TenantryError `invalid_configuration` with every problem of the options.
 */
export function createAnthropicRelay(options: AnthropicRelayOptions): Relay {
  const settings = resolveAnthropicRelayOptions(options);
  const context: ErrorContext = { provider: settings.provider, secrets: secretsOf(settings) };
  return composeRelay({
    provider: settings.provider,
    protocol: "anthropic",
    operations: Object.keys(paths),
    headersBack: ["content-type", "cache-control", "request-id"],
    read: (request) => readRequest(request, context, ownHeaders(settings)),
    send: createPooledSender(settings),
    failures: createRelayFailures(context),
  });
}

type HeadersOf = (request: RelayRequest, attemptId: string, streamed: boolean) => Record<string, string>;

function ownHeaders({ apiKey, headers }: ResolvedAnthropicRelayOptions): HeadersOf {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return ({ headers: asked }, attemptId, streamed) => ({
    authorization: `Bearer ${apiKey}`,
    "anthropic-version": asked["anthropic-version"] ?? defaultVersion,
    ...(asked["anthropic-beta"] === undefined ? {} : { "anthropic-beta": asked["anthropic-beta"] }),
    "content-type": "application/json",
    accept: streamed ? "text/event-stream" : "application/json",
    // What is compressed could not be watched.
    "accept-encoding": "identity",
    "x-client-request-id": attemptId,
    ...own,
  });
}

function readRequest(request: RelayRequest, context: ErrorContext, headersOf: HeadersOf): RelayedRequest {
  const path = paths[request.operation];
  if (path === undefined) throw TenantryError.invalidRequest("operation", `is not served: ${request.operation}`);
  const counts = request.operation === "count-tokens";
  const body = readMessageBody(request.body);
  const reading = counts ? readingOfCount(body) : readingOf(request.body, body);
  return {
    reading,
    write(options) {
      const changes = new Map<string, string>();
      const limit = counts ? null : limitChange(body, "max_tokens", options.maxOutputTokens);
      if (limit !== null) changes.set("max_tokens", limit);
      if (reading.model !== options.model) changes.set("model", JSON.stringify(options.model));
      return {
        path,
        headers: headersOf(request, options.attemptId, reading.streamed),
        body: changeMembers(body.json, changes),
        readWhole(bytes, into, progress) {
          const read = counts ? readWholeCount : readWholeMessage;
          const failure = read(parsedJson(textOfBytes(bytes)), into, answerOf(context, progress));
          return failure === "malformed" ? brokenExchange("malformed", progress, context) : failure;
        },
        observe: (into, progress) => observeMessage(into, answerOf(context, progress)),
      };
    },
  };
}

function readingOf(text: string, body: RelayBody): RelayReading {
  const { addedTokens, otherBytes, unbounded, inputClasses } = body;
  return {
    model: textField(body, "model"),
    streamed: flagField(body, "stream") === true,
    size: {
      text: () => messageText(body),
      inputTokens: Buffer.byteLength(text) - otherBytes + addedTokens,
      overheadTokens: addedTokens,
      inputClasses,
      maxOutputTokens: countField(body, "max_tokens"),
      choices: 1,
      unbounded,
    },
    temperature: finite(numberField(body, "temperature")),
    topP: finite(numberField(body, "top_p")),
    userId: userIdOf(body),
  };
}

/** Nothing is billed, so nothing is held. */
function readingOfCount(body: RelayBody): RelayReading {
  const size = { text: () => "", inputTokens: 0, overheadTokens: 0, maxOutputTokens: 0, choices: 1, unbounded: null };
  return {
    model: textField(body, "model"),
    streamed: false,
    size: { ...size, inputClasses: ["input"] },
    temperature: null,
    topP: null,
    userId: userIdOf(body),
  };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function answerOf(context: ErrorContext, { answer }: RelayProgress): AnswerContext {
  if (answer === null) throw new Error("an answer is read before it has begun");
  return { context, head: answer };
}
