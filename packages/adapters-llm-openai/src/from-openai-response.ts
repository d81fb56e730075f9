import type { ChatResult, ToolCall } from "@tenantry/core";
import { citesWeb, withSearchFee } from "./chat-search-fee.ts";
import { convertOpenAIUsage } from "./convert-openai-usage.ts";
import { isJsonObject, listOf, objectOf, textOf } from "./json-object.ts";
import { mapOpenAIFinishReason } from "./map-openai-finish-reason.ts";

/**
 * A `chat.completion` as it came over the wire, or null when it is none. Only what is used is looked at, so that new
 * fields and a compatible server's omissions do no harm. Of several choices (`extra.n`) the first is the answer.
 */
export function fromOpenAIResponse(wire: unknown): ChatResult | null {
  if (!isJsonObject(wire)) return null;
  const choice = listOf(wire["choices"])[0];
  if (!isJsonObject(choice) || !isJsonObject(choice["message"])) return null;
  const { message } = choice;
  const refusal = textOf(message["refusal"]);
  const model = textOf(wire["model"]);
  return {
    id: textOf(wire["id"]),
    model,
    text: textOfContent(message["content"]),
    reasoning: reasoningOf(message),
    refusal: refusal === "" ? null : refusal,
    toolCalls: listOf(message["tool_calls"]).flatMap(toToolCall),
    finishReason: mapOpenAIFinishReason(choice["finish_reason"], refusal !== ""),
    usage: withSearchFee(convertOpenAIUsage(wire["usage"], wire["service_tier"]), model, citesWeb(message)),
  };
}

/** OpenAI shows no thinking here; compatible servers do, under either name (DeepSeek, vLLM, OpenRouter). */
export function reasoningOf(message: Readonly<Record<string, unknown>>): string {
  return textOf(message["reasoning_content"]) || textOf(message["reasoning"]);
}

/** Text, or (Mistral and others) a list of parts. */
function textOfContent(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => textOf(objectOf(part)["text"]))
    .join("");
}

function toToolCall(wire: unknown): ToolCall[] {
  const call = objectOf(wire);
  const wanted = objectOf(call["function"]);
  const name = textOf(wanted["name"]);
  if (name === "") return [];
  return [{ id: textOf(call["id"]), name, argumentsJson: textOf(wanted["arguments"]) }];
}
