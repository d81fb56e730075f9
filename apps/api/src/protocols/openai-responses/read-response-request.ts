import { TenantryError, type ChatRequest, type ReasoningEffort } from "@tenantry/core";
import { createConversation } from "../conversation.ts";
import { readEndUser } from "../openai/read-end-user.ts";
import { efforts } from "../openai/efforts.ts";
import type { JsonObject, ReadCall } from "../protocol.ts";
import { openFields, type Fields } from "../read-fields.ts";
import { rulesOf } from "../rules-of.ts";
import { readInput } from "./read-input.ts";
import { readResponseFormat, readResponseToolChoice, readResponseTools } from "./read-response-tools.ts";
import { responseFields } from "./response-fields.ts";

const places: Readonly<Record<string, string>> = {
  responseFormat: "text.format",
  toolChoice: "tool_choice",
  topP: "top_p",
  maxOutputTokens: "max_output_tokens",
};

const echoed = [
  "instructions",
  "max_output_tokens",
  "metadata",
  "parallel_tool_calls",
  "prompt_cache_key",
  "reasoning",
  "safety_identifier",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_p",
  "user",
] as const;

/** A response's request. Throws `invalid_request` that names the first field that cannot be translated. */
export function readResponseRequest(body: JsonObject): ReadCall {
  const fields = openFields(body, "", rulesOf(responseFields, "body"));
  const conversation = createConversation();
  const instructions = fields.text("instructions");
  if (instructions !== undefined) conversation.system(instructions, "instructions");
  readInput(fields, conversation);
  fields.text("model");
  fields.json("metadata");
  const streamed = fields.flag("stream") ?? false;
  if (fields.fields("stream_options", rulesOf(responseFields, "stream_options")) !== undefined && !streamed) {
    throw TenantryError.invalidRequest("stream_options", "is only allowed with stream");
  }
  const endUserId = readEndUser(fields);
  const request: ChatRequest = {
    messages: conversation.messages,
    ...readResponseTools(fields),
    ...readResponseToolChoice(fields),
    ...readResponseFormat(fields),
    ...readSampling(fields),
    ...readReasoning(fields),
    ...(endUserId === null ? {} : { endUserId }),
  };
  const echo = Object.fromEntries(
    echoed.flatMap((name) => (fields.value(name) === undefined ? [] : [[name, fields.value(name)]])),
  );
  return {
    request,
    streamed,
    userId: endUserId,
    usageInStream: true,
    echo,
    fieldOf: (path) => places[path] ?? conversation.fieldOf(path),
  };
}

function readSampling(
  fields: Fields,
): Pick<ChatRequest, "temperature" | "topP" | "maxOutputTokens" | "parallelToolCalls"> {
  const temperature = fields.number("temperature", { least: 0, most: 2 });
  const topP = fields.number("top_p", { least: 0, most: 1 });
  const maxOutputTokens = fields.number("max_output_tokens", { least: 1, whole: true });
  const parallelToolCalls = fields.flag("parallel_tool_calls");
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
  };
}

function readReasoning(body: Fields): Pick<ChatRequest, "reasoning"> {
  const fields = body.fields("reasoning", rulesOf(responseFields, "reasoning"));
  if (fields === undefined) return {};
  const effort: ReasoningEffort | undefined = fields.choice("effort", efforts);
  const words = ["auto", "concise", "detailed"] as const;
  const summary = fields.choice("summary", words) ?? fields.choice("generate_summary", words);
  if (effort === undefined && summary === undefined) return {};
  return {
    reasoning: {
      ...(effort === undefined ? {} : { effort }),
      ...(summary === undefined ? {} : { shown: true }),
    },
  };
}
