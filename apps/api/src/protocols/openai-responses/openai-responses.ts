import { toOpenAIError } from "../openai/openai-error.ts";
import type { Protocol } from "../protocol.ts";
import { openResponseStream } from "./open-response-stream.ts";
import { readResponseRequest } from "./read-response-request.ts";
import { writeResponseResult } from "./write-response-result.ts";

/** OpenAI's responses. */
export const openAIResponses: Protocol = {
  name: "openai",
  operation: "responses",
  read: readResponseRequest,
  result: writeResponseResult,
  openStream: openResponseStream,
  error: toOpenAIError,
};
