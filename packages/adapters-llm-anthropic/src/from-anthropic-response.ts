import type { ChatResult, ReasoningPart, ToolCall } from "@tenantry/core";
import { billedAnthropicUsage } from "./convert-anthropic-usage.ts";
import { isJsonObject, textOf, type JsonObject } from "./json-object.ts";
import { mapAnthropicFinishReason } from "./map-anthropic-finish-reason.ts";

/**
 * A whole answer of the Messages API, as JSON; null when it is not one.
 *
 * Blocks of server tools have no place in a `ChatResult`; what they cost is in the usage.
 *
 * https://platform.claude.com/docs/en/api/messages/create
 */
export function fromAnthropicResponse(wire: unknown): ChatResult | null {
  if (!isJsonObject(wire) || wire["type"] !== "message") return null;
  const { id, model, content } = wire;
  if (typeof id !== "string" || typeof model !== "string" || !Array.isArray(content)) return null;
  const blocks = content.filter(isJsonObject);
  const reasoningParts = blocks.flatMap((block) => reasoningPartOf(block) ?? []);
  return {
    id,
    model,
    text: joined(blocks, "text", "text"),
    reasoning: joined(blocks, "thinking", "thinking"),
    ...(reasoningParts.length === 0 ? {} : { reasoningParts }),
    refusal: refusalOf(wire),
    toolCalls: blocks.filter((block) => block["type"] === "tool_use").map(toolCallOf),
    finishReason: mapAnthropicFinishReason(wire["stop_reason"]),
    usage: billedAnthropicUsage(wire["usage"], { container: wire["container"], stopReason: wire["stop_reason"] }),
  };
}

/** The API's explanation of a refusal (`stop_details`, in an answer or a `message_delta`), when it gives one. */
export function refusalOf(stop: JsonObject): string | null {
  const details = stop["stop_details"];
  if (stop["stop_reason"] !== "refusal" || !isJsonObject(details)) return null;
  const { explanation } = details;
  return typeof explanation === "string" && explanation !== "" ? explanation : null;
}

/** A block of thinking as it has to be given back; null when it is none, or has no signature to be known by. */
export function reasoningPartOf(block: JsonObject): ReasoningPart | null {
  if (block["type"] === "redacted_thinking") return { type: "redacted", data: textOf(block["data"]) };
  const signature = textOf(block["signature"]);
  if (block["type"] !== "thinking" || signature === "") return null;
  return { type: "thinking", text: textOf(block["thinking"]), signature };
}

function joined(blocks: readonly JsonObject[], type: string, field: string): string {
  return blocks
    .filter((block) => block["type"] === type)
    .map((block) => textOf(block[field]))
    .join("");
}

function toolCallOf(block: JsonObject): ToolCall {
  return {
    id: textOf(block["id"]),
    name: textOf(block["name"]),
    argumentsJson: JSON.stringify(block["input"] ?? {}),
  };
}
