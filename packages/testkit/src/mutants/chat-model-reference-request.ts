import { TenantryError, type ChatContent, type ChatMessage, type ChatRequest } from "@tenantry/core";
import type { ReferenceBody, ReferenceTurn } from "./chat-model-reference-dialect.ts";

const defaultLimit = 1024;

export function toReferenceBody(request: ChatRequest, model: string, stream: boolean): ReferenceBody {
  const { messages, tools, toolChoice, parallelToolCalls, endUserId } = request;
  const { responseFormat, temperature, topP, stop } = request;
  return {
    ...request.extra,
    model,
    stream,
    ...(stream ? { usage_in_stream: true } : {}),
    instructions: messages.flatMap((message) => (message.role === "system" ? [message.content] : [])),
    turns: messages.flatMap(toTurns),
    limit: request.maxOutputTokens ?? defaultLimit,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stop === undefined ? {} : { stop }),
    ...(tools === undefined ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
    ...(parallelToolCalls === undefined ? {} : { tools_at_once: parallelToolCalls }),
    ...(endUserId === undefined ? {} : { end_user: endUserId }),
    ...(responseFormat === undefined ? {} : toFormat(responseFormat)),
  };
}

function toFormat(format: NonNullable<ChatRequest["responseFormat"]>): Partial<ReferenceBody> {
  if (format.type === "text") return {};
  if (format.type === "json-schema") return { answer_schema: format.schema };
  const message = "this provider answers in JSON only by a schema";
  throw new TenantryError("invalid_request", `responseFormat: ${message}`, {
    issues: [{ path: "responseFormat", message }],
    upstream: {
      kind: "not-sent",
      provider: "reference",
      status: null,
      providerCode: null,
      requestId: null,
      retryAfterMs: null,
      fault: "caller",
      usage: null,
    },
  });
}

function toTurns(message: ChatMessage): ReferenceTurn[] {
  if (message.role === "system") return [];
  if (message.role === "tool") {
    const { content, toolCallId, isError = false } = message;
    return [{ role: "tool", text: textOf(content), call_id: toolCallId, failed: isError }];
  }
  if (message.role === "assistant") {
    return [{ role: "assistant", text: message.content, calls: message.toolCalls ?? [] }];
  }
  return [{ role: "user", text: textOf(message.content), images: imagesOf(message.content) }];
}

function textOf(content: ChatContent): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function imagesOf(content: ChatContent): string[] {
  if (typeof content === "string") return [];
  return content.flatMap((part) => {
    if (part.type === "text") return [];
    return ["url" in part ? part.url : `data:${part.mediaType};base64,${part.base64}`];
  });
}
