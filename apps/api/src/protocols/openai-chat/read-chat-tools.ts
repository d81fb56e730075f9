import { joinPath, TenantryError, type ChatRequest, type ToolDefinition } from "@tenantry/core";
import { noParameters } from "../openai/no-parameters.ts";
import { rulesOf } from "../rules-of.ts";
import { kindAt, openFields, type Fields } from "../read-fields.ts";
import { chatFields } from "./chat-fields.ts";

const choices = ["auto", "none", "required"] as const;

export function readChatTools(body: Fields): Pick<ChatRequest, "tools"> {
  const tools = body.list("tools");
  if (tools === undefined || tools.length === 0) return {};
  return { tools: tools.map((tool, n) => readTool(tool, joinPath("tools", n))) };
}

function readTool(value: unknown, path: string): ToolDefinition {
  kindAt(value, path, "type", ["function"]);
  const fields = openFields(value, path, rulesOf(chatFields, "tools[]"));
  const tool = fields.fields("function", rulesOf(chatFields, "tools[].function"));
  if (tool === undefined) throw TenantryError.invalidRequest(fields.at("function"), "is required");
  const description = tool.text("description");
  const strict = tool.flag("strict");
  return {
    name: tool.requiredText("name"),
    ...(description === undefined ? {} : { description }),
    parameters: tool.json("parameters") ?? noParameters,
    ...(strict === undefined ? {} : { strict }),
  };
}

export function readChatToolChoice(body: Fields): Pick<ChatRequest, "toolChoice"> {
  const given = body.value("tool_choice");
  if (given === undefined) return {};
  const word = choices.find((choice) => choice === given);
  if (word !== undefined) return { toolChoice: word };
  kindAt(given, "tool_choice", "type", ["function"]);
  const fields = openFields(given, "tool_choice", rulesOf(chatFields, "tool_choice as an object"));
  const named = fields.fields("function", rulesOf(chatFields, "tool_choice.function"));
  if (named === undefined) throw TenantryError.invalidRequest("tool_choice.function", "is required");
  return { toolChoice: { name: named.requiredText("name") } };
}

export function readChatFormat(body: Fields): Pick<ChatRequest, "responseFormat"> {
  const given = body.value("response_format");
  if (given === undefined) return {};
  const kind = kindAt(given, "response_format", "type", ["text", "json_object", "json_schema"]);
  const place = kind === "json_schema" ? kind : "text or json_object";
  const fields = openFields(given, "response_format", rulesOf(chatFields, `response_format of type ${place}`));
  if (kind === "text") return { responseFormat: { type: "text" } };
  if (kind === "json_object") return { responseFormat: { type: "json" } };
  const format = fields.fields("json_schema", rulesOf(chatFields, "response_format.json_schema"));
  if (format === undefined) throw TenantryError.invalidRequest("response_format.json_schema", "is required");
  const description = format.text("description");
  return {
    responseFormat: {
      type: "json-schema",
      name: format.requiredText("name"),
      ...(description === undefined ? {} : { description }),
      schema: format.json("schema") ?? {},
      strict: format.flag("strict") ?? false,
    },
  };
}
