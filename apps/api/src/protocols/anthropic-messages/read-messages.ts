import { joinPath, TenantryError, type ChatContent, type ContentPart } from "@tenantry/core";
import type { Conversation } from "../conversation.ts";
import { kindAt, openFields, type Fields } from "../read-fields.ts";
import { rulesOf } from "../rules-of.ts";
import { messageFields } from "./message-fields.ts";

/** `messages`, into the conversation. */
export function readMessages(body: Fields, conversation: Conversation): void {
  const messages = body.list("messages") ?? [];
  if (messages.length === 0) throw TenantryError.invalidRequest("messages", "must hold at least one message");
  const roles = messages.map((message, at) => readMessage(message, `messages[${at}]`, conversation));
  if (roles.at(-1) !== "assistant") return;
  throw TenantryError.invalidRequest(
    `messages[${messages.length - 1}].role`,
    "an answer that the caller has begun cannot be continued by the model that answers",
  );
}

function readMessage(value: unknown, path: string, conversation: Conversation): string {
  const role = kindAt(value, path, "role", ["user", "assistant", "system"]);
  const fields = openFields(value, path, rulesOf(messageFields, "messages[]"));
  const content = fields.value("content");
  if (typeof content === "string") {
    if (role === "system") conversation.system(content, path);
    else if (role === "user") conversation.user(content, path);
    else conversation.said(content, path);
    return role;
  }
  const blocks = fields.list("content");
  if (blocks === undefined)
    throw TenantryError.invalidRequest(fields.at("content"), "must be a text or a list of blocks");
  const at = fields.at("content");
  if (role === "user") readUser(blocks, path, at, conversation);
  else for (const [n, block] of blocks.entries()) readOwnBlock(role, block, joinPath(at, n), conversation);
  return role;
}

/** Results of tools come first in this protocol; they are messages of their own in others. */
function readUser(blocks: readonly unknown[], path: string, at: string, conversation: Conversation): void {
  const parts: ContentPart[] = [];
  const places: string[] = [];
  for (const [n, block] of blocks.entries()) {
    const place = joinPath(at, n);
    if (kindAt(block, place, "type", ["text", "image", "tool_result"]) !== "tool_result") {
      parts.push(readPart(block, place));
      places.push(place);
    } else if (parts.length > 0) {
      throw TenantryError.invalidRequest(place, "tool results must come before all else in their message");
    } else readToolResult(block, place, conversation);
  }
  if (parts.length > 0) conversation.user(parts, path, places);
}

function readOwnBlock(role: "assistant" | "system", block: unknown, path: string, conversation: Conversation): void {
  if (role === "system") {
    kindAt(block, path, "type", ["text"]);
    const text = openFields(block, path, rulesOf(messageFields, "content[] of type text")).requiredText("text");
    return conversation.system(text, path);
  }
  const kind = kindAt(block, path, "type", ["text", "thinking", "redacted_thinking", "tool_use"]);
  const fields = openFields(block, path, rulesOf(messageFields, `content[] of type ${kind}`));
  switch (kind) {
    case "text":
      return conversation.said(fields.requiredText("text"), path);
    case "thinking": {
      const [text, signature] = [fields.requiredText("thinking"), fields.requiredText("signature")];
      return conversation.thought({ type: "thinking", text, signature }, path);
    }
    case "redacted_thinking":
      return conversation.thought({ type: "redacted", data: fields.requiredText("data") }, path);
    case "tool_use": {
      const [id, name] = [fields.requiredText("id"), fields.requiredText("name")];
      return conversation.called({ id, name, argumentsJson: JSON.stringify(fields.json("input") ?? {}) }, path);
    }
  }
}

function readToolResult(block: unknown, path: string, conversation: Conversation): void {
  const fields = openFields(block, path, rulesOf(messageFields, "content[] of type tool_result"));
  const toolCallId = fields.requiredText("tool_use_id");
  const isError = fields.flag("is_error") ?? false;
  const content = readResultContent(fields);
  const places = typeof content === "string" ? [] : content.map((_, n) => joinPath(fields.at("content"), n));
  conversation.tool({ toolCallId, content, ...(isError ? { isError } : {}) }, path, places);
}

function readResultContent(fields: Fields): ChatContent {
  const content = fields.value("content");
  if (typeof content === "string") return content;
  const blocks = fields.list("content") ?? [];
  if (blocks.length === 0) return "";
  return blocks.map((block, n) => {
    const place = joinPath(fields.at("content"), n);
    kindAt(block, place, "type", ["text", "image"]);
    return readPart(block, place);
  });
}

function readPart(block: unknown, path: string): ContentPart {
  const kind = kindAt(block, path, "type", ["text", "image"]);
  const fields = openFields(block, path, rulesOf(messageFields, `content[] of type ${kind}`));
  if (kind === "text") return { type: "text", text: fields.requiredText("text") };
  const at = fields.at("source");
  const given = fields.value("source");
  const type = kindAt(given, at, "type", ["base64", "url"]);
  const source = openFields(given, at, rulesOf(messageFields, `content[].source of type ${type}`));
  if (type === "url") return { type: "image", url: source.requiredText("url") };
  return { type: "image", base64: source.requiredText("data"), mediaType: source.requiredText("media_type") };
}
