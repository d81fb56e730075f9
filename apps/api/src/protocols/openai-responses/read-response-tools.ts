import { joinPath, TenantryError, type ChatRequest, type ToolDefinition } from "@tenantry/core";
import { noParameters } from "../openai/no-parameters.ts";
import { kindAt, openFields, type Fields } from "../read-fields.ts";
import { rulesOf } from "../rules-of.ts";
import { responseFields } from "./response-fields.ts";

const choices = ["auto", "none", "required"] as const;

export function readResponseTools(body: Fields): Pick<ChatRequest, "tools"> {
  const tools = body.list("tools");
  if (tools === undefined || tools.length === 0) return {};
  return { tools: tools.map((tool, n) => readTool(tool, joinPath("tools", n))) };
}

function readTool(value: unknown, path: string): ToolDefinition {
  kindAt(value, path, "type", ["function"]);
  const tool = openFields(value, path, rulesOf(responseFields, "tools[]"));
  const description = tool.text("description");
  const strict = tool.flag("strict");
  return {
    name: tool.requiredText("name"),
    ...(description === undefined ? {} : { description }),
    parameters: tool.json("parameters") ?? noParameters,
    ...(strict === undefined ? {} : { strict }),
  };
}

export function readResponseToolChoice(body: Fields): Pick<ChatRequest, "toolChoice"> {
  const given = body.value("tool_choice");
  if (given === undefined) return {};
  const word = choices.find((choice) => choice === given);
  if (word !== undefined) return { toolChoice: word };
  kindAt(given, "tool_choice", "type", ["function"]);
  const named = openFields(given, "tool_choice", rulesOf(responseFields, "tool_choice as an object"));
  return { toolChoice: { name: named.requiredText("name") } };
}

export function readResponseFormat(body: Fields): Pick<ChatRequest, "responseFormat"> {
  const text = body.fields("text", rulesOf(responseFields, "text"));
  const given = text?.value("format");
  if (text === undefined || given === undefined) return {};
  const kind = kindAt(given, "text.format", "type", ["text", "json_object", "json_schema"]);
  const place = kind === "json_schema" ? kind : "text or json_object";
  const format = openFields(given, "text.format", rulesOf(responseFields, `text.format of type ${place}`));
  if (kind === "text") return { responseFormat: { type: "text" } };
  if (kind === "json_object") return { responseFormat: { type: "json" } };
  const schema = format.json("schema");
  if (schema === undefined) throw TenantryError.invalidRequest(format.at("schema"), "is required");
  const description = format.text("description");
  return {
    responseFormat: {
      type: "json-schema",
      name: format.requiredText("name"),
      ...(description === undefined ? {} : { description }),
      schema,
      strict: format.flag("strict") ?? false,
    },
  };
}
