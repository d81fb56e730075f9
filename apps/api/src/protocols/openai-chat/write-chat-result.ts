import type { ChatResult, ToolCall } from "@tenantry/core";
import { toChatUsage, toServiceTier } from "../openai/openai-usage.ts";
import type { AnswerFacts, JsonObject } from "../protocol.ts";
import { toChatFinishReason } from "./chat-finish-reasons.ts";

/** https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create */
export function writeChatResult(result: ChatResult, facts: AnswerFacts): JsonObject {
  const { text, refusal, toolCalls, finishReason, usage } = result;
  return {
    id: facts.id,
    object: "chat.completion",
    created: Math.floor(facts.createdAt / 1000),
    model: facts.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && (refusal !== null || toolCalls.length > 0) ? null : text,
          refusal,
          annotations: [],
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(toToolCall) }),
        },
        logprobs: null,
        finish_reason: toChatFinishReason(finishReason, refusal !== null),
      },
    ],
    ...(usage === null ? {} : { usage: toChatUsage(usage) }),
    service_tier: toServiceTier(usage),
  };
}

function toToolCall({ id, name, argumentsJson }: ToolCall): JsonObject {
  return { id, type: "function", function: { name, arguments: argumentsJson } };
}
