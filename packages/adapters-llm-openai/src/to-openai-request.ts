import type { ChatRequest, ReasoningWish, ResponseFormat, ToolChoice, ToolDefinition } from "@tenantry/core";
import type { JsonObject } from "./json-object.ts";
import type { ResolvedOpenAIOptions } from "./options.ts";
import { toOpenAIMessages } from "./to-openai-messages.ts";

/** How a request is to be written. */
export interface OpenAIRequestShape {
  readonly model: string;
  readonly stream: boolean;
  readonly maxTokensField: ResolvedOpenAIOptions["maxTokensField"];
  /** Whether `extra` says if the answer is kept in the account; else it is not. Some accounts keep all unless told. */
  readonly store?: boolean;
}

/**
 * The body of `POST /chat/completions`. Fields of ours win over `extra`, so that what is sent is what was admitted (R3);
 * a stream always asks for usage.
 *
 * https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create
 *
 * @throws TenantryError `invalid_request` for what this API cannot express: an image in a tool's result.
 */
export function toOpenAIRequest(request: ChatRequest, shape: OpenAIRequestShape): JsonObject {
  const { messages, tools, toolChoice, parallelToolCalls, responseFormat, temperature, topP, stop } = request;
  const { maxOutputTokens, endUserId } = request;
  const effort = toEffort(request.reasoning);
  const extra: Record<string, unknown> = { ...request.extra };
  if (maxOutputTokens !== undefined) {
    // Either name would be obeyed by some server.
    delete extra["max_tokens"];
    delete extra["max_completion_tokens"];
  }
  if (shape.store !== true) extra["store"] = false;
  const streamOptions = { ...(extra["stream_options"] as object | undefined), include_usage: true };
  return {
    ...extra,
    model: shape.model,
    messages: toOpenAIMessages(messages),
    ...(tools === undefined ? {} : { tools: tools.map(toTool) }),
    ...(toolChoice === undefined ? {} : { tool_choice: toToolChoice(toolChoice) }),
    // Without tools the field is refused.
    ...(parallelToolCalls === undefined || !tools?.length ? {} : { parallel_tool_calls: parallelToolCalls }),
    ...(responseFormat === undefined ? {} : { response_format: toResponseFormat(responseFormat) }),
    ...(effort === null ? {} : { reasoning_effort: effort }),
    ...(endUserId === undefined ? {} : { user: endUserId }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stop === undefined ? {} : { stop: [...stop] }),
    ...(maxOutputTokens === undefined ? {} : { [shape.maxTokensField]: maxOutputTokens }),
    stream: shape.stream,
    ...(shape.stream ? { stream_options: streamOptions } : {}),
  };
}

function toTool({ name, description, parameters, strict }: ToolDefinition): JsonObject {
  const described = description === undefined ? {} : { description };
  return {
    type: "function",
    function: { name, ...described, parameters, ...(strict === undefined ? {} : { strict }) },
  };
}

/** This API has no measure of tokens: a budget is asked for as the effort that comes near it. */
function toEffort(wish: ReasoningWish | undefined): string | null {
  if (wish?.effort !== undefined) return wish.effort;
  if (wish?.budgetTokens === undefined) return null;
  if (wish.budgetTokens < 4_096) return "low";
  return wish.budgetTokens < 16_384 ? "medium" : "high";
}

function toToolChoice(choice: ToolChoice): unknown {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}

/** A schema is asked for strictly unless the request says otherwise: without it the model may answer in another shape. */
function toResponseFormat(format: ResponseFormat): JsonObject {
  switch (format.type) {
    case "text":
      return { type: "text" };
    case "json":
      return { type: "json_object" };
    case "json-schema":
      return { type: "json_schema", json_schema: toSchema(format) };
  }
}

function toSchema(format: Extract<ResponseFormat, { type: "json-schema" }>): JsonObject {
  const { name, description, schema, strict } = format;
  return { name, ...(description === undefined ? {} : { description }), schema, strict: strict ?? true };
}
