import { joinPath, TenantryError, type ChatContent, type ContentPart, type ImageDetail } from "@tenantry/core";
import type { Conversation } from "../conversation.ts";
import { kindAt, objectAt, openFields, type Fields } from "../read-fields.ts";
import { rulesOf } from "../rules-of.ts";
import { responseFields } from "./response-fields.ts";
import { unsealReasoning } from "./sealed-reasoning.ts";

const kinds = ["message", "function_call", "function_call_output", "reasoning"] as const;
const roles = ["user", "assistant", "system", "developer"] as const;
const details: readonly ImageDetail[] = ["auto", "low", "high", "original"];

/** `input`, into the conversation. */
export function readInput(body: Fields, conversation: Conversation): void {
  const input = body.value("input");
  if (typeof input === "string") return conversation.user(input, "input");
  const items = body.list("input") ?? [];
  if (items.length === 0) throw TenantryError.invalidRequest("input", "must be a text or a list of at least one item");
  for (const [n, item] of items.entries()) readItem(item, joinPath("input", n), conversation);
}

function readItem(value: unknown, path: string, conversation: Conversation): void {
  const kind = kindAt(value, path, "type", kinds, "role" in objectAt(value, path) ? "message" : undefined);
  const fields = openFields(value, path, rulesOf(responseFields, `input[] of type ${kind}`));
  switch (kind) {
    case "message":
      return readMessage(value, fields, conversation);
    case "function_call": {
      const [id, name] = [fields.requiredText("call_id"), fields.requiredText("name")];
      return conversation.called({ id, name, argumentsJson: fields.requiredText("arguments") }, path);
    }
    case "function_call_output": {
      const toolCallId = fields.requiredText("call_id");
      const { content, places } = readContent(fields, "output");
      return conversation.tool({ toolCallId, content }, path, places);
    }
    case "reasoning": {
      const part = unsealReasoning(fields.text("encrypted_content") ?? "");
      if (part !== null) conversation.thought(part, path);
    }
  }
}

function readMessage(value: unknown, fields: Fields, conversation: Conversation): void {
  const role = kindAt(value, fields.path, "role", roles);
  if (role === "user") {
    const { content, places } = readContent(fields, "content");
    return conversation.user(content, fields.path, places);
  }
  const texts = readTexts(fields, role === "assistant" ? ["output_text", "refusal", "input_text"] : ["input_text"]);
  if (role === "assistant") return conversation.said(texts.map(({ text }) => text).join(""), fields.path);
  for (const { text, place } of texts) conversation.system(text, place);
}

interface PlacedText {
  readonly text: string;
  readonly place: string;
}

type TextKind = "input_text" | "output_text" | "refusal";

function readTexts(fields: Fields, allowed: readonly TextKind[]): readonly PlacedText[] {
  const content = fields.value("content");
  if (typeof content === "string") return [{ text: content, place: fields.path }];
  return partsOf(fields, "content").map((part, n) => {
    const place = joinPath(fields.at("content"), n);
    const kind = kindAt(part, place, "type", allowed);
    const own = openFields(part, place, rulesOf(responseFields, `content[] of type ${kind}`));
    return { text: own.requiredText(kind === "refusal" ? "refusal" : "text"), place };
  });
}

interface PlacedContent {
  readonly content: ChatContent;
  readonly places: readonly string[];
}

function readContent(fields: Fields, name: "content" | "output"): PlacedContent {
  const content = fields.value(name);
  if (typeof content === "string") return { content, places: [] };
  const parts = partsOf(fields, name);
  const places = parts.map((_, n) => joinPath(fields.at(name), n));
  return { content: parts.map((part, n) => readPart(part, places[n] ?? fields.at(name))), places };
}

function readPart(value: unknown, path: string): ContentPart {
  const kind = kindAt(value, path, "type", ["input_text", "input_image"]);
  const fields = openFields(value, path, rulesOf(responseFields, `content[] of type ${kind}`));
  if (kind === "input_text") return { type: "text", text: fields.requiredText("text") };
  const detail = fields.choice("detail", details);
  return { type: "image", url: fields.requiredText("image_url"), ...(detail === undefined ? {} : { detail }) };
}

function partsOf(fields: Fields, name: string): readonly unknown[] {
  const content = fields.value(name);
  if (Array.isArray(content) && content.length > 0) return content;
  throw TenantryError.invalidRequest(fields.at(name), "must be a text or a list of parts that is not empty");
}
