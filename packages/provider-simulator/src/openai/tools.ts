import type { Fields } from "../http/read-fields.ts";
import { isFields } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";
import type { AnswerFormat, ToolChoice, ToolSpec } from "../prompt/generation-request.ts";
import { openaiFields } from "./openai-fields.ts";

/** Function tools of either API: nested under `function` (chat) or flat (responses). Others are a 400. */
export function readTools(body: Fields): ToolSpec[] {
  return (openaiFields.optionalArray(body, "tools") ?? []).map((value, index) => {
    const at = `tools[${index}]`;
    const tool = openaiFields.object(value, at);
    if (tool["type"] !== "function") {
      throw openaiFields.failure(`${at}.type`, { kind: "value", expected: "'function'" });
    }
    const nested = openaiFields.optionalObject(tool, "function", `${at}.function`);
    const spec = nested ?? tool;
    const name = openaiFields.requiredString(spec, "name", nested ? `${at}.function.name` : `${at}.name`);
    const parameters = openaiFields.optionalObject(spec, "parameters", `${at}.parameters`);
    return { name, schema: { ...parameters } };
  });
}

/** `tool_choice` of either API; naming a tool that was not sent is a 400. */
export function readToolChoice(body: Fields, tools: readonly ToolSpec[]): ToolChoice {
  const choice = body["tool_choice"];
  if (choice === undefined || choice === null) return "auto";
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  const nested = isFields(choice) && isFields(choice["function"]) ? choice["function"] : choice;
  const name = isFields(nested) ? nested["name"] : undefined;
  if (typeof name === "string" && tools.some((tool) => tool.name === name)) return { name };
  const expected = "'auto', 'none', 'required' or a function of 'tools'";
  throw openaiFields.failure("tool_choice", { kind: "value", expected });
}

/** `response_format` (chat, schema nested) and `text.format` (responses, schema flat). */
export function readFormat(format: Fields | null, path: string, promptText: string): AnswerFormat {
  const type = format?.["type"] ?? "text";
  if (type === "text") return { kind: "text" };
  if (type === "json_object") {
    if (!/json/i.test(promptText)) {
      const message = `The prompt must contain the word 'json' in some form, to use '${path}' of type 'json_object'.`;
      throw new VendorError(400, message, { param: path, code: null });
    }
    return { kind: "json-object" };
  }
  if (type !== "json_schema") {
    const expected = "'text', 'json_object' or 'json_schema'";
    throw openaiFields.failure(`${path}.type`, { kind: "value", expected });
  }
  const nested = isFields(format?.["json_schema"]);
  const holder = nested ? (format?.["json_schema"] as Fields) : (format ?? {});
  const at = nested ? `${path}.json_schema` : path;
  openaiFields.requiredString(holder, "name", `${at}.name`);
  const schema = openaiFields.optionalObject(holder, "schema", `${at}.schema`);
  if (!schema) throw openaiFields.failure(`${at}.schema`, { kind: "missing" });
  return { kind: "json-schema", schema: { ...schema } };
}
