import {
  type ChatEvent,
  createWrittenPieces,
  eventData,
  usageOf,
  type EventFate,
  type EventObserver,
  type Reading,
  type RelayProgress,
  type TenantryError,
  type Usage,
} from "@tenantry/core";
import { billedAnthropicUsage, mergeAnthropicUsage } from "../convert-anthropic-usage.ts";
import { fromAnthropicResponse } from "../from-anthropic-response.ts";
import { isJsonObject, textOf, type JsonObject } from "../json-object.ts";
import { mapAnthropicFinishReason } from "../map-anthropic-finish-reason.ts";
import { translateAnthropicErrorEvent, type ErrorContext } from "../translate-anthropic-error.ts";
import { charactersOfBytes, parsedCharacters } from "./wire-text.ts";

/** What an answer came in. */
export interface AnswerContext {
  readonly context: ErrorContext;
  readonly head: NonNullable<RelayProgress["answer"]>;
}

/** A message. Gives the failure it is when it is one, `malformed` when it is none at all. */
export function readWholeMessage(
  wire: unknown,
  reading: Reading,
  { context, head }: AnswerContext,
): TenantryError | "malformed" | null {
  const result = fromAnthropicResponse(wire);
  if (result === null) {
    const isError = isJsonObject(wire) && wire["type"] === "error";
    return isError ? translateAnthropicErrorEvent(wire, head, context) : "malformed";
  }
  const { id, model, usage, finishReason, text, reasoning, refusal, toolCalls } = result;
  Object.assign(reading, { responseId: id, model, usage, finishReason });
  reading.written = () =>
    [reasoning, text, refusal ?? "", ...toolCalls.map((call) => call.name + call.argumentsJson)].join("");
  reading.said = () => ({ text: text + (refusal ?? ""), toolCalls });
  return null;
}

/** A count of tokens: free of charge. https://platform.claude.com/docs/en/build-with-claude/token-counting */
export function readWholeCount(
  wire: unknown,
  reading: Reading,
  { context, head }: AnswerContext,
): TenantryError | "malformed" | null {
  if (!isJsonObject(wire)) return "malformed";
  if (wire["type"] === "error") return translateAnthropicErrorEvent(wire, head, context);
  if (typeof wire["input_tokens"] !== "number") return "malformed";
  reading.usage = usageOf({});
  reading.finishReason = "stop";
  return null;
}

const namedByField = /^event:[ ]?(\S+)/m;
const namedFirst = /^\s*\{\s*"type"\s*:\s*"(\w+)"/;
/** Events that say nothing but content. */
const contentKinds: ReadonlySet<string> = new Set(["content_block_delta", "content_block_start"]);
const emptyKinds: ReadonlySet<string> = new Set(["content_block_stop", "ping"]);

/** Watches the events of a stream. https://platform.claude.com/docs/en/build-with-claude/streaming */
export function observeMessage(
  reading: Reading,
  { context, head }: AnswerContext,
): EventObserver & { finalUsage(): Usage | null } {
  const written = createWrittenPieces((bytes) => {
    const data = eventData(charactersOfBytes(bytes))?.data ?? "";
    const wire = parsedCharacters(data);
    return { written: writtenIn(wire), said: saidIn(wire) };
  });
  reading.written = () => written.text();
  reading.said = () => written.said();
  let reported: unknown;
  let container: unknown;
  let stopReason: unknown;
  let finalUsage: Usage | null = null;

  function report(wire: unknown, within: unknown): void {
    const told = isJsonObject(within) ? within : {};
    container = told["container"] ?? container;
    stopReason = told["stop_reason"] ?? stopReason;
    reported = isJsonObject(wire) ? mergeAnthropicUsage(reported, wire) : undefined;
    // A closing report that is missing or contradicts itself takes back the placeholder of the first one.
    reading.usage = reported === undefined ? null : billedAnthropicUsage(reported, { container, stopReason });
  }

  function note(wire: JsonObject, type: string): void {
    const { message, delta } = wire;
    if (type === "message_start" && isJsonObject(message)) {
      reading.responseId = textOf(message["id"]) || null;
      reading.model = textOf(message["model"]) || null;
      report(message["usage"], message);
    }
    if (type === "message_delta") {
      const reason = isJsonObject(delta) ? (delta["stop_reason"] ?? null) : null;
      if (reason !== null) reading.finishReason = mapAnthropicFinishReason(reason);
      report(wire["usage"], delta);
      finalUsage = reading.usage;
    }
  }

  function see(bytes: Uint8Array): EventFate {
    const event = charactersOfBytes(bytes);
    const kind = namedByField.exec(event)?.[1] ?? "";
    if (kind === "message_stop") return "end";
    if (emptyKinds.has(kind)) return "give";
    if (contentKinds.has(kind)) return keep(bytes, kind);
    const data = eventData(event)?.data;
    if (data === undefined) return "give";
    const type = kind === "" ? (namedFirst.exec(data)?.[1] ?? "") : kind;
    if (contentKinds.has(type)) return keep(bytes, type);
    const wire = parsedCharacters(data);
    if (!isJsonObject(wire)) return "give";
    const told = textOf(wire["type"]) || type;
    if (told === "message_stop") return "end";
    if (told === "error") {
      return { error: translateAnthropicErrorEvent(wire, head, { ...context, usage: finalUsage }) };
    }
    note(wire, told);
    return "give";
  }

  function keep(bytes: Uint8Array, kind: string): EventFate {
    reading.begun ||= kind === "content_block_delta";
    written.keep(bytes);
    return "give";
  }

  return { see, mayEndHere: () => false, finalUsage: () => finalUsage };
}

/** What the start or a piece of a block says to the caller. Tools that the provider runs itself are not among it. */
function saidIn(wire: unknown): readonly ChatEvent[] {
  if (!isJsonObject(wire)) return [];
  const { delta, content_block: block } = wire;
  const index = Number(wire["index"] ?? 0);
  if (isJsonObject(block)) {
    if (block["type"] !== "tool_use") return [{ type: "text", text: textOf(block["text"]) }];
    return [{ type: "tool-call", index, id: textOf(block["id"]), name: textOf(block["name"]), argumentsJson: "" }];
  }
  if (!isJsonObject(delta)) return [];
  const argumentsJson = textOf(delta["partial_json"]);
  return argumentsJson === ""
    ? [{ type: "text", text: textOf(delta["text"]) }]
    : [{ type: "tool-call", index, argumentsJson }];
}

/** What the model wrote in the start or a piece of a block. */
function writtenIn(wire: unknown): string {
  if (!isJsonObject(wire)) return "";
  const { delta, content_block: block } = wire;
  const part = isJsonObject(delta) ? delta : isJsonObject(block) ? block : {};
  return ["thinking", "text", "name", "partial_json"].map((name) => textOf(part[name])).join("");
}
