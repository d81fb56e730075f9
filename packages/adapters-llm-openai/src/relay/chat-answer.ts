import {
  type ChatEvent,
  changeMembers,
  createWrittenPieces,
  eventData,
  rawMember,
  readJsonMembers,
  type EventFate,
  type Reading,
  type RelayBody,
  type TenantryError,
  type Usage,
} from "@tenantry/core";
import { citesWeb, withSearchFee } from "../chat-search-fee.ts";
import { convertOpenAIUsage } from "../convert-openai-usage.ts";
import { fromOpenAIResponse, reasoningOf } from "../from-openai-response.ts";
import { isJsonObject, listOf, objectOf, textOf } from "../json-object.ts";
import { mapOpenAIFinishReason } from "../map-openai-finish-reason.ts";
import { translateOpenAIErrorChunk } from "../translate-openai-error.ts";
import { addsUsage } from "./chat-fields.ts";
import type { StreamObserver, WholeAnswer } from "./operation.ts";
import { bytesOfCharacters, charactersOfBytes, parsedCharacters } from "./wire-text.ts";

/** A `chat.completion`. */
export function readWholeChat(
  wire: unknown,
  reading: Reading,
  { context, head }: WholeAnswer,
): TenantryError | "malformed" | null {
  const result = fromOpenAIResponse(wire);
  if (result === null) {
    const { error, usage, service_tier: serviceTier } = objectOf(wire);
    if (!isJsonObject(error)) return "malformed";
    return translateOpenAIErrorChunk(wire, head, { ...context, usage: convertOpenAIUsage(usage, serviceTier) });
  }
  reading.responseId = result.id || null;
  reading.model = result.model || null;
  reading.usage = result.usage;
  reading.finishReason = result.finishReason;
  reading.written = () => writtenIn(wire, "message");
  reading.said = () => ({ text: result.text + (result.refusal ?? ""), toolCalls: result.toolCalls });
  return null;
}

/** What a chunk says beyond content: an end, usage, an error, a source. In a JSON string the quotes would be escaped. */
const saysMore = /"(?:usage|finish_reason|error|refusal)"\s*:\s*[^n\s]|"annotations"\s*:\s*\[\s*\{/;

/** Watches the chunks of a stream. When usage is asked for by us alone, what comes of it is taken out. */
export function observeChat(body: RelayBody, reading: Reading, { context, head }: WholeAnswer): StreamObserver {
  const takesOut = addsUsage(body);
  const written = createWrittenPieces((bytes) => {
    const data = eventData(charactersOfBytes(bytes))?.data ?? "";
    const chunk = parsedCharacters(data);
    return { written: writtenIn(chunk, "delta"), said: saidIn(chunk) };
  });
  reading.written = () => written.text();
  reading.said = () => written.said();
  let serviceTier: unknown;
  let refused = false;
  let cites = false;
  let finalUsage: Usage | null = null;

  function note(chunk: Readonly<Record<string, unknown>>): void {
    serviceTier = chunk["service_tier"] ?? serviceTier;
    reading.responseId ??= textOf(chunk["id"]) || null;
    reading.model ??= textOf(chunk["model"]) || null;
    const choices = listOf(chunk["choices"]).map(objectOf);
    for (const choice of choices) {
      const delta = objectOf(choice["delta"]);
      refused ||= textOf(delta["refusal"]) !== "";
      cites ||= citesWeb(delta);
      const reason = choice["finish_reason"] ?? null;
      if (reason !== null && (choice["index"] ?? 0) === 0)
        reading.finishReason = mapOpenAIFinishReason(reason, refused);
    }
    reading.begun ||= writtenIn(chunk, "delta") !== "";
    const usage = chunk["usage"] ?? null;
    if (usage === null) return;
    // A report that cannot be read takes back the one before: that was not the whole.
    reading.usage = withSearchFee(convertOpenAIUsage(usage, serviceTier), reading.model ?? "", cites);
    finalUsage = choices.length === 0 || reading.finishReason !== null ? reading.usage : null;
  }

  function see(bytes: Uint8Array): EventFate {
    const event = charactersOfBytes(bytes);
    const found = eventData(event);
    if (found === null) return "give";
    const { data, span } = found;
    if (data.trim() === "[DONE]") return "end";
    if (!reading.begun || saysMore.test(data)) {
      const chunk = parsedCharacters(data);
      if (isJsonObject(chunk)) {
        if (isTruthy(chunk["error"])) {
          return { error: translateOpenAIErrorChunk(chunk, head, { ...context, usage: finalUsage }) };
        }
        note(chunk);
      }
    }
    written.keep(bytes);
    return takesOut && span !== null && data.includes('"usage"') ? withoutUsage(event, span) : "give";
  }

  return { see, mayEndHere: () => reading.finishReason !== null, finalUsage: () => finalUsage };
}

/** As nearly every chunk says it: behind other members, and before none but plain ones up to the chunk's end. */
const nullOfUsage = /,\s*"usage"\s*:\s*null(?=(?:\s*,\s*"[^"\\]*"\s*:\s*(?:"[^"\\]*"|[\w.+-]+))*\s*\}\s*$)/;

/** The event without its null of usage; none at all when usage is all it tells. */
function withoutUsage(event: string, { from, to }: { readonly from: number; readonly to: number }): EventFate {
  const data = event.slice(from, to);
  const found = nullOfUsage.exec(data);
  if (found !== null) {
    const at = from + found.index;
    return { give: bytesOfCharacters(event.slice(0, at) + event.slice(at + found[0].length)) };
  }
  let chunk: ReturnType<typeof readJsonMembers>;
  try {
    chunk = readJsonMembers(data);
  } catch {
    return "give";
  }
  const usage = rawMember(chunk, "usage");
  if (usage !== null && usage !== "null" && isEmptyList(rawMember(chunk, "choices"))) return "drop";
  if (usage !== "null") return "give";
  const changed = changeMembers(chunk, new Map([["usage", null]]));
  return { give: bytesOfCharacters(event.slice(0, from) + changed + event.slice(to)) };
}

function isEmptyList(raw: string | null): boolean {
  return raw !== null && /^\[\s*\]$/.test(raw);
}

function isTruthy(value: unknown): boolean {
  return Boolean(value);
}

/** Everything the model wrote in an answer (`message`) or in a piece of one (`delta`), of all choices. */
function writtenIn(wire: unknown, part: "message" | "delta"): string {
  const pieces: string[] = [];
  for (const choice of listOf(objectOf(wire)["choices"])) {
    const message = objectOf(objectOf(choice)[part]);
    pieces.push(reasoningOf(message), contentOf(message["content"]), textOf(message["refusal"]));
    const legacy = objectOf(message["function_call"]);
    for (const call of [...listOf(message["tool_calls"]).map(objectOf), { function: legacy }]) {
      const called = objectOf(call["function"] ?? call["custom"]);
      pieces.push(textOf(called["name"]), textOf(called["arguments"]), textOf(called["input"]));
    }
  }
  return pieces.join("");
}

/** What a piece of the first answer says to the caller. */
function saidIn(chunk: unknown): readonly ChatEvent[] {
  const first = listOf(objectOf(chunk)["choices"])
    .map(objectOf)
    .find((choice) => (choice["index"] ?? 0) === 0);
  const delta = objectOf(first?.["delta"]);
  const said: ChatEvent[] = [
    { type: "text", text: contentOf(delta["content"]) },
    { type: "refusal", text: textOf(delta["refusal"]) },
  ];
  const legacy = isJsonObject(delta["function_call"]) ? [{ function: delta["function_call"] }] : [];
  for (const call of [...listOf(delta["tool_calls"]).map(objectOf), ...legacy.map(objectOf)]) {
    const called = objectOf(call["function"] ?? call["custom"]);
    const [id, name] = [textOf(call["id"]), textOf(called["name"])];
    said.push({
      type: "tool-call",
      index: Number(call["index"] ?? 0),
      ...(id === "" ? {} : { id }),
      ...(name === "" ? {} : { name }),
      argumentsJson: textOf(called["arguments"]) + textOf(called["input"]),
    });
  }
  return said;
}

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => textOf(objectOf(part)["text"]))
    .join("");
}
