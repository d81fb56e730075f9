import type { Fields } from "../http/read-fields.ts";
import { isFields } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";
import type { FoundModel } from "../models/find-model.ts";
import type { GenerationRequest, PromptBlock } from "../prompt/generation-request.ts";
import { messageBlock, readContent, toolsBlock } from "./content-parts.ts";
import { checkContext, checkSampling, readOpenaiModel, reasoningTokensFor } from "./model-rules.ts";
import { openaiFields } from "./openai-fields.ts";
import { readFormat, readToolChoice, readTools } from "./tools.ts";

const roles = new Set(["developer", "system", "user", "assistant", "tool", "function"]);

interface Conversation {
  readonly blocks: readonly PromptBlock[];
  readonly lastUserText: string;
  readonly lastRole: string;
}

function readMessages(body: Fields, model: FoundModel): Conversation {
  const messages = openaiFields.optionalArray(body, "messages");
  if (!messages) throw openaiFields.failure("messages", { kind: "missing" });
  if (messages.length === 0) {
    const message =
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
    throw new VendorError(400, message, { param: "messages", code: "empty_array" });
  }
  let lastUserText = "";
  let lastRole = "";
  const blocks = messages.map((value, index) => {
    const at = `messages[${index}]`;
    const message = openaiFields.object(value, at);
    const role = openaiFields.requiredString(message, "role", `${at}.role`);
    if (!roles.has(role)) {
      const expected = `one of ${[...roles].join(", ")}`;
      throw openaiFields.failure(`${at}.role`, { kind: "value", expected });
    }
    const calls = message["tool_calls"] ?? message["function_call"];
    if (message["content"] === undefined && calls === undefined) {
      throw openaiFields.failure(`${at}.content`, { kind: "missing" });
    }
    if (message["content"] === null && role !== "assistant") {
      const expected = "a string or an array of parts";
      throw openaiFields.failure(`${at}.content`, { kind: "type", expected, found: null });
    }
    if (role === "tool") openaiFields.requiredString(message, "tool_call_id", `${at}.tool_call_id`);
    const content = readContent(message["content"], `${at}.content`);
    const name = openaiFields.optionalString(message, "name", `${at}.name`);
    if (role === "user") lastUserText = content.text;
    lastRole = role;
    const suffix = (name ?? "") + (calls === undefined ? "" : JSON.stringify(calls));
    return messageBlock(role, content, suffix, model.card.encoding);
  });
  return { blocks, lastUserText, lastRole };
}

function readLimit(body: Fields, model: FoundModel): number | null {
  const range = { min: 1, integer: true };
  const modern = openaiFields.optionalNumber(body, "max_completion_tokens", range);
  const legacy = openaiFields.optionalNumber(body, "max_tokens", range);
  const name = modern === null ? "max_tokens" : "max_completion_tokens";
  if (modern !== null && legacy !== null) {
    const message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
    throw new VendorError(400, message, { param: "max_tokens", code: "invalid_parameter_combination" });
  }
  if (legacy !== null && model.card.reasoning) {
    throw new VendorError(
      400,
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      { param: "max_tokens", code: "unsupported_parameter" },
    );
  }
  const limit = modern ?? legacy;
  if (limit !== null && limit > model.card.maxOutputTokens) {
    const message = `${name} is too large: ${limit}. This model supports at most ${model.card.maxOutputTokens} completion tokens, whereas you provided ${limit}.`;
    throw new VendorError(400, message, { param: name, code: "invalid_value" });
  }
  return limit;
}

function readStop(body: Fields): string[] {
  const stop = body["stop"];
  if (stop === undefined || stop === null) return [];
  const list: unknown[] = Array.isArray(stop) ? stop : [stop];
  if (list.length > 4 || !list.every((item) => typeof item === "string")) {
    const expected = "a string or an array of up to 4 strings";
    throw openaiFields.failure("stop", { kind: "type", expected, found: stop });
  }
  return list as string[];
}

function readStreamUsage(body: Fields, stream: boolean): boolean {
  const options = openaiFields.optionalObject(body, "stream_options");
  if (options && !stream) {
    const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    throw new VendorError(400, message, { param: "stream_options", code: null });
  }
  return options?.["include_usage"] === true;
}

/** `POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat/create */
export function readChatRequest(body: Fields): GenerationRequest {
  const model = readOpenaiModel(body, "chat");
  const conversation = readMessages(body, model);
  const tools = readTools(body);
  checkSampling(body, model);
  const stream = openaiFields.optionalBoolean(body, "stream") ?? false;
  const effort = openaiFields.optionalString(body, "reasoning_effort");
  const format = openaiFields.optionalObject(body, "response_format");
  const promptText = conversation.blocks.map((block) => block.text).join("\n");
  const rawTools = Array.isArray(body["tools"]) ? body["tools"].filter(isFields) : [];
  const request: GenerationRequest = {
    model,
    blocks: [...toolsBlock(rawTools), ...conversation.blocks],
    lastUserText: conversation.lastUserText,
    userSpokeLast: conversation.lastRole === "user",
    tools,
    toolChoice: readToolChoice(body, tools),
    parallelToolCalls: openaiFields.optionalBoolean(body, "parallel_tool_calls") ?? true,
    format: readFormat(format, "response_format", promptText),
    choices: openaiFields.optionalNumber(body, "n", { min: 1, max: 128, integer: true }) ?? 1,
    maxOutputTokens: readLimit(body, model),
    stop: readStop(body),
    reasoningTokens: reasoningTokensFor(model, effort, "reasoning_effort", conversation.lastUserText),
    showsThinking: false,
    stream,
    streamUsage: readStreamUsage(body, stream),
  };
  checkContext(request, "messages");
  return request;
}
