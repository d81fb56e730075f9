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
  String.raw`"type"\s*:\s*"(?!(?:${textTypes.join("|")}|ephemeral)")|"source"\s*:|\\u00[2-7]`,
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
  eachObject(field.value(), field.name, (object) => look(object, notes));
};

/** Looks at one block; what a tool was called with is the model's own JSON and means nothing here. */
function look(object: JsonObject, notes: BodyNotes): boolean {
  const { type, source } = object;
  if (type === "tool_use") return false;
  if (type === "ephemeral") return false;
  if (isJsonObject(source) && type !== "search_result") {
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

const perhapsToolBlocks = /"tool_(?:use|result)"|\\u00[2-7]/;

/** Templates add tokens to each call of a tool and each result, as they do to each message. */
const toolBlocks: FieldRule = (field, notes) => {
  if (!perhapsToolBlocks.test(field.raw)) return;
  let items = 0;
  eachObject(field.value(), field.name, ({ type }) => {
    if (type === "tool_use" || type === "tool_result") items += 1;
    return type !== "tool_use";
  });
  messagesField({ ...field, items }, notes);
};

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

/** Schemas, examples, what a tool was called with, and notes: their keys are the caller's own. */
function isCallersOwn(name: string, within: JsonObject | null): boolean {
  if (within === null) return name === "metadata";
  const { type } = within;
  if (name === "input") return type === "tool_use" || type === "server_tool_use" || type === "mcp_tool_use";
  if (name === "schema") return type === undefined || type === "json_schema";
  if (name === "skill_id") return isVendorsSkill(within);
  return name === "input_schema" || name === "input_examples";
}

/** The vendor's own skills have plain names (`pptx`); those that somebody has made have ids (`skill_01…`). */
function isVendorsSkill({ type, skill_id: id }: JsonObject): boolean {
  return type === "anthropic" && typeof id === "string" && /^[a-z][a-z0-9-]{0,31}$/.test(id);
}

/** A container by its id is somebody's; a new one with skills runs code. */
const container: FieldRule = (field, notes) => {
  const value = field.value();
  if (!isJsonObject(value)) throw TenantryError.invalidRequest("container", accountObject);
  if ((value["id"] ?? null) !== null) throw TenantryError.invalidRequest("container.id", accountObject);
  notes.unbounded("containers are billed by the hour");
};

/** The caller's own end user; what else may be in it is the account's (`account_uuid`), not theirs to say. */
const metadata: FieldRule = ({ value }) => {
  const told = value();
  if (!isJsonObject(told)) throw TenantryError.invalidRequest("metadata", "must be an object");
  for (const [name, part] of Object.entries(told)) {
    if (name !== "user_id" && part !== null) throw TenantryError.invalidRequest(`metadata.${name}`, "is not user_id");
  }
};

/** Who is billed is the operator's to say. */
const billing: FieldRule = ({ value }) => {
  const told = value();
  const billTo = isJsonObject(told) ? (told["bill_to"] ?? "self") : null;
  if (billTo !== "self") throw TenantryError.invalidRequest("billing_policy.bill_to", "bills somebody else");
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
    "thinking",
  ].map((name) => [name, plainField] as const),
  ["metadata", metadata],
  ["messages", everyRule(messagesField, toolBlocks, cacheMarks, contents)],
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
  ["thread", refusedField("keeps the conversation in the provider's account, which belongs to no tenant")],
  ["fallbacks", refusedField("the tier says which models are asked")],
  ["billing_policy", billing],
]);

export function readMessageBody(text: string): RelayBody {
  return readRelayBody(text, rules, ["input", "cacheRead"], isCallersOwn);
}

export function messageText(body: RelayBody): string {
  const texts = ["system", "messages"].map((name) => textsWithin(parsedJson(body.raw(name) ?? "null"), billedText));
  return [...texts, ...["tools", "output_config", "output_format"].map((name) => body.raw(name) ?? "")].join("\n");
}

/** Blocks are billed as they are written; a picture is not billed by its base64. */
function billedText(name: string, value: unknown, within: JsonObject): string | undefined {
  if (name === "content" && Array.isArray(value)) return (value as unknown[]).map(textOfBlock).join("\n");
  return name === "data" && within["type"] === "base64" ? "" : undefined;
}

/** Calls and results come before the model with their frame, which can be longer than what is in them. */
function textOfBlock(block: unknown): string {
  if (!isJsonObject(block)) return textsWithin(block, billedText);
  if (block["type"] === "tool_use") return JSON.stringify(block);
  if (block["type"] !== "tool_result") return textsWithin(block, billedText);
  const { content, ...frame } = block;
  return `${JSON.stringify(frame)}\n${textsWithin({ content }, billedText)}`;
}

/** `metadata.user_id`, where it is text. */
export function userIdOf(body: RelayBody): string | null {
  const metadata = parsedJson(body.raw("metadata") ?? "null");
  const userId = isJsonObject(metadata) ? textOf(metadata["user_id"]) : "";
  return userId === "" ? null : userId;
}
