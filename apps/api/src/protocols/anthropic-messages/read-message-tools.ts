import { joinPath, TenantryError, type ChatRequest, type ToolDefinition } from "@tenantry/core";
import { kindAt, openFields, type Fields } from "../read-fields.ts";
import { rulesOf } from "../rules-of.ts";
import { messageFields } from "./message-fields.ts";

export function readMessageTools(body: Fields): Pick<ChatRequest, "tools"> {
  const tools = body.list("tools");
  if (tools === undefined || tools.length === 0) return {};
  return { tools: tools.map((tool, n) => readTool(tool, joinPath("tools", n))) };
}

function readTool(value: unknown, path: string): ToolDefinition {
  kindAt(value, path, "type", ["custom"], "custom");
  const tool = openFields(value, path, rulesOf(messageFields, "tools[]"));
  const parameters = tool.json("input_schema");
  if (parameters === undefined) throw TenantryError.invalidRequest(tool.at("input_schema"), "is required");
  const description = tool.text("description");
  const strict = tool.flag("strict");
  return {
    name: tool.requiredText("name"),
    ...(description === undefined ? {} : { description }),
    parameters,
    ...(strict === undefined ? {} : { strict }),
  };
}

export function readMessageToolChoice(body: Fields): Pick<ChatRequest, "toolChoice" | "parallelToolCalls"> {
  const given = body.value("tool_choice");
  if (given === undefined) return {};
  const type = kindAt(given, "tool_choice", "type", ["auto", "any", "none", "tool"]);
  const place = type === "auto" || type === "any" ? "auto or any" : type;
  const choice = openFields(given, "tool_choice", rulesOf(messageFields, `tool_choice of type ${place}`));
  const alone = choice.flag("disable_parallel_tool_use");
  const parallel = alone === undefined ? {} : { parallelToolCalls: !alone };
  if (type === "tool") return { toolChoice: { name: choice.requiredText("name") }, ...parallel };
  return { toolChoice: type === "any" ? "required" : type, ...parallel };
}
