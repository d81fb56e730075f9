import type { Protocol } from "../protocol.ts";
import { toMessageError } from "./message-error.ts";
import { openMessageStream } from "./open-message-stream.ts";
import { readMessageRequest } from "./read-message-request.ts";
import { writeMessageResult } from "./write-message-result.ts";

/** Anthropic's messages. */
export const anthropicMessages: Protocol = {
  name: "anthropic",
  operation: "messages",
  read: readMessageRequest,
  result: writeMessageResult,
  openStream: openMessageStream,
  error: toMessageError,
};
