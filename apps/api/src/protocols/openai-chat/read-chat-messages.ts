import { joinPath, TenantryError, type ContentPart, type ImageDetail } from "@tenantry/core";
import type { Conversation } from "../conversation.ts";
import { rulesOf } from "../rules-of.ts";
import { kindAt, openFields, type Fields } from "../read-fields.ts";
import { chatFields } from "./chat-fields.ts";

const roles = ["system", "developer", "user", "assistant", "tool"] as const;
const details: readonly ImageDetail[] = ["auto", "low", "high", "original"];

/** `messages`, into the conversation. */
export function readChatMessages(body: Fields, conversation: Conversation): void {
  const messages = body.list("messages") ?? [];
  if (messages.length === 0) throw TenantryError.invalidRequest("messages", "must hold at least one message");
  for (const [at, message] of messages.entries()) readMessage(message, `messages[${at}]`, conversation);
}

function readMessage(value: unknown, path: string, conversation: Conversation): void {
  const role = kindAt(value, path, "role", roles);
  const place = role === "system" || role === "developer" ? "system or developer" : role;
  const fields = openFields(value, path, rulesOf(chatFields, `messages[] of role ${place}`));
  switch (role) {
    case "system":
    case "developer":
      for (const { text, at } of readTexts(fields, ["text"])) conversation.system(text, at);
      return;
    case "user":
      readUser(fields, conversation);
      return;
    case "assistant":
      readAssistant(fields, conversation);
      return;
    case "tool":
      readTool(fields, conversation);
  }
}

function readUser(fields: Fields, conversation: Conversation): void {
  const content = fields.value("content");
  if (typeof content === "string") return conversation.user(content, fields.path);
  const at = fields.at("content");
  const parts = contentList(fields).map((part, n) => readPart(part, joinPath(at, n)));
  conversation.user(
    parts,
    fields.path,
    parts.map((_, n) => joinPath(at, n)),
  );
}

function readAssistant(fields: Fields, conversation: Conversation): void {
  const texts = fields.value("content") === undefined ? [] : readTexts(fields, ["text", "refusal"]);
  const refusal = fields.text("refusal");
  const calls = fields.list("tool_calls") ?? [];
  const said = texts.map(({ text }) => text).join("") + (refusal ?? "");
  if (texts.length === 0 && refusal === undefined && calls.length === 0) {
    throw TenantryError.invalidRequest(fields.at("content"), "is required where there are no tool_calls");
  }
  if (said !== "" || calls.length === 0) conversation.said(said, fields.path);
  for (const [n, call] of calls.entries()) readToolCall(call, joinPath(fields.at("tool_calls"), n), conversation);
}

function readToolCall(value: unknown, path: string, conversation: Conversation): void {
  kindAt(value, path, "type", ["function"]);
  const fields = openFields(value, path, rulesOf(chatFields, "messages[].tool_calls[]"));
  const called = fields.fields("function", rulesOf(chatFields, "messages[].tool_calls[].function"));
  if (called === undefined) throw TenantryError.invalidRequest(fields.at("function"), "is required");
  const id = fields.requiredText("id");
  const call = { id, name: called.requiredText("name"), argumentsJson: called.requiredText("arguments") };
  conversation.called(call, path);
}

function readTool(fields: Fields, conversation: Conversation): void {
  const toolCallId = fields.requiredText("tool_call_id");
  const content = fields.value("content");
  if (typeof content === "string") return conversation.tool({ toolCallId, content }, fields.path);
  const texts = readTexts(fields, ["text"]);
  conversation.tool(
    { toolCallId, content: texts.map(({ text }) => ({ type: "text", text })) },
    fields.path,
    texts.map(({ at }) => at),
  );
}

/** Text or a list of parts that are text; each with its place. */
function readTexts(fields: Fields, kinds: readonly ("text" | "refusal")[]): readonly { text: string; at: string }[] {
  const content = fields.value("content");
  if (typeof content === "string") return [{ text: content, at: fields.path }];
  return contentList(fields).map((part, n) => {
    const at = joinPath(fields.at("content"), n);
    const kind = kindAt(part, at, "type", kinds);
    const text = openFields(part, at, rulesOf(chatFields, `content[] of type ${kind}`)).requiredText(kind);
    return { text, at };
  });
}

function readPart(value: unknown, path: string): ContentPart {
  const kind = kindAt(value, path, "type", ["text", "image_url"]);
  const fields = openFields(value, path, rulesOf(chatFields, `content[] of type ${kind}`));
  if (kind === "text") return { type: "text", text: fields.requiredText("text") };
  const image = fields.fields("image_url", rulesOf(chatFields, "content[].image_url"));
  if (image === undefined) throw TenantryError.invalidRequest(fields.at("image_url"), "is required");
  const detail = image.choice("detail", details);
  return { type: "image", url: image.requiredText("url"), ...(detail === undefined ? {} : { detail }) };
}

function contentList(fields: Fields): readonly unknown[] {
  const content = fields.value("content");
  if (Array.isArray(content) && content.length > 0) return content;
  throw TenantryError.invalidRequest(fields.at("content"), "must be a text or a list of parts that is not empty");
}
