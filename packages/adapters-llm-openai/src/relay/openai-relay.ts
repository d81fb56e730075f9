import {
  changeMembers,
  composeRelay,
  flagField,
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
import type { ErrorContext } from "../translate-openai-error.ts";
import { brokenExchange } from "../translate-sdk-failure.ts";
import type { OpenAIOperation, OperationSettings, WholeAnswer } from "./operation.ts";
import { openAIOperations } from "./operations.ts";
import { createPooledSender } from "./pooled-sender.ts";
import { createRelayFailures } from "./relay-failures.ts";
import {
  resolveOpenAIRelayOptions,
  type OpenAIRelayOptions,
  type ResolvedOpenAIRelayOptions,
} from "./relay-options.ts";
import { parsedJson, textOfBytes } from "./wire-text.ts";

/**
 * OpenAI's own protocol, or that of any server that speaks it, passed through on kept connections: chat completions,
 * responses and embeddings.
 *
 * Of a caller's headers only `openai-beta` crosses. `idempotency-key` does not: the account is shared, and a key of one
 * tenant must not find the answer of another (R4).
 *
 * @throws TenantryError `invalid_configuration` with every problem of the options.
 */
export function createOpenAIRelay(options: OpenAIRelayOptions): Relay {
  const settings = resolveOpenAIRelayOptions(options);
  const context: ErrorContext = { provider: settings.provider, secrets: secretsOf(settings) };
  const operationSettings: OperationSettings = { ...settings, context };
  const headers = ownHeaders(settings);
  return composeRelay({
    provider: settings.provider,
    protocol: "openai",
    operations: [...openAIOperations.keys()],
    headersBack: ["content-type", "cache-control", "openai-version", "x-request-id"],
    read: (request) => readRequest(request, operationSettings, headers),
    send: createPooledSender(settings),
    failures: createRelayFailures(context),
  });
}

function ownHeaders(
  settings: ResolvedOpenAIRelayOptions,
): (attemptId: string, streamed: boolean) => Record<string, string> {
  const { apiKey, organization, project } = settings;
  const own = Object.fromEntries(Object.entries(settings.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const base = {
    authorization: `Bearer ${apiKey}`,
    "content-type": "application/json",
    // What is compressed could not be watched.
    "accept-encoding": "identity",
    ...(organization === null ? {} : { "openai-organization": organization }),
    ...(project === null ? {} : { "openai-project": project }),
  };
  return (attemptId, streamed) => ({
    ...base,
    accept: streamed ? "text/event-stream" : "application/json",
    "x-client-request-id": attemptId,
    ...own,
  });
}

function readRequest(
  request: RelayRequest,
  settings: OperationSettings,
  headers: ReturnType<typeof ownHeaders>,
): RelayedRequest {
  const operation = openAIOperations.get(request.operation);
  if (operation === undefined) {
    throw TenantryError.invalidRequest("operation", `is not served: ${request.operation}`);
  }
  const { context } = settings;
  const body = operation.read(request.body);
  const reading = readingOf(operation, request.body, body);
  const beta = request.headers["openai-beta"];
  return {
    reading,
    write(options) {
      const changes = new Map(operation.changes(body, options, settings));
      if (reading.model !== options.model) changes.set("model", JSON.stringify(options.model));
      return {
        path: operation.path,
        headers: {
          ...(beta === undefined ? {} : { "openai-beta": beta }),
          ...headers(options.attemptId, reading.streamed),
        },
        body: changeMembers(body.json, changes),
        readWhole(bytes, into, progress) {
          const failure = operation.readWhole(parsedJson(textOfBytes(bytes)), into, answerOf(context, progress));
          return failure === "malformed" ? brokenExchange("malformed", progress, context) : failure;
        },
        observe: (into, progress) => operation.observe(body, into, answerOf(context, progress)),
      };
    },
  };
}

function readingOf(operation: OpenAIOperation, text: string, body: RelayBody): RelayReading {
  const { addedTokens, otherBytes, unbounded, inputClasses } = body;
  const streams = operation.path !== "/embeddings";
  return {
    model: textField(body, "model"),
    streamed: streams && flagField(body, "stream") === true,
    size: {
      ...operation.sizeOf(body),
      inputTokens: Buffer.byteLength(text) - otherBytes + addedTokens,
      overheadTokens: addedTokens,
      inputClasses,
      unbounded,
    },
    temperature: finite(numberField(body, "temperature")),
    topP: finite(numberField(body, "top_p")),
    userId: textField(body, "user"),
  };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function answerOf(context: ErrorContext, { answer }: RelayProgress): WholeAnswer {
  if (answer === null) throw new Error("an answer is read before it has begun");
  return { context, head: answer };
}
