import { messageFrames, messageId, messageObject } from "../anthropic/write-message-answer.ts";
import { readMessagesRequest } from "../anthropic/read-messages-request.ts";
import type { ProviderName } from "../models/model-card.ts";
import { embeddingsWork } from "../openai/embeddings.ts";
import { readChatRequest } from "../openai/read-chat-request.ts";
import { readResponsesRequest } from "../openai/read-responses-request.ts";
import { chatCompletion, chatFrames, chatId } from "../openai/write-chat-answer.ts";
import { responseFrames, responseId, responseObject } from "../openai/write-responses-answer.ts";
import { countAutomatic, countMarked } from "../prompt/count-prompt.ts";
import type { GenerationRequest } from "../prompt/generation-request.ts";
import type { PromptCache } from "../prompt/prompt-cache.ts";
import type { AnswerForm } from "./generation-work.ts";
import { generationWork } from "./generation-work.ts";
import type { Fields } from "./read-fields.ts";
import type { Work, WorkChanges } from "./work.ts";

/** A request that was read and is good, and what will answer it. */
export interface Prepared {
  readonly requestedModel: string;
  readonly family: string;
  work(changes: WorkChanges): Work;
}

export interface EndpointContext {
  readonly key: string;
  readonly account: string;
  readonly createdAtMs: number;
  readonly beta: string;
  readonly cache: PromptCache;
}

export interface Endpoint {
  readonly provider: ProviderName;
  /** Throws the vendor's 400 or 404 for a request that is not good. */
  prepare(body: Fields, context: EndpointContext): Prepared;
}

const chatForm: AnswerForm = { idOf: chatId, whole: chatCompletion, frames: chatFrames };
const responsesForm: AnswerForm = {
  idOf: responseId,
  whole: responseObject,
  frames: responseFrames,
};
const messagesForm: AnswerForm = { idOf: messageId, whole: messageObject, frames: messageFrames };

function generationEndpoint(
  provider: ProviderName,
  form: AnswerForm,
  read: (body: Fields, context: EndpointContext) => GenerationRequest,
): Endpoint {
  const count = provider === "openai" ? countAutomatic : countMarked;
  return {
    provider,
    prepare(body, context) {
      const request = read(body, context);
      const { key, createdAtMs, cache, account } = context;
      const countInput = (asked: GenerationRequest) => count(asked, cache, account);
      return {
        requestedModel: String(body["model"]),
        family: request.model.card.id,
        work: (changes) => generationWork(request, changes, { form, body, key, createdAtMs, countInput }),
      };
    },
  };
}

/** The paths that generate and bill. */
export const endpoints: Readonly<Record<string, Endpoint>> = {
  "/v1/chat/completions": generationEndpoint("openai", chatForm, readChatRequest),
  "/v1/responses": generationEndpoint("openai", responsesForm, readResponsesRequest),
  "/v1/embeddings": {
    provider: "openai",
    prepare(body) {
      const work = embeddingsWork(body);
      const requestedModel = String(body["model"]);
      return { requestedModel, family: requestedModel, work };
    },
  },
  "/v1/messages": generationEndpoint("anthropic", messagesForm, (body, { beta }) =>
    readMessagesRequest(body, { beta, countOnly: false }),
  ),
};
