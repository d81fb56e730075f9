import { anthropicMessages } from "../protocols/anthropic-messages/anthropic-messages.ts";
import { openAIChat } from "../protocols/openai-chat/openai-chat.ts";
import { openAIResponses } from "../protocols/openai-responses/openai-responses.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { countTokens, createMinuteLimiter } from "./count-tokens.ts";
import type { Incoming } from "./incoming.ts";
import { listModels } from "./list-models.ts";
import { summarizeMeetings } from "./meeting-summaries.ts";
import type { DataPlanePorts } from "./ports.ts";
import { type CallRoute, serveCall } from "./serve-call.ts";

/** A route of the data plane. */
export interface DataRoute {
  readonly method: "GET" | "POST";
  /** Shown in metrics and logs, and part of an idempotency key's identity. */
  readonly path: string;
  /** In whose envelope failures are told, by the request's own headers where the path does not say. */
  protocolFor(headers: Readonly<Record<string, unknown>>): Protocol;
  serve(incoming: Incoming, id: string | null): Promise<void>;
}

/** Finds a route by path; `id` is the last part of a path such as `/v1/models/{id}`. */
export interface DataRoutes {
  readonly all: readonly DataRoute[];
  find(path: string): { readonly routes: readonly DataRoute[]; readonly id: string | null } | null;
}

/**
 * Texts may be lists of token numbers, of at most 300,000 tokens a request
 * (https://platform.openai.com/docs/api-reference/embeddings/create, read 2026-11-23).
 */
const embeddedValues = 310_000;

const modelPrefix = "/v1/models/";

/** Whose words a path that both vendors have, or neither, is answered in: Anthropic's clients say their version. */
export function envelopeFor(path: string, headers: Readonly<Record<string, unknown>>): Protocol {
  return headers["anthropic-version"] !== undefined || path.startsWith("/v1/messages") ? anthropicMessages : openAIChat;
}

export function createDataRoutes(ports: DataPlanePorts): DataRoutes {
  const limiter = createMinuteLimiter(ports.options.tokenCountsPerMinute);
  const call = (path: string, envelope: Protocol, route: CallRoute): DataRoute => ({
    method: "POST",
    path,
    protocolFor: () => envelope,
    serve: (incoming) => serveCall(ports, incoming, route),
  });
  const translated = (protocol: Protocol): CallRoute => ({
    protocol: protocol.name,
    operation: protocol.operation,
    translation: protocol,
  });
  const all: readonly DataRoute[] = [
    call("/v1/chat/completions", openAIChat, translated(openAIChat)),
    call("/v1/responses", openAIResponses, translated(openAIResponses)),
    call("/v1/embeddings", openAIChat, {
      protocol: openAIChat.name,
      operation: "embeddings",
      translation: null,
      values: embeddedValues,
    }),
    call("/v1/messages", anthropicMessages, translated(anthropicMessages)),
    {
      method: "POST",
      path: "/v1/messages/count_tokens",
      protocolFor: () => anthropicMessages,
      serve: async (incoming) => {
        const route = { protocol: anthropicMessages.name, operation: "count-tokens", translation: anthropicMessages };
        await countTokens(ports, incoming, route, limiter);
      },
    },
    {
      method: "GET",
      path: "/v1/models",
      protocolFor: (headers) => envelopeFor("/v1/models", headers),
      serve: async (incoming) => await listModels(ports, incoming, null),
    },
    {
      method: "GET",
      path: `${modelPrefix}{id}`,
      protocolFor: (headers) => envelopeFor(modelPrefix, headers),
      serve: async (incoming, id) => await listModels(ports, incoming, id),
    },
    {
      method: "POST",
      path: "/v1/meetings/summaries",
      protocolFor: () => openAIChat,
      serve: async (incoming) => await summarizeMeetings(ports, incoming),
    },
  ];
  const byPath = Map.groupBy(all, ({ path }) => path);
  const oneModel = byPath.get(`${modelPrefix}{id}`) ?? [];
  return {
    all,
    find(path) {
      const routes = byPath.get(path);
      if (routes !== undefined && !path.includes("{")) return { routes, id: null };
      if (!path.startsWith(modelPrefix)) return null;
      const id = decoded(path.slice(modelPrefix.length));
      return id === null || id === "" ? null : { routes: oneModel, id };
    },
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
