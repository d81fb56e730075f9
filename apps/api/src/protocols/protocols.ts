import { anthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import { openAIChat } from "./openai-chat/openai-chat.ts";
import { openAIResponses } from "./openai-responses/openai-responses.ts";
import type { Protocol } from "./protocol.ts";

/** Every chat protocol a caller can speak. */
export const protocols: readonly Protocol[] = [openAIChat, openAIResponses, anthropicMessages];
