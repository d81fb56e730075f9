import { anthropicMessages } from "../../../src/protocols/anthropic-messages/anthropic-messages.ts";
import { messageFields } from "../../../src/protocols/anthropic-messages/message-fields.ts";
import type { FieldTable } from "../../../src/protocols/field-rules.ts";
import { chatFields } from "../../../src/protocols/openai-chat/chat-fields.ts";
import { openAIChat } from "../../../src/protocols/openai-chat/openai-chat.ts";
import { openAIResponses } from "../../../src/protocols/openai-responses/openai-responses.ts";
import { responseFields } from "../../../src/protocols/openai-responses/response-fields.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { chatExamples, chatSites } from "./chat-examples.ts";
import type { Example, Site } from "./example.ts";
import { messageExamples, messageSites } from "./message-examples.ts";
import { responseExamples, responseSites } from "./response-examples.ts";

/** A protocol with its table, examples for what translates and a place for every object of the table. */
export interface Subject {
  readonly title: string;
  readonly protocol: Protocol;
  readonly table: FieldTable;
  readonly examples: readonly Example[];
  readonly sites: Readonly<Record<string, Site>>;
}

export const subjects: readonly Subject[] = [
  {
    title: "OpenAI chat completions",
    protocol: openAIChat,
    table: chatFields,
    examples: chatExamples,
    sites: chatSites,
  },
  {
    title: "OpenAI responses",
    protocol: openAIResponses,
    table: responseFields,
    examples: responseExamples,
    sites: responseSites,
  },
  {
    title: "Anthropic messages",
    protocol: anthropicMessages,
    table: messageFields,
    examples: messageExamples,
    sites: messageSites,
  },
];
