import { TenantryError, type ChatRequest } from "@tenantry/core";
import { createConversation } from "../conversation.ts";
import { rulesOf } from "../rules-of.ts";
import { efforts } from "../openai/efforts.ts";
import { readEndUser } from "../openai/read-end-user.ts";
import { openFields, type Fields } from "../read-fields.ts";
import type { JsonObject, ReadCall } from "../protocol.ts";
import { chatFields } from "./chat-fields.ts";
import { readChatMessages } from "./read-chat-messages.ts";
import { readChatFormat, readChatToolChoice, readChatTools } from "./read-chat-tools.ts";

const places: Readonly<Record<string, string>> = {
  responseFormat: "response_format",
  reasoning: "reasoning_effort",
  toolChoice: "tool_choice",
  topP: "top_p",
  maxOutputTokens: "max_completion_tokens",
};

/** A chat completion's request. Throws `invalid_request` that names the first field that cannot be translated. */
export function readChatRequest(body: JsonObject): ReadCall {
  const fields = openFields(body, "", rulesOf(chatFields, "body"));
  const conversation = createConversation();
  readChatMessages(fields, conversation);
  fields.text("model");
  const streamed = fields.flag("stream") ?? false;
  const endUserId = readEndUser(fields);
  const request: ChatRequest = {
    messages: conversation.messages,
    ...readChatTools(fields),
    ...readChatToolChoice(fields),
    ...readChatFormat(fields),
    ...readSampling(fields),
    ...readLimit(fields),
    ...readEffort(fields),
    ...(endUserId === null ? {} : { endUserId }),
  };
  return {
    request,
    streamed,
    userId: endUserId,
    usageInStream: readStreamOptions(fields, streamed),
    echo: {},
    fieldOf: (path) => places[path] ?? conversation.fieldOf(path),
  };
}

function readSampling(fields: Fields): Pick<ChatRequest, "temperature" | "topP" | "stop" | "parallelToolCalls"> {
  const temperature = fields.number("temperature", { least: 0, most: 2 });
  const topP = fields.number("top_p", { least: 0, most: 1 });
  const parallelToolCalls = fields.flag("parallel_tool_calls");
  const stop = readStop(fields);
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
    ...(stop.length === 0 ? {} : { stop }),
  };
}

function readStop(fields: Fields): readonly string[] {
  const given = fields.value("stop");
  if (given === undefined) return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length <= 4 && list.every((text): text is string => typeof text === "string")) return list;
  throw TenantryError.invalidRequest("stop", "must be a text or a list of up to 4");
}

function readLimit(fields: Fields): Pick<ChatRequest, "maxOutputTokens"> {
  const range = { least: 1, whole: true };
  const newer = fields.number("max_completion_tokens", range);
  const older = fields.number("max_tokens", range);
  if (newer !== undefined && older !== undefined) {
    throw TenantryError.invalidRequest("max_tokens", "cannot be used together with max_completion_tokens");
  }
  const limit = newer ?? older;
  return limit === undefined ? {} : { maxOutputTokens: limit };
}

function readEffort(fields: Fields): Pick<ChatRequest, "reasoning"> {
  const effort = fields.choice("reasoning_effort", efforts);
  return effort === undefined ? {} : { reasoning: { effort } };
}

function readStreamOptions(fields: Fields, streamed: boolean): boolean {
  const options = fields.fields("stream_options", rulesOf(chatFields, "stream_options"));
  if (options === undefined) return false;
  if (!streamed) throw TenantryError.invalidRequest("stream_options", "is only allowed with stream");
  return options.flag("include_usage") ?? false;
}
