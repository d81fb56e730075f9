import {
  accountObject,
  countField,
  eachObject,
  everyRule,
  flagField,
  imagesReason,
  limitChange,
  messagesField,
  plainField,
  readJsonMembers,
  readRelayBody,
  rawMember,
  changeMembers,
  refusedField,
  schemaField,
  TenantryError,
  textsWithin,
  toolsField,
  unboundedField,
  type FieldRule,
  type MemberChanges,
  type RelayBody,
  type TokenClass,
} from "@tenantry/core";
import { isJsonObject, listOf, objectOf, textOf } from "../json-object.ts";
import { containersField, isCallersOwn } from "./account-objects.ts";
import { ownName } from "./tenants-own-names.ts";
import { parsedJson } from "./wire-text.ts";

/**
 * Classes the input of any request can be billed under: the cache is used unasked, and since GPT-5.6 writing to it is
 * billed. https://developers.openai.com/api/docs/guides/prompt-caching
 */
export const openAIInputClasses: readonly TokenClass[] = ["input", "cacheRead", "cacheWrite5m"];

/** Asking for a longer life in the cache adds its class. */
export const cacheField: FieldRule = (_field, notes) => notes.inputClass("cacheWrite1h");

/** Only the ordinary service has the ordinary price. */
export const serviceTierField: FieldRule = unboundedField("other service tiers have other prices", "auto", "default");

/**
 * What can be told apart without parsing: contents of other kinds than these, and keys that bring files. Inside a JSON
 * string quotes are escaped, so text cannot be taken for a key; ASCII written as an escape could hide one.
 */
const perhapsMoreThanText =
  /"type"\s*:\s*"(?!(?:text|refusal|function|custom)")|"(?:image_url|input_audio|audio|file)"\s*:|\\u00[2-7]/;

const messageContents: FieldRule = (field, notes) => {
  if (!perhapsMoreThanText.test(field.raw)) return;
  eachObject(field.value(), field.name, (object, path) => {
    const { type } = object;
    if (isJsonObject(object["audio"])) throw TenantryError.invalidRequest(`${path}.audio`, accountObject);
    if (type === "image_url" || "image_url" in object) {
      notes.unbounded(imagesReason);
      const url = textOf(objectOf(object["image_url"])["url"]);
      if (url.startsWith("data:")) notes.notText(url.length);
      return false;
    }
    if (typeof type === "string" && !["text", "refusal", "function", "custom"].includes(type)) {
      notes.unbounded(`content of type ${type} is not billed by its text`);
    } else if ("file" in object || "input_audio" in object)
      notes.unbounded("files and audio are not billed by their text");
    const file = textOf(objectOf(object["file"])["file_data"]) || textOf(objectOf(object["input_audio"])["data"]);
    notes.notText(file.length);
    return true;
  });
};

const perhapsCalls = /"(?:tool_calls|function_call)"\s*:|\\u00[2-7]/;

/** Templates add tokens to each call of a tool, as they do to each message. */
const calls: FieldRule = (field, notes) => {
  if (!perhapsCalls.test(field.raw)) return;
  for (const message of listOf(field.value()).map(objectOf)) {
    const items = listOf(message["tool_calls"]).length + (isJsonObject(message["function_call"]) ? 1 : 0);
    messagesField({ ...field, items }, notes);
  }
};

/** A voice of the vendor's has a name, one that somebody has made an id. */
const voiceField: FieldRule = ({ name, value }) => {
  if (isJsonObject(objectOf(value())["voice"])) throw TenantryError.invalidRequest(`${name}.voice`, accountObject);
};

/** Functions and custom tools run at the caller's; all others cost what they do. */
export const clientTools: FieldRule = (field, notes) => {
  for (const tool of listOf(field.value())) {
    const type = textOf(objectOf(tool)["type"]);
    if (type !== "function" && type !== "custom") notes.unbounded(`the provider runs and bills tools of type ${type}`);
  }
};

/** https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create */
const rules: ReadonlyMap<string, FieldRule> = new Map<string, FieldRule>([
  ...[
    "model",
    "stream",
    "stream_options",
    "max_completion_tokens",
    "max_tokens",
    "n",
    "store",
    "temperature",
    "top_p",
    "stop",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "tool_choice",
    "function_call",
    "parallel_tool_calls",
    "reasoning_effort",
    "verbosity",
    "user",
    "metadata",
  ].map((name) => [name, plainField] as const),
  ["prompt_cache_key", ownName],
  ["safety_identifier", ownName],
  ["messages", everyRule(messagesField, calls, messageContents)],
  ["tools", everyRule(toolsField, containersField, clientTools)],
  ["functions", toolsField],
  ["response_format", schemaField],
  ["prompt_cache_retention", cacheField],
  ["prompt_cache_options", cacheField],
  ["service_tier", serviceTierField],
  ["modalities", unboundedField("audio is not billed as text", ["text"])],
  ["audio", everyRule(voiceField, unboundedField("audio is not billed as text"))],
  ["prediction", unboundedField("rejected predictions are billed too")],
  ["web_search_options", unboundedField("searches are billed by the call")],
  ["best_of", unboundedField("answers that are thrown away are billed too", 1)],
  // Some servers that speak this protocol fall back along a list of the caller's own.
  ["models", refusedField("the tier says which models are asked")],
  ["previous_response_id", refusedField(accountObject)],
  ["conversation", refusedField(accountObject)],
]);

export function readChatBody(text: string): RelayBody {
  const body = readRelayBody(text, rules, openAIInputClasses, isCallersOwn);
  streamOptionsOf(body);
  return body;
}

/** The caller's output limit: the lower one where both fields are given. */
export function chatOutputLimit(body: RelayBody): number | null {
  const limits = ["max_completion_tokens", "max_tokens"].flatMap((name) => countField(body, name) ?? []);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** Members of a content that bring something else than text. Wherever one is, the cost has no bound. */
const notText: ReadonlySet<string> = new Set(["image_url", "input_audio", "file"]);

export function chatText(body: RelayBody): string {
  const messages = textsWithin(parsedJson(body.raw("messages") ?? "null"), (name, value) => {
    // A call is put before the model with its frame, which can be longer than what it was called with.
    if (name === "tool_calls" || name === "function_call") return JSON.stringify(value);
    return notText.has(name) ? "" : undefined;
  });
  const others = ["tools", "functions", "response_format"].map((name) => body.raw(name) ?? "");
  return [messages, ...others].join("\n");
}

/** Both limits as they have to be sent; where there is none, one of the given name. */
export function chatLimitChanges(
  body: RelayBody,
  limit: number,
  absentField: "max_completion_tokens" | "max_tokens",
): [string, string][] {
  const given = ["max_completion_tokens", "max_tokens"].filter((name) => body.raw(name) !== null);
  return (given.length === 0 ? [absentField] : given).flatMap((name) => {
    const change = limitChange(body, name, limit);
    return change === null ? [] : [[name, change]];
  });
}

/** Whether a stream of this body has to be asked for usage by us. */
export function addsUsage(body: RelayBody): boolean {
  if (flagField(body, "stream") !== true) return false;
  const options = streamOptionsOf(body);
  return options === null || rawMember(options, "include_usage") !== "true";
}

/** Asks for usage, and leaves all other options of the stream as they are. */
export function usageChanges(body: RelayBody): MemberChanges {
  if (!addsUsage(body)) return new Map();
  const options = streamOptionsOf(body);
  const asked =
    options === null ? '{"include_usage":true}' : changeMembers(options, new Map([["include_usage", "true"]]));
  return new Map([["stream_options", asked]]);
}

function streamOptionsOf(body: RelayBody): ReturnType<typeof readJsonMembers> | null {
  const raw = body.raw("stream_options");
  return raw === null ? null : readJsonMembers(raw, "stream_options");
}
