import { accountObject, eachObject, TenantryError, type FieldRule } from "@tenantry/core";
import { listOf, objectOf, type JsonObject } from "../json-object.ts";

/** Schemas, and notes of the caller's: their keys are the caller's own and name nothing of the account. */
export function isCallersOwn(name: string, within: JsonObject | null): boolean {
  if (within === null) return name === "metadata";
  const { type } = within;
  // A function's, whether wrapped as in chat or not; no hosted tool's.
  if (name === "parameters") return type === undefined || type === "function";
  if (name === "schema") return type === undefined || type === "json_schema";
  return name === "input_schema" || name === "output_schema";
}

/** Containers by their id, wherever a tool may name one: `container: "cntr_…"`, or `{ id }` as container or environment. */
export const containersField: FieldRule = ({ raw, name, value }) => {
  if (!/"(?:container|environment)"\s*:|\\u00[2-7]/.test(raw)) return;
  eachObject(value(), name, ({ container, environment }, path) => {
    if (typeof container === "string") throw TenantryError.invalidRequest(`${path}.container`, accountObject);
    for (const [member, inside] of Object.entries({ container, environment })) {
      if ((objectOf(inside)["id"] ?? null) === null) continue;
      throw TenantryError.invalidRequest(`${path}.${member}.id`, accountObject);
    }
    return true;
  });
};

/**
 * Members that hold what an item is. One with an id and none of them is looked up by the provider among what it keeps,
 * which may be another tenant's; so is, as far as anybody can tell, one of a kind nobody knows.
 *
 * https://developers.openai.com/api/reference/resources/responses/methods/create
 */
const contentsOfItems: ReadonlyMap<string, readonly string[]> = new Map([
  ["message", ["content"]],
  ["reasoning", ["encrypted_content", "content"]],
  ["compaction", ["encrypted_content"]],
  ["function_call", ["arguments", "name"]],
  ["function_call_output", ["output"]],
  ["custom_tool_call", ["input", "name"]],
  ["custom_tool_call_output", ["output"]],
  ["file_search_call", ["results"]],
  ["web_search_call", ["action"]],
  ["image_generation_call", ["result"]],
  ["code_interpreter_call", ["code"]],
  ["computer_call", ["action", "actions"]],
  ["computer_call_output", ["output"]],
  ["local_shell_call", ["action"]],
  ["local_shell_call_output", ["output"]],
  ["shell_call", ["action"]],
  ["shell_call_output", ["output"]],
  ["apply_patch_call", ["operation"]],
  ["apply_patch_call_output", ["output", "status"]],
  ["tool_search_call", ["arguments"]],
  ["tool_search_output", ["tools"]],
  ["additional_tools", ["tools"]],
  ["mcp_list_tools", ["tools"]],
  ["mcp_approval_request", ["arguments", "name"]],
  ["mcp_call", ["arguments", "name"]],
]);

/** Refuses items that are nothing but a reference to what the provider has kept. */
export function refuseStoredItems(items: unknown, field: string): void {
  for (const [index, item] of listOf(items).map(objectOf).entries()) {
    const named = storedItemIn(item);
    if (named !== null) throw TenantryError.invalidRequest(`${field}[${index}]${named}`, accountObject);
  }
}

/** The member that refers to what is kept, as the rest of a path; "" is the item as a whole. */
function storedItemIn(item: JsonObject): string | null {
  const { role } = item;
  const type = item["type"] ?? (typeof role === "string" ? "message" : null);
  if (typeof type !== "string" || type === "item_reference") return "";
  // The request it answers lies there too.
  if ((item["approval_request_id"] ?? null) !== null) return ".approval_request_id";
  if ((item["id"] ?? null) === null) return null;
  const contents = contentsOfItems.get(type) ?? [];
  return contents.some((name) => holdsSomething(item[name])) ? null : ".id";
}

function holdsSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
