import type { ChatEvent, FinishReason, Usage } from "@tenantry/core";
import { toOpenAIError } from "../openai/openai-error.ts";
import { toChatUsage } from "../openai/openai-usage.ts";
import type { AnswerFacts, JsonObject, StreamWriter } from "../protocol.ts";
import { serverSentEvent } from "../server-sent-event.ts";
import { toChatFinishReason } from "./chat-finish-reasons.ts";

/**
 * Chunks of a chat completion: the role first, then pieces, the finish reason, usage if it was asked for, `[DONE]`.
 * Thinking is not shown in this protocol; its tokens are in the usage.
 *
 * https://developers.openai.com/api/reference/resources/chat/subresources/completions/streaming-events
 */
export function openChatStream(
  facts: AnswerFacts,
  { usageInStream }: { readonly usageInStream: boolean },
): StreamWriter {
  const head = {
    id: facts.id,
    object: "chat.completion.chunk",
    created: Math.floor(facts.createdAt / 1000),
    model: facts.model,
    service_tier: "default",
  };
  let usage: Usage | null = null;
  let refused = false;

  function chunk(delta: JsonObject, finishReason: string | null = null): string {
    return serverSentEvent(null, {
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(usageInStream ? { usage: null } : {}),
    });
  }

  function end(finishReason: FinishReason): string {
    const last = chunk({}, toChatFinishReason(finishReason, refused));
    const report =
      usageInStream && usage !== null ? serverSentEvent(null, { ...head, choices: [], usage: toChatUsage(usage) }) : "";
    return `${last}${report}data: [DONE]\n\n`;
  }

  function write(event: ChatEvent): string {
    switch (event.type) {
      case "start":
        return chunk({ role: "assistant", content: "", refusal: null });
      case "text":
        return chunk({ content: event.text });
      case "refusal":
        refused = true;
        return chunk({ refusal: event.text });
      case "tool-call":
        return chunk({ tool_calls: [toToolCallPiece(event)] });
      case "usage":
        usage = event.usage;
        return "";
      case "reasoning":
      case "reasoning-part":
        return "";
      case "end":
        return end(event.finishReason);
    }
  }

  return { write, fail: (error) => serverSentEvent(null, toOpenAIError(error)) };
}

function toToolCallPiece({ index, id, name, argumentsJson }: Extract<ChatEvent, { type: "tool-call" }>): JsonObject {
  if (name === undefined) return { index, function: { arguments: argumentsJson } };
  return { index, id, type: "function", function: { name, arguments: argumentsJson } };
}
