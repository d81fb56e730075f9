import { countField, limitChange, type RelayBody, type RelayOptions } from "@tenantry/core";
import { observeChat, readWholeChat } from "./chat-answer.ts";
import { chatLimitChanges, chatOutputLimit, chatText, readChatBody, usageChanges } from "./chat-fields.ts";
import { embeddingsText, readEmbeddingsBody, readWholeEmbeddings } from "./embeddings.ts";
import type { OpenAIOperation } from "./operation.ts";
import { observeResponse, readWholeResponse } from "./responses-answer.ts";
import { readResponsesBody, responsesText } from "./responses-fields.ts";
import { tenantsOwnNames } from "./tenants-own-names.ts";

const chatCompletions: OpenAIOperation = {
  path: "/chat/completions",
  read: readChatBody,
  sizeOf: (body) => ({
    text: () => chatText(body),
    maxOutputTokens: chatOutputLimit(body),
    choices: countField(body, "n") ?? 1,
  }),
  changes: (body, options, settings) =>
    new Map([
      ...chatLimitChanges(body, options.maxOutputTokens, settings.maxTokensField),
      ...usageChanges(body),
      ...storeChange(body, options),
      ...tenantsOwnNames(body, options),
    ]),
  readWhole: readWholeChat,
  observe: observeChat,
};

const responses: OpenAIOperation = {
  path: "/responses",
  read: readResponsesBody,
  sizeOf: (body) => ({
    text: () => responsesText(body),
    maxOutputTokens: countField(body, "max_output_tokens"),
    choices: 1,
  }),
  changes(body, options) {
    const limit = limitChange(body, "max_output_tokens", options.maxOutputTokens);
    return new Map([
      ...(limit === null ? [] : [["max_output_tokens", limit] as const]),
      ...storeChange(body, options),
      ...tenantsOwnNames(body, options),
    ]);
  },
  readWhole: readWholeResponse,
  observe: (_body, reading, answer) => observeResponse(reading, answer),
};

const embeddings: OpenAIOperation = {
  path: "/embeddings",
  read: readEmbeddingsBody,
  // It writes nothing.
  sizeOf: (body) => ({ text: () => embeddingsText(body), maxOutputTokens: 0, choices: 1 }),
  changes: () => new Map(),
  readWhole: readWholeEmbeddings,
  observe: observeChat,
};

export const openAIOperations: ReadonlyMap<string, OpenAIOperation> = new Map([
  ["chat-completions", chatCompletions],
  ["responses", responses],
  ["embeddings", embeddings],
]);

/** Answers are kept in the provider's account unless it is told not to: both routes keep some by default. */
function storeChange(body: RelayBody, { store }: RelayOptions): (readonly [string, string])[] {
  return store || body.raw("store") === "false" ? [] : [["store", "false"]];
}
