import type { Tool } from "@anthropic-ai/sdk/resources/messages";
import { TenantryError, type ChatRequest, type ToolDefinition } from "@tenantry/core";
import { isJsonObject, type JsonObject } from "./json-object.ts";
import { toAnthropicMessages } from "./to-anthropic-messages.ts";
import { toAnthropicThinking } from "./to-anthropic-thinking.ts";

/** Sent when the request names no limit, because the API demands one. */
export const defaultMaxOutputTokens = 4096;

/**
 * The body of `POST /v1/messages`, without `stream`. System messages, wherever they stand, become the top-level
 * `system`, joined by an empty line. The name of a JSON schema has no place in this API and is left out. Of `extra`, all
 * that the request does not set itself is sent.
 *
 * https://platform.claude.com/docs/en/api/messages/create
 *
 * @throws TenantryError `invalid_request` for what this API cannot express: JSON output without a schema, arguments of
 * a tool call that are no JSON object, a data URL that is not base64, a temperature above 1, thinking where the output
 * limit leaves no room for it.
 */
export function toAnthropicRequest(request: ChatRequest, model: string): JsonObject {
  const system = request.messages.filter((message) => message.role === "system").map((message) => message.content);
  const body: Record<string, unknown> = {
    model,
    max_tokens: request.maxOutputTokens ?? defaultMaxOutputTokens,
    messages: toAnthropicMessages(request.messages),
  };
  if (system.length > 0) body["system"] = system.join("\n\n");
  if (request.tools !== undefined && request.tools.length > 0) body["tools"] = request.tools.map(toTool);
  const toolChoice = toToolChoice(request);
  if (toolChoice !== null) body["tool_choice"] = toolChoice;
  if (request.temperature !== undefined) body["temperature"] = toTemperature(request.temperature);
  if (request.topP !== undefined) body["top_p"] = request.topP;
  if (request.stop !== undefined && request.stop.length > 0) body["stop_sequences"] = request.stop;
  if (request.endUserId !== undefined) body["metadata"] = { user_id: request.endUserId };
  const { thinking, effort } = toAnthropicThinking(request, model);
  if (thinking !== null) body["thinking"] = thinking;
  const outputConfig = { ...toOutputConfig(request), ...(effort === null ? {} : { effort }) };
  if (Object.keys(outputConfig).length > 0) body["output_config"] = outputConfig;
  return addExtra(body, request.extra ?? {});
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
function toOutputConfig({ responseFormat }: ChatRequest): JsonObject | null {
  if (responseFormat === undefined || responseFormat.type === "text") return null;
  if (responseFormat.type === "json-schema") {
    const { description, schema } = responseFormat;
    const described = description === undefined ? schema : { description, ...schema };
    return { format: { type: "json_schema", schema: described } };
  }
  throw TenantryError.invalidRequest("responseFormat", "this provider has no JSON mode; send a JSON schema");
}

/** What the request sets itself stands: limits and prices rest on it (R3). Settings of the output are joined. */
function addExtra(body: JsonObject, { stream: _ours, ...extra }: JsonObject): JsonObject {
  const all = { ...extra, ...body };
  const [theirs, own] = [extra["output_config"], body["output_config"]];
  return isJsonObject(theirs) && isJsonObject(own) ? { ...all, output_config: { ...theirs, ...own } } : all;
}

/** https://platform.claude.com/docs/en/api/messages/create : from 0 to 1, where others go to 2. */
function toTemperature(temperature: number): number {
  if (temperature <= 1) return temperature;
  throw TenantryError.invalidRequest("temperature", `must be at most 1 for this provider, not ${temperature}`);
}

function toTool({ name, description, parameters, strict }: ToolDefinition): Tool {
  const tool: Tool = { name, input_schema: parameters as Tool["input_schema"] };
  return {
    ...tool,
    ...(description === undefined ? {} : { description }),
    ...(strict === undefined ? {} : { strict }),
  };
}

/** Calling one tool at a time is part of the choice here, so it needs one. */
function toToolChoice({ toolChoice, parallelToolCalls, tools }: ChatRequest): JsonObject | null {
  const oneAtATime = parallelToolCalls === false && (tools ?? []).length > 0;
  if (toolChoice === undefined && !oneAtATime) return null;
  if (toolChoice === "none") return { type: "none" };
  const alone = oneAtATime ? { disable_parallel_tool_use: true } : {};
  if (toolChoice === undefined || toolChoice === "auto") return { type: "auto", ...alone };
  return toolChoice === "required" ? { type: "any", ...alone } : { type: "tool", name: toolChoice.name, ...alone };
}
