import type { ChatResult, ReasoningPart, ToolCall } from "@tenantry/core";
import { isObject } from "../read-fields.ts";
import type { AnswerFacts, JsonObject } from "../protocol.ts";
import { toStop } from "./message-stop-reasons.ts";
import { toMessageUsage } from "./message-usage.ts";

/**
 * A whole message: thinking, text, calls. Words of refusal are text and stand in `stop_details` as well.
 *
 * https://platform.claude.com/docs/en/api/messages/create
 */
export function writeMessageResult(result: ChatResult, facts: AnswerFacts): JsonObject {
  const { text, refusal, toolCalls, finishReason, usage } = result;
  const said = text + (refusal ?? "");
  return {
    ...messageShell(facts),
    content: [
      ...thinkingBlocks(result),
      ...(said === "" ? [] : [{ type: "text", text: said, citations: null }]),
      ...toolCalls.map(toToolUse),
    ],
    ...toStop(finishReason, refusal),
    usage: toMessageUsage(usage),
  };
}

/** What every message begins with. */
export function messageShell(facts: AnswerFacts): JsonObject {
  return { id: facts.id, type: "message", role: "assistant", model: facts.model, container: null, diagnostics: null };
}

/** Thinking without a form to give back has no signature. */
function thinkingBlocks({ reasoning, reasoningParts }: ChatResult): readonly JsonObject[] {
  if (reasoningParts !== undefined) return reasoningParts.map(toThinkingBlock);
  return reasoning === "" ? [] : [{ type: "thinking", thinking: reasoning, signature: "" }];
}

export function toThinkingBlock(part: ReasoningPart): JsonObject {
  if (part.type === "redacted") return { type: "redacted_thinking", data: part.data };
  return { type: "thinking", thinking: part.text, signature: part.signature };
}

function toToolUse({ id, name, argumentsJson }: ToolCall): JsonObject {
  return { type: "tool_use", id, name, input: toInput(argumentsJson), caller: { type: "direct" } };
}

/**
 * Arguments that are no JSON object, as after a cut by the output limit, are shown as they are.
 *
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming#handling-invalid-json-in-tool-responses
 */
function toInput(argumentsJson: string): JsonObject {
  if (argumentsJson.trim() === "") return {};
  try {
    const input: unknown = JSON.parse(argumentsJson);
    if (isObject(input)) return input;
  } catch {
    // Shown below.
  }
  return { INVALID_JSON: argumentsJson };
}
