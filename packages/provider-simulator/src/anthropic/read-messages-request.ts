import type { Fields } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";
import type { FoundModel } from "../models/find-model.ts";
import { findModel } from "../models/find-model.ts";
import { countPrompt } from "../prompt/count-prompt.ts";
import type {
  AnswerFormat,
  GenerationRequest,
  PromptBlock,
  ToolChoice,
  ToolSpec,
} from "../prompt/generation-request.ts";
import { tokensPerMessage } from "../prompt/generation-request.ts";
import { anthropicFields } from "./anthropic-fields.ts";
import { readBlocks, readCacheTtl } from "./content-blocks.ts";

const maxBreakpoints = 4;
/** With this `anthropic-beta`, Sonnet 4 and 4.5 take a million tokens, dearer above 200,000. */
const longContextBeta = "context-1m-2025-08-07";
const longContextTokens = 1_000_000;
const thinkingTokens = 64;

interface Conversation {
  readonly blocks: readonly PromptBlock[];
  readonly lastUserText: string;
  readonly userSpokeLast: boolean;
}

function readModel(body: Fields): FoundModel {
  const name = anthropicFields.requiredString(body, "model");
  const found = findModel("anthropic", name);
  if (!found) throw new VendorError(404, `model: ${name}`);
  return found;
}

function withHead(blocks: readonly PromptBlock[], role: string): PromptBlock[] {
  return blocks.map((block, index) => ({
    ...block,
    identity: `${role}\u0000${index}\u0000${block.identity}`,
    extraTokens: block.extraTokens + (index === 0 ? tokensPerMessage + 1 : 0),
  }));
}

function readMessages(body: Fields): Conversation {
  const messages = anthropicFields.optionalArray(body, "messages");
  if (!messages) throw anthropicFields.failure("messages", { kind: "missing" });
  if (messages.length === 0) {
    throw new VendorError(400, "messages: at least one message is required");
  }
  let lastUserText = "";
  let userSpokeLast = false;
  const blocks = messages.flatMap((value, index) => {
    const at = `messages[${index}]`;
    const message = anthropicFields.object(value, at);
    const role = anthropicFields.requiredString(message, "role", `${at}.role`);
    if (role !== "user" && role !== "assistant" && role !== "system") {
      throw new VendorError(400, `messages.${index}.role: Input should be 'user' or 'assistant'`);
    }
    const parts = readBlocks(message["content"], `${at}.content`);
    const texts = parts.filter((part) => part.type === "text").map((part) => part.text);
    userSpokeLast = role === "user" && !parts.some((part) => part.type === "tool_result");
    if (role === "user" && texts.length > 0) lastUserText = texts.join("\n");
    return withHead(parts, role);
  });
  return { blocks, lastUserText, userSpokeLast };
}

interface Tools {
  readonly specs: readonly ToolSpec[];
  readonly blocks: readonly PromptBlock[];
}

function readTools(body: Fields): Tools {
  const tools = (anthropicFields.optionalArray(body, "tools") ?? []).map((value, index) => {
    const at = `tools[${index}]`;
    const tool = anthropicFields.object(value, at);
    const type = tool["type"] ?? "custom";
    if (type !== "custom") {
      throw new VendorError(400, `tools.${index}.type: only custom tools are simulated`);
    }
    const name = anthropicFields.requiredString(tool, "name", `${at}.name`);
    const schema = anthropicFields.optionalObject(tool, "input_schema", `${at}.input_schema`);
    if (!schema) throw anthropicFields.failure(`${at}.input_schema`, { kind: "missing" });
    const { cache_control: _, ...definition } = tool;
    const cacheTtl = readCacheTtl(tool, `${at}.`);
    const text = JSON.stringify(definition);
    return {
      spec: { name, schema: { ...schema } },
      block: { text, identity: "tool", extraTokens: 0, cacheTtl },
    };
  });
  return { specs: tools.map((tool) => tool.spec), blocks: tools.map((tool) => tool.block) };
}

interface Choice {
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
}

function readToolChoice(body: Fields, tools: readonly ToolSpec[]): Choice {
  const choice = anthropicFields.optionalObject(body, "tool_choice");
  const parallelToolCalls = choice?.["disable_parallel_tool_use"] !== true;
  switch (choice?.["type"] ?? "auto") {
    case "auto":
      return { toolChoice: "auto", parallelToolCalls };
    case "none":
      return { toolChoice: "none", parallelToolCalls };
    case "any":
      return { toolChoice: "required", parallelToolCalls };
    case "tool": {
      const name = anthropicFields.requiredString(choice ?? {}, "name", "tool_choice.name");
      if (tools.some((tool) => tool.name === name)) return { toolChoice: { name }, parallelToolCalls };
      throw new VendorError(400, `Tool '${name}' not found in provided tools`);
    }
    default:
      throw anthropicFields.failure("tool_choice.type", {
        kind: "value",
        expected: "'auto', 'any', 'tool' or 'none'",
      });
  }
}

function readFormat(body: Fields): AnswerFormat {
  const config = anthropicFields.optionalObject(body, "output_config");
  const format = config ? anthropicFields.optionalObject(config, "format", "output_config.format") : null;
  if (!format) return { kind: "text" };
  if (format["type"] !== "json_schema") {
    const expected = "'json_schema'";
    throw anthropicFields.failure("output_config.format.type", { kind: "value", expected });
  }
  const schema = anthropicFields.optionalObject(format, "schema", "output_config.format.schema");
  if (!schema) throw anthropicFields.failure("output_config.format.schema", { kind: "missing" });
  return { kind: "json-schema", schema: { ...schema } };
}

function readThinking(body: Fields, maxTokens: number | null): boolean {
  const thinking = anthropicFields.optionalObject(body, "thinking");
  const type = thinking?.["type"] ?? "disabled";
  if (type === "disabled" || !thinking) return false;
  if (type === "adaptive") return true;
  if (type !== "enabled") {
    const expected = "'enabled', 'adaptive' or 'disabled'";
    throw anthropicFields.failure("thinking.type", { kind: "value", expected });
  }
  const range = { min: 1024, integer: true };
  const path = "thinking.budget_tokens";
  const budget = anthropicFields.optionalNumber(thinking, "budget_tokens", range, path);
  if (budget === null) throw anthropicFields.failure(path, { kind: "missing" });
  if (maxTokens !== null && budget >= maxTokens) {
    throw new VendorError(400, "`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  return true;
}

function markBreakpoints(body: Fields, blocks: PromptBlock[]): PromptBlock[] {
  const last = blocks.at(-1);
  const ttl = readCacheTtl(body, "");
  if (ttl && last) blocks[blocks.length - 1] = { ...last, cacheTtl: ttl };
  const marked = blocks.filter((block) => block.cacheTtl !== null);
  if (marked.length > maxBreakpoints) {
    throw new VendorError(
      400,
      `A maximum of ${maxBreakpoints} blocks with cache_control may be provided. Found ${marked.length}.`,
    );
  }
  const firstShort = marked.findIndex((block) => block.cacheTtl === "5m");
  if (firstShort >= 0 && marked.slice(firstShort).some((block) => block.cacheTtl === "1h")) {
    const message = "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.";
    throw new VendorError(400, message);
  }
  return blocks;
}

function checkContext(request: GenerationRequest, beta: string): void {
  const { card } = request.model;
  const long = beta.includes(longContextBeta) && /^claude-sonnet-4(-5)?$/.test(card.id);
  const most = long ? longContextTokens : card.contextTokens;
  const prompt = countPrompt(request);
  if (prompt > most) {
    throw new VendorError(400, `prompt is too long: ${prompt} tokens > ${most} maximum`);
  }
  const limit = request.maxOutputTokens ?? 0;
  if (prompt + limit > most) {
    throw new VendorError(
      400,
      `input length and \`max_tokens\` exceed context limit: ${prompt} + ${limit} > ${most}, decrease input length or \`max_tokens\` and try again`,
    );
  }
}

function readMaxTokens(body: Fields, model: FoundModel): number {
  const range = { min: 1, integer: true };
  const limit = anthropicFields.optionalNumber(body, "max_tokens", range);
  if (limit === null) throw anthropicFields.failure("max_tokens", { kind: "missing" });
  const most = model.card.maxOutputTokens;
  if (limit > most) {
    const message = `max_tokens: ${limit} > ${most}, which is the maximum allowed number of output tokens for ${model.reportedName}`;
    throw new VendorError(400, message);
  }
  return limit;
}

function readStop(body: Fields): string[] {
  return (anthropicFields.optionalArray(body, "stop_sequences") ?? []).map((stop, index) => {
    if (typeof stop === "string") return stop;
    const path = `stop_sequences[${index}]`;
    throw anthropicFields.failure(path, { kind: "type", expected: "a string", found: stop });
  });
}

/**
 * `POST /v1/messages`, and `/v1/messages/count_tokens`, which takes the same but needs no `max_tokens`:
 * https://platform.claude.com/docs/en/api/messages
 */
export function readMessagesRequest(
  body: Fields,
  options: { readonly beta: string; readonly countOnly: boolean },
): GenerationRequest {
  const model = readModel(body);
  const maxOutputTokens = options.countOnly ? null : readMaxTokens(body, model);
  const conversation = readMessages(body);
  const tools = readTools(body);
  anthropicFields.optionalNumber(body, "temperature", { min: 0, max: 1 });
  anthropicFields.optionalNumber(body, "top_p", { min: 0, max: 1 });
  const system = body["system"] ?? null;
  const systemBlocks = system === null ? [] : withHead(readBlocks(system, "system"), "system");
  const thinks = readThinking(body, maxOutputTokens);
  const blocks = [...tools.blocks, ...systemBlocks, ...conversation.blocks];
  const request: GenerationRequest = {
    model,
    blocks: markBreakpoints(body, blocks),
    lastUserText: conversation.lastUserText,
    userSpokeLast: conversation.userSpokeLast,
    tools: tools.specs,
    ...readToolChoice(body, tools.specs),
    format: readFormat(body),
    choices: 1,
    maxOutputTokens,
    stop: readStop(body),
    reasoningTokens: thinks ? thinkingTokens : 0,
    showsThinking: thinks,
    stream: anthropicFields.optionalBoolean(body, "stream") ?? false,
    streamUsage: true,
  };
  checkContext(request, options.beta);
  return request;
}
