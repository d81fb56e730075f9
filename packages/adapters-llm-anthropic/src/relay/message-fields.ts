import {
  accountObject,
  eachObject,
  everyRule,
  imagesReason,
  messagesField,
  plainField,
  readRelayBody,
  refusedField,
  schemaField,
  TenantryError,
  textsWithin,
  toolsField,
  unboundedField,
  type BodyNotes,
  type FieldRule,
  type RelayBody,
} from "@tenantry/core";
import { isJsonObject, textOf, type JsonObject } from "../json-object.ts";
import { parsedJson } from "./wire-text.ts";

/** Blocks that are billed by their own text. */
const textTypes: readonly string[] = [
  "text",
  "tool_use",
  "tool_result",
  "thinking",
  "redacted_thinking",
  "search_result",
];

/**
 * What can be told apart without parsing: blocks of other kinds than text, and ASCII written as an escape, which could
 * hide one. Inside a JSON string quotes are escaped, so text cannot be taken for a key.
 */
const perhapsMoreThanText = new RegExp(
  String.raw`"type"\s*:\s*"(?!(?:${textTypes.join("|")}|ephemeral)")|"(?:file_id|source)"\s*:|\\u00[2-7]`,
);

/** A mark for the cache may be written with escapes too; then it is taken for granted. */
const perhapsCached = /"cache_control"\s*:|\\u00[2-7]/;

const cacheMarks: FieldRule = ({ raw }, notes) => {
  if (perhapsCached.test(raw)) cacheWrites(notes);
};

function cacheWrites(notes: BodyNotes): void {
  notes.inputClass("cacheWrite5m");
  notes.inputClass("cacheWrite1h");
}

const contents: FieldRule = (field, notes) => {
  if (!perhapsMoreThanText.test(field.raw)) return;
  eachObject(field.value(), field.name, (object, path) => look(object, path, notes));
};

/** Looks at one block; what a tool was called with is the model's own JSON and means nothing here. */
function look(object: JsonObject, path: string, notes: BodyNotes): boolean {
  const { type, source } = object;
  if (typeof object["file_id"] === "string") throw TenantryError.invalidRequest(`${path}.file_id`, accountObject);
  if (type === "tool_use") return false;
  if (type === "ephemeral") return false;
  if (isJsonObject(source) && type !== "search_result") {
    if (typeof source["file_id"] === "string") {
      throw TenantryError.invalidRequest(`${path}.source.file_id`, accountObject);
    }
    notes.unbounded(type === "image" ? imagesReason : `content of type ${textOf(type)} is not billed by its text`);
    if (source["type"] === "base64") notes.notText(textOf(source["data"]).length);
    // A document may be made of blocks.
    return source["type"] === "content";
  }
  if (typeof type === "string" && !textTypes.includes(type)) {
    notes.unbounded(`content of type ${type} is not billed by its text`);
  }
  return true;
}

/** Tools of the vendor's own schema that run at the caller's; their hidden instructions have up to 1,234 tokens. */
const vendorClientTool = /^(?:bash|text_editor|computer|memory)_\d{8}$/;
const vendorToolTokens = 2048;

const tools: FieldRule = (field, notes) => {
  const list = field.value();
  for (const tool of Array.isArray(list) ? (list as unknown[]) : []) {
    const type = isJsonObject(tool) ? textOf(tool["type"]) : "";
    if (type === "" || type === "custom") continue;
    if (vendorClientTool.test(type)) notes.adds(vendorToolTokens);
    else notes.unbounded(`the provider runs and bills tools of type ${type}`);
  }
};

/** A container by its id is somebody's; a new one with skills runs code. */
const container: FieldRule = (field, notes) => {
  const value = field.value();
  if (!isJsonObject(value)) throw TenantryError.invalidRequest("container", accountObject);
  if ((value["id"] ?? null) !== null) throw TenantryError.invalidRequest("container.id", accountObject);
  notes.unbounded("containers are billed by the hour");
};

/** https://platform.claude.com/docs/en/api/messages/create */
const rules: ReadonlyMap<string, FieldRule> = new Map<string, FieldRule>([
  ...[
    "model",
    "max_tokens",
    "stream",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "tool_choice",
    "metadata",
    "thinking",
  ].map((name) => [name, plainField] as const),
  ["messages", everyRule(messagesField, cacheMarks, contents)],
  ["system", everyRule(cacheMarks, contents)],
  ["tools", everyRule(toolsField, cacheMarks, tools)],
  ["cache_control", (_field, notes) => cacheWrites(notes)],
  ["output_config", schemaField],
  ["output_format", schemaField],
  ["container", container],
  ["mcp_servers", unboundedField("servers of tools add what they like", [])],
  ["context_management", unboundedField("compaction is billed beside the answer")],
  ["service_tier", unboundedField("other service tiers have other prices", "auto", "standard_only")],
  ["inference_geo", unboundedField("some regions have other prices", "global", "not_available")],
  ["speed", unboundedField("fast answers have other prices", "standard")],
  ["conversation", refusedField(accountObject)],
]);

export function readMessageBody(text: string): RelayBody {
  return readRelayBody(text, rules, ["input", "cacheRead"]);
}

export function messageText(body: RelayBody): string {
  const texts = ["system", "messages"].map((name) => textsWithin(parsedJson(body.raw(name) ?? "null"), billedText));
  return [...texts, ...["tools", "output_config", "output_format"].map((name) => body.raw(name) ?? "")].join("\n");
}

/** What a tool was called with is billed as it is written; a picture is not billed by its base64. */
function billedText(name: string, value: unknown, within: JsonObject): string | undefined {
  if (name === "input" && within["type"] === "tool_use") return JSON.stringify(value);
  return name === "data" && within["type"] === "base64" ? "" : undefined;
}

/** `metadata.user_id`, where it is text. */
export function userIdOf(body: RelayBody): string | null {
  const metadata = parsedJson(body.raw("metadata") ?? "null");
  const userId = isJsonObject(metadata) ? textOf(metadata["user_id"]) : "";
  return userId === "" ? null : userId;
}
