import { joinPath, TenantryError, type ChatRequest, type ReasoningWish } from "@tenantry/core";
import { createConversation, type Conversation } from "../conversation.ts";
import type { JsonObject, ReadCall } from "../protocol.ts";
import { kindAt, openFields, type Fields } from "../read-fields.ts";
import { rulesOf } from "../rules-of.ts";
import { messageFields } from "./message-fields.ts";
import { readMessages } from "./read-messages.ts";
import { readMessageTools, readMessageToolChoice } from "./read-message-tools.ts";

const places: Readonly<Record<string, string>> = {
  responseFormat: "output_config.format",
  reasoning: "thinking",
  toolChoice: "tool_choice",
  topP: "top_p",
  maxOutputTokens: "max_tokens",
};

const efforts = ["low", "medium", "high", "xhigh", "max"] as const;

/** A message's request. Throws `invalid_request` that names the first field that cannot be translated. */
export function readMessageRequest(body: JsonObject): ReadCall {
  const fields = openFields(body, "", rulesOf(messageFields, "body"));
  const conversation = createConversation();
  readSystem(fields, conversation);
  readMessages(fields, conversation);
  fields.text("model");
  const maxOutputTokens = fields.number("max_tokens", { least: 1, whole: true });
  if (maxOutputTokens === undefined) throw TenantryError.invalidRequest("max_tokens", "is required");
  const endUserId = fields.fields("metadata", rulesOf(messageFields, "metadata"))?.text("user_id") ?? null;
  const request: ChatRequest = {
    messages: conversation.messages,
    maxOutputTokens,
    ...readMessageTools(fields),
    ...readMessageToolChoice(fields),
    ...readSampling(fields),
    ...readOutput(fields),
    ...(endUserId === null ? {} : { endUserId }),
  };
  return {
    request,
    streamed: fields.flag("stream") ?? false,
    userId: endUserId,
    usageInStream: true,
    echo: {},
    fieldOf: (path) => places[path] ?? conversation.fieldOf(path),
  };
}

function readSystem(fields: Fields, conversation: Conversation): void {
  const system = fields.value("system");
  if (system === undefined) return;
  if (typeof system === "string") return conversation.system(system, "system");
  for (const [n, block] of (fields.list("system") ?? []).entries()) {
    const path = joinPath("system", n);
    kindAt(block, path, "type", ["text"]);
    const text = openFields(block, path, rulesOf(messageFields, "content[] of type text")).requiredText("text");
    conversation.system(text, path);
  }
}

function readSampling(fields: Fields): Pick<ChatRequest, "temperature" | "topP" | "stop"> {
  const temperature = fields.number("temperature", { least: 0, most: 1 });
  const topP = fields.number("top_p", { least: 0, most: 1 });
  const stop = fields.list("stop_sequences") ?? [];
  if (!stop.every((text): text is string => typeof text === "string")) {
    throw TenantryError.invalidRequest("stop_sequences", "must be a list of texts");
  }
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop.length === 0 ? {} : { stop }),
  };
}

function readOutput(fields: Fields): Pick<ChatRequest, "responseFormat" | "reasoning"> {
  const config = fields.fields("output_config", rulesOf(messageFields, "output_config"));
  const effort = config?.choice("effort", efforts);
  const thinking = readThinking(fields);
  const reasoning = effort === undefined ? thinking : { ...thinking, effort };
  return {
    ...(config === undefined ? {} : readFormat(config)),
    ...(reasoning === null ? {} : { reasoning }),
  };
}

/** The format has no name in this protocol, and others want one. */
function readFormat(config: Fields): Pick<ChatRequest, "responseFormat"> {
  const given = config.value("format");
  if (given === undefined) return {};
  const path = config.at("format");
  kindAt(given, path, "type", ["json_schema"]);
  const format = openFields(given, path, rulesOf(messageFields, "output_config.format"));
  const schema = format.json("schema");
  if (schema === undefined) throw TenantryError.invalidRequest(format.at("schema"), "is required");
  return { responseFormat: { type: "json-schema", name: "answer", schema, strict: true } };
}

/** Switched off is not the same as `effort: "none"`, which models that never think do not know. */
function readThinking(fields: Fields): ReasoningWish | null {
  const given = fields.value("thinking");
  if (given === undefined) return null;
  const type = kindAt(given, "thinking", "type", ["enabled", "adaptive", "disabled"]);
  const thinking = openFields(given, "thinking", rulesOf(messageFields, `thinking of type ${type}`));
  const display = thinking.choice("display", ["summarized", "omitted"]);
  const budgetTokens = thinking.number("budget_tokens", { least: 1_024, whole: true });
  if (type === "disabled") return null;
  if (type === "enabled" && budgetTokens === undefined) {
    throw TenantryError.invalidRequest("thinking.budget_tokens", "is required");
  }
  return {
    ...(budgetTokens === undefined ? {} : { budgetTokens }),
    ...(display === undefined ? {} : { shown: display === "summarized" }),
  };
}
