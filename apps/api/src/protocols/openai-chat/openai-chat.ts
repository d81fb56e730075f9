import { toOpenAIError } from "../openai/openai-error.ts";
import type { Protocol } from "../protocol.ts";
import { openChatStream } from "./open-chat-stream.ts";
import { readChatRequest } from "./read-chat-request.ts";
import { writeChatResult } from "./write-chat-result.ts";

/** OpenAI's chat completions. */
export const openAIChat: Protocol = {
  name: "openai",
  operation: "chat-completions",
  read: readChatRequest,
  result: writeChatResult,
  openStream: openChatStream,
  error: toOpenAIError,
};
