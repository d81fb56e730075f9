import {
  eachObject,
  everyRule,
  imagesReason,
  messagesField,
  plainField,
  readRelayBody,
  refusedField,
  schemaField,
  textsWithin,
  toolsField,
  unboundedField,
  accountObject,
  type FieldRule,
  type RelayBody,
} from "@tenantry/core";
import { objectOf, textOf } from "../json-object.ts";
import { containersField, isCallersOwn, refuseStoredItems } from "./account-objects.ts";
import { cacheField, clientTools, openAIInputClasses, serviceTierField } from "./chat-fields.ts";
import { ownName } from "./tenants-own-names.ts";
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

/** As in chat: what can be told apart without parsing. An item that is little more than an id refers to a stored one. */
const perhapsMoreThanText = new RegExp(
  String.raw`"type"\s*:\s*"(?!(?:${textTypes.join("|")})")|"(?:id|approval_request_id|image_url|file_id|file_url|file_data|input_audio)"\s*:|\\u00[2-7]`,
);

const inputItems: FieldRule = (field, notes) => {
  if (!field.raw.startsWith("[") || !perhapsMoreThanText.test(field.raw)) return;
  const items = field.value();
  refuseStoredItems(items, field.name);
  eachObject(items, field.name, (object) => {
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

/** https://developers.openai.com/api/reference/resources/responses/methods/create */
const rules: ReadonlyMap<string, FieldRule> = new Map<string, FieldRule>([
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
    "metadata",
  ].map((name) => [name, plainField] as const),
  ["prompt_cache_key", ownName],
  ["safety_identifier", ownName],
  ["input", everyRule(messagesField, containersField, inputItems)],
  ["instructions", everyRule(messagesField, containersField, inputItems)],
  ["tools", everyRule(toolsField, containersField, clientTools)],
  ["text", schemaField],
  ["prompt_cache_retention", cacheField],
  ["prompt_cache_options", cacheField],
  ["service_tier", serviceTierField],
  ["context_management", unboundedField("compaction is billed beside the answer", [])],
  // Some servers that speak this protocol fall back along a list of the caller's own.
  ["models", refusedField("the tier says which models are asked")],
  ["previous_response_id", refusedField(accountObject)],
  ["conversation", refusedField(accountObject)],
  ["prompt", refusedField(accountObject)],
  ["background", refusedField("an answer made in the background cannot be metered", false)],
]);

export function readResponsesBody(text: string): RelayBody {
  return readRelayBody(text, rules, openAIInputClasses, isCallersOwn);
}

/** Members of an item that bring something else than text. Wherever one holds data, the cost has no bound. */
const notText: ReadonlySet<string> = new Set(["image_url", "input_audio", "file_data"]);

/** A call of a tool is put before the model with its frame, which can be longer than what it was called with. */
const calls: ReadonlySet<string> = new Set(["function_call", "custom_tool_call"]);

export function responsesText(body: RelayBody): string {
  const texts = ["instructions", "input"].flatMap((name) => {
    const value = parsedJson(body.raw(name) ?? "null");
    return (Array.isArray(value) ? (value as unknown[]) : [value]).map(textOfItem);
  });
  return [...texts, body.raw("tools") ?? "", body.raw("text") ?? ""].join("\n");
}

function textOfItem(item: unknown): string {
  if (calls.has(textOf(objectOf(item)["type"]))) return JSON.stringify(item);
  return textsWithin(item, (member) => (notText.has(member) ? "" : undefined));
}
