import {
  createWrittenPieces,
  eventData,
  type EventFate,
  type FinishReason,
  type Reading,
  type SaidAnswer,
  type TenantryError,
  type ToolCall,
  type Usage,
} from "@tenantry/core";
import { convertOpenAIUsage } from "../convert-openai-usage.ts";
import { isJsonObject, listOf, objectOf, textOf, type JsonObject } from "../json-object.ts";
import { translateOpenAIErrorChunk } from "../translate-openai-error.ts";
import type { StreamObserver, WholeAnswer } from "./operation.ts";
import { feesOfResponse } from "./response-fees.ts";
import { charactersOfBytes, parsedCharacters } from "./wire-text.ts";

/** A `response` object: whole, or as the first and last events of a stream carry it. */
export function readWholeResponse(
  wire: unknown,
  reading: Reading,
  { context, head }: WholeAnswer,
): TenantryError | "malformed" | null {
  const response = objectOf(wire);
  const isResponse = Array.isArray(response["output"]) && typeof response["id"] === "string";
  const usage = isResponse ? usageOfResponse(response) : null;
  if (isJsonObject(response["error"])) return translateOpenAIErrorChunk(wire, head, { ...context, usage });
  if (!isResponse) return "malformed";
  noteResponse(response, reading);
  reading.written = () => writtenIn(response);
  reading.said = () => saidIn(response);
  return null;
}

function noteResponse(response: JsonObject, reading: Reading): void {
  reading.responseId = textOf(response["id"]) || reading.responseId;
  reading.model = textOf(response["model"]) || reading.model;
  reading.usage = usageOfResponse(response);
  reading.finishReason = finishReasonOf(response);
}

/** https://developers.openai.com/api/reference/resources/responses: the counts of chat under other names. */
export function usageOfResponse(response: JsonObject): Usage | null {
  const { usage, service_tier: serviceTier } = response;
  if (!isJsonObject(usage)) return null;
  const converted = convertOpenAIUsage(
    {
      prompt_tokens: usage["input_tokens"],
      completion_tokens: usage["output_tokens"],
      total_tokens: usage["total_tokens"],
      prompt_tokens_details: usage["input_tokens_details"],
      completion_tokens_details: usage["output_tokens_details"],
    },
    serviceTier,
  );
  if (converted === null) return null;
  return { ...converted, fees: { ...converted.fees, ...feesOfResponse(response) } };
}

function finishReasonOf(response: JsonObject): FinishReason | null {
  const status = response["status"];
  if (status === "completed") {
    const items = listOf(response["output"]).map((item) => textOf(objectOf(item)["type"]));
    return items.some((type) => type === "function_call" || type === "custom_tool_call") ? "tool-calls" : "stop";
  }
  if (status === "incomplete") {
    const reason = objectOf(response["incomplete_details"])["reason"];
    return reason === "max_output_tokens" ? "length" : reason === "content_filter" ? "filtered" : "other";
  }
  return status === "failed" || status === "cancelled" ? "other" : null;
}

const terminal: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** Kinds of events that carry a piece of what the model writes in `delta`. */
/** Pieces of what is said to the caller; the others are thinking and arguments of tools. */
const saidKinds: ReadonlySet<string> = new Set(["response.output_text.delta", "response.refusal.delta"]);
const pieceKind = /^response\.[\w.]+\.delta$/;

const namedByField = /^event:[ ]?(\S+)/m;
const namedFirst = /^\s*\{\s*"type"\s*:\s*"([\w.]+)"/;

/** https://developers.openai.com/api/reference/resources/responses/streaming-events */
export function observeResponse(reading: Reading, { context, head }: WholeAnswer): StreamObserver {
  const written = createWrittenPieces((bytes) => {
    const data = eventData(charactersOfBytes(bytes))?.data ?? "";
    const piece = objectOf(parsedCharacters(data));
    const text = textOf(piece["delta"]);
    return { written: text, said: saidKinds.has(textOf(piece["type"])) ? [{ type: "text", text }] : [] };
  });
  reading.written = () => written.text();
  reading.said = () => written.said();
  let finalUsage: Usage | null = null;

  function see(bytes: Uint8Array): EventFate {
    const event = charactersOfBytes(bytes);
    const found = eventData(event);
    if (found === null) return "give";
    const { data } = found;
    const kind = (namedByField.exec(event) ?? namedFirst.exec(data))?.[1] ?? "";
    if (pieceKind.test(kind)) {
      reading.begun = true;
      written.keep(bytes);
      return "give";
    }
    if (data.trim() === "[DONE]") return "end";
    // Events that repeat what their deltas said are long and say nothing new.
    if (kind.startsWith("response.") && !terminal.has(kind) && reading.responseId !== null) return "give";
    const wire = objectOf(parsedCharacters(data));
    const type = textOf(wire["type"]) || kind;
    if (type === "error" || isJsonObject(wire["error"])) {
      const error = isJsonObject(wire["error"]) ? wire["error"] : { ...wire, type: textOf(wire["code"]) };
      return { error: translateOpenAIErrorChunk({ error }, head, { ...context, usage: finalUsage }) };
    }
    const response = wire["response"];
    if (!isJsonObject(response)) return "give";
    noteResponse(response, reading);
    if (!terminal.has(type)) return "give";
    // Here alone calls of tools stand with their names.
    reading.said = () => saidIn(response);
    finalUsage = reading.usage;
    const { error } = response;
    if (!isJsonObject(error)) return "end";
    return { error: translateOpenAIErrorChunk({ error }, head, { ...context, usage: finalUsage }) };
  }

  return { see, mayEndHere: () => false, finalUsage: () => finalUsage };
}

function saidIn(response: JsonObject): SaidAnswer {
  const texts: string[] = [];
  const toolCalls: ToolCall[] = [];
  for (const item of listOf(response["output"]).map(objectOf)) {
    const name = textOf(item["name"]);
    if (item["type"] === "message") {
      for (const part of listOf(item["content"]).map(objectOf))
        texts.push(textOf(part["text"]), textOf(part["refusal"]));
    } else if (name !== "") {
      const argumentsJson = textOf(item["arguments"]) + textOf(item["input"]);
      toolCalls.push({ id: textOf(item["call_id"]), name, argumentsJson });
    }
  }
  return { text: texts.join(""), toolCalls };
}

function writtenIn(response: JsonObject): string {
  const pieces: string[] = [];
  for (const item of listOf(response["output"]).map(objectOf)) {
    for (const part of [...listOf(item["summary"]), ...listOf(item["content"])].map(objectOf)) {
      pieces.push(textOf(part["text"]), textOf(part["refusal"]));
    }
    pieces.push(textOf(item["name"]), textOf(item["arguments"]), textOf(item["input"]));
  }
  return pieces.join("");
}
