import type { Fields } from "../http/read-fields.ts";
import { isFields } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";
import type { Encoding } from "../prompt/tokenizer.ts";
import type { GenerationRequest, PromptBlock } from "../prompt/generation-request.ts";
import { messageBlock, readContent, toolsBlock } from "./content-parts.ts";
import { checkContext, checkSampling, readOpenaiModel, reasoningTokensFor } from "./model-rules.ts";
import { openaiFields } from "./openai-fields.ts";
import { readFormat, readToolChoice, readTools } from "./tools.ts";

interface Conversation {
  readonly blocks: PromptBlock[];
  lastUserText: string;
  userSpokeLast: boolean;
}

const plain = (text: string) => ({ text, imageTokens: 0, imageDigest: "" });

function readItem(value: unknown, at: string, into: Conversation, encoding: Encoding): void {
  const item = openaiFields.object(value, at);
  const type = item["type"] ?? "message";
  into.userSpokeLast = false;
  switch (type) {
    case "message": {
      const role = openaiFields.requiredString(item, "role", `${at}.role`);
      if (item["content"] === undefined) {
        throw openaiFields.failure(`${at}.content`, { kind: "missing" });
      }
      const content = readContent(item["content"], `${at}.content`);
      into.blocks.push(messageBlock(role, content, "", encoding));
      if (role !== "user") return;
      into.lastUserText = content.text;
      into.userSpokeLast = true;
      return;
    }
    case "function_call": {
      const name = openaiFields.requiredString(item, "name", `${at}.name`);
      const args = openaiFields.requiredString(item, "arguments", `${at}.arguments`);
      into.blocks.push(messageBlock("assistant", plain(name + args), "", encoding));
      return;
    }
    case "function_call_output": {
      openaiFields.requiredString(item, "call_id", `${at}.call_id`);
      const content = readContent(item["output"], `${at}.output`);
      into.blocks.push(messageBlock("tool", content, "", encoding));
      return;
    }
    case "reasoning":
      return;
    default:
      throw openaiFields.failure(`${at}.type`, {
        kind: "value",
        expected: "'message', 'function_call', 'function_call_output' or 'reasoning'",
      });
  }
}

function readInput(body: Fields, encoding: Encoding): Conversation {
  const conversation: Conversation = { blocks: [], lastUserText: "", userSpokeLast: false };
  const instructions = openaiFields.optionalString(body, "instructions");
  if (instructions) {
    conversation.blocks.push(messageBlock("system", plain(instructions), "", encoding));
  }
  const input = body["input"];
  if (input === undefined || input === null) {
    throw openaiFields.failure("input", { kind: "missing" });
  }
  if (typeof input === "string") {
    conversation.blocks.push(messageBlock("user", plain(input), "", encoding));
    return { ...conversation, lastUserText: input, userSpokeLast: true };
  }
  if (!Array.isArray(input)) {
    const expected = "a string or an array of items";
    throw openaiFields.failure("input", { kind: "type", expected, found: input });
  }
  input.forEach((item, index) => readItem(item, `input[${index}]`, conversation, encoding));
  return conversation;
}

/** Nothing is kept between calls, so ids of stored things cannot be known. */
function refuseStoredThings(body: Fields): void {
  const previous = openaiFields.optionalString(body, "previous_response_id");
  if (previous !== null) {
    throw new VendorError(400, `Previous response with id '${previous}' not found.`, {
      param: "previous_response_id",
      code: "previous_response_not_found",
    });
  }
  for (const name of ["conversation", "prompt", "background"]) {
    if (body[name] === undefined || body[name] === null || body[name] === false) continue;
    throw new VendorError(400, `Unsupported parameter: '${name}' is not simulated.`, {
      param: name,
      code: "unsupported_parameter",
    });
  }
}

/** `POST /v1/responses`: https://platform.openai.com/docs/api-reference/responses/create */
export function readResponsesRequest(body: Fields): GenerationRequest {
  const model = readOpenaiModel(body, "chat");
  refuseStoredThings(body);
  const conversation = readInput(body, model.card.encoding);
  const tools = readTools(body);
  checkSampling(body, model);
  const text = openaiFields.optionalObject(body, "text");
  const format = text ? openaiFields.optionalObject(text, "format", "text.format") : null;
  const reasoning = openaiFields.optionalObject(body, "reasoning");
  const effort = reasoning ? openaiFields.optionalString(reasoning, "effort", "reasoning.effort") : null;
  const promptText = conversation.blocks.map((block) => block.text).join("\n");
  const rawTools = Array.isArray(body["tools"]) ? body["tools"].filter(isFields) : [];
  const limit = { min: 1, max: model.card.maxOutputTokens, integer: true };
  const request: GenerationRequest = {
    model,
    blocks: [...toolsBlock(rawTools), ...conversation.blocks],
    lastUserText: conversation.lastUserText,
    userSpokeLast: conversation.userSpokeLast,
    tools,
    toolChoice: readToolChoice(body, tools),
    parallelToolCalls: openaiFields.optionalBoolean(body, "parallel_tool_calls") ?? true,
    format: readFormat(format, "text.format", promptText),
    choices: 1,
    maxOutputTokens: openaiFields.optionalNumber(body, "max_output_tokens", limit),
    stop: [],
    reasoningTokens: reasoningTokensFor(model, effort, "reasoning.effort", conversation.lastUserText),
    showsThinking: false,
    stream: openaiFields.optionalBoolean(body, "stream") ?? false,
    streamUsage: true,
  };
  checkContext(request, "input");
  return request;
}
