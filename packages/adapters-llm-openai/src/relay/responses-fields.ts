import {
  accountObject,
  eachObject,
  everyRule,
  imagesReason,
  messagesField,
  plainField,
  refusedField,
  schemaField,
  TenantryError,
  textsWithin,
  toolsField,
  unboundedField,
  type FieldRule,
  type RelayBody,
} from "@tenantry/core";
import { listOf, objectOf, textOf, type JsonObject } from "../json-object.ts";
import { cacheField, clientTools, serviceTierField } from "./chat-fields.ts";
import { parsedJson } from "./wire-text.ts";

/** Items and contents that are their own text. */
const textTypes: readonly string[] = [
  "message",
  "input_text",
  "output_text",
  "text",
  "refusal",
  "reasoning",
  "reasoning_text",
  "summary_text",
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "url_citation",
];

/** As in chat: what can be told apart without parsing. An item that is nothing but an id refers to a stored one. */
const perhapsMoreThanText = new RegExp(
  String.raw`"type"\s*:\s*"(?!(?:${textTypes.join("|")})")|"(?:id|image_url|file_id|file_url|file_data|input_audio)"\s*:|\\u00[2-7]`,
);

const inputItems: FieldRule = (field, notes) => {
  if (!field.raw.startsWith("[") || !perhapsMoreThanText.test(field.raw)) return;
  const items = field.value();
  for (const [index, item] of listOf(items).map(objectOf).entries()) {
    const { type, role } = item;
    const refers = type === "item_reference" || (typeof type !== "string" && typeof role !== "string");
    if (refers) throw TenantryError.invalidRequest(`${field.name}[${index}]`, accountObject);
  }
  eachObject(items, field.name, (object, path) => {
    refuseNames(object, path, ["file_id", "container_id"]);
    const { type } = object;
    if (type === "input_image") notes.unbounded(imagesReason);
    else if (typeof type === "string" && !textTypes.includes(type)) {
      notes.unbounded(`input of type ${type} is not billed by its text`);
    }
    const data = [object["image_url"], object["file_data"], objectOf(object["input_audio"])["data"]].map(textOf);
    for (const text of data) {
      if (text !== "") notes.unbounded("files, images and audio are not billed by their text");
      if (!text.startsWith("http")) notes.notText(text.length);
    }
    return true;
  });
};

const hostedTools: FieldRule = ({ name, value }) => {
  for (const [index, tool] of listOf(value()).map(objectOf).entries()) {
    const path = `${name}[${index}]`;
    refuseNames(tool, path, ["vector_store_ids", "connector_id"]);
    if (typeof tool["container"] === "string") throw TenantryError.invalidRequest(`${path}.container`, accountObject);
    refuseNames(objectOf(tool["container"]), `${path}.container`, ["file_ids", "container_id", "id"]);
    refuseNames(objectOf(tool["input_image_mask"]), `${path}.input_image_mask`, ["file_id"]);
  }
};

function refuseNames(object: JsonObject, path: string, names: readonly string[]): void {
  for (const name of names) {
    const value = object[name] ?? null;
    if (value === null || (Array.isArray(value) && value.length === 0)) continue;
    throw TenantryError.invalidRequest(`${path}.${name}`, accountObject);
  }
}

/** https://developers.openai.com/api/reference/resources/responses/methods/create */
export const responsesRules: ReadonlyMap<string, FieldRule> = new Map<string, FieldRule>([
  ...[
    "model",
    "stream",
    "stream_options",
    "max_output_tokens",
    "max_tool_calls",
    "store",
    "temperature",
    "top_p",
    "top_logprobs",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "include",
    "truncation",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "metadata",
  ].map((name) => [name, plainField] as const),
  ["input", everyRule(messagesField, inputItems)],
  ["instructions", everyRule(messagesField, inputItems)],
  ["tools", everyRule(toolsField, hostedTools, clientTools)],
  ["text", schemaField],
  ["prompt_cache_retention", cacheField],
  ["prompt_cache_options", cacheField],
  ["service_tier", serviceTierField],
  ["context_management", unboundedField("compaction is billed beside the answer", [])],
  ["previous_response_id", refusedField(accountObject)],
  ["conversation", refusedField(accountObject)],
  ["prompt", refusedField(accountObject)],
  ["background", refusedField("an answer made in the background cannot be metered", false)],
]);

/** Members of an item that bring something else than text. Wherever one holds data, the cost has no bound. */
const notText: ReadonlySet<string> = new Set(["image_url", "input_audio", "file_data"]);

export function responsesText(body: RelayBody): string {
  const texts = ["instructions", "input"].map((name) =>
    textsWithin(parsedJson(body.raw(name) ?? "null"), (member) => (notText.has(member) ? "" : undefined)),
  );
  return [...texts, body.raw("tools") ?? "", body.raw("text") ?? ""].join("\n");
}
