import {
  foreignUrl,
  isForeignUrl,
  TenantryError,
  type ChatContent,
  type ChatMessage,
  type ContentPart,
  type ToolCall,
} from "@tenantry/core";
import type { JsonObject } from "./json-object.ts";

/**
 * The `messages` of a chat completion. Thinking of earlier answers is left out: the API takes none. What an assistant
 * says after its tool calls is put into the message with the calls, because results must follow that one at once.
 *
 * @throws TenantryError `invalid_request` for an image in a tool's result, or one that lies with the provider.
 */
export function toOpenAIMessages(messages: readonly ChatMessage[]): JsonObject[] {
  const sent: JsonObject[] = [];
  let open: { content: string; toolCalls: ToolCall[] } | null = null;
  for (const [at, message] of messages.entries()) {
    if (message.role !== "assistant") {
      sent.push(toMessage(message, at));
      open = null;
      continue;
    }
    const said = message.content !== "" || (message.toolCalls ?? []).length > 0;
    if (!said && (message.reasoning ?? []).length > 0) continue;
    if (open === null || open.toolCalls.length === 0) open = { content: "", toolCalls: [] };
    else sent.pop();
    open.content += message.content;
    open.toolCalls.push(...(message.toolCalls ?? []));
    sent.push(toAssistantMessage(open.content, open.toolCalls));
  }
  return sent;
}

function toMessage(message: Exclude<ChatMessage, { role: "assistant" }>, at: number): JsonObject {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user":
      return {
        role: "user",
        content:
          typeof message.content === "string"
            ? message.content
            : message.content.map((part, n) => toPart(part, `messages[${at}].content[${n}]`)),
      };
    case "tool":
      return {
        role: "tool",
        tool_call_id: message.toolCallId,
        content: toResult(message.content, message.isError ?? false, `messages[${at}].content`),
      };
  }
}

function toAssistantMessage(content: string, toolCalls: readonly ToolCall[]): JsonObject {
  if (toolCalls.length === 0) return { role: "assistant", content };
  const calls = toolCalls.map(({ id, name, argumentsJson }) => ({
    id,
    type: "function",
    function: { name, arguments: argumentsJson },
  }));
  // Text is optional beside calls, and an empty one is refused by some servers.
  return { role: "assistant", content: content === "" ? null : content, tool_calls: calls };
}

/** The API has no mark for a failed tool, so the text says it. */
function toResult(content: ChatContent, isError: boolean, path: string): unknown {
  if (typeof content === "string") return isError ? `Error: ${content}` : content;
  const parts = content.map((part, n) => {
    if (part.type === "text") return { type: "text", text: part.text };
    throw TenantryError.invalidRequest(`${path}[${n}]`, "this provider takes no images in a tool's result");
  });
  return isError ? [{ type: "text", text: "Error:" }, ...parts] : parts;
}

function toPart(part: ContentPart, path: string): JsonObject {
  if (part.type === "text") return { type: "text", text: part.text };
  if ("url" in part && isForeignUrl(part.url)) throw TenantryError.invalidRequest(`${path}.url`, foreignUrl);
  const url = "url" in part ? part.url : `data:${part.mediaType};base64,${part.base64}`;
  return { type: "image_url", image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) } };
}
