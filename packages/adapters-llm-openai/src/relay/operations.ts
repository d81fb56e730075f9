import { countField, limitChange, type RelayBody } from "@tenantry/core";
import { observeChat, readWholeChat } from "./chat-answer.ts";
import { chatLimitChanges, chatOutputLimit, chatText, readChatBody, usageChanges } from "./chat-fields.ts";
import { embeddingsText, readEmbeddingsBody, readWholeEmbeddings } from "./embeddings.ts";
import type { OpenAIOperation, OperationSettings } from "./operation.ts";
import { observeResponse, readWholeResponse } from "./responses-answer.ts";
import { readResponsesBody, responsesText } from "./responses-fields.ts";

const chatCompletions: OpenAIOperation = {
  path: "/chat/completions",
  read: readChatBody,
  sizeOf: (body) => ({
    text: () => chatText(body),
    maxOutputTokens: chatOutputLimit(body),
    choices: countField(body, "n") ?? 1,
  }),
  changes: (body, { maxOutputTokens }, settings) =>
    new Map([
      ...chatLimitChanges(body, maxOutputTokens, settings.maxTokensField),
      ...usageChanges(body),
      ...storeChange(body, settings),
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
  changes(body, { maxOutputTokens }, settings) {
    const limit = limitChange(body, "max_output_tokens", maxOutputTokens);
    return new Map([
      ...(limit === null ? [] : [["max_output_tokens", limit] as const]),
      ...storeChange(body, settings),
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
function storeChange(body: RelayBody, { store }: OperationSettings): (readonly [string, string])[] {
  return store === "as-asked" || body.raw("store") === "false" ? [] : [["store", "false"]];
}
