import type { ChatEvent, FinishReason, Usage } from "@tenantry/core";
import { citesWeb, withSearchFee } from "./chat-search-fee.ts";
import { convertOpenAIUsage } from "./convert-openai-usage.ts";
import { reasoningOf } from "./from-openai-response.ts";
import { isJsonObject, listOf, objectOf, textOf, type JsonObject } from "./json-object.ts";
import { mapOpenAIFinishReason } from "./map-openai-finish-reason.ts";

/** Turns `chat.completion.chunk`s, one after another, into events. One reader reads one stream. */
export interface OpenAIStreamReader {
  /** The events of one chunk, as it came over the wire. What is not understood is passed over. */
  read(chunk: unknown): ChatEvent[];
  /** The last event, or null when the model has not said that it stopped: the stream was cut. */
  end(): ChatEvent | null;
  /** Whether anything was understood so far. */
  readonly started: boolean;
  /** The latest report, if it can be relied on. */
  readonly usage: Usage | null;
}

/**
 * The finish reason comes in the last chunk of the choice, usage in a chunk without choices after it, so the end is told
 * by `end()` once the stream is over. Chunks carry `usage: null` until then.
 *
 * https://developers.openai.com/api/reference/resources/chat/subresources/completions/streaming-events
 */
export function createOpenAIStreamReader(): OpenAIStreamReader {
  let started = false;
  let refused = false;
  let cites = false;
  let model = "";
  let finishReason: FinishReason | null = null;
  let serviceTier: unknown;
  let usage: Usage | null = null;
  const named = new Set<number>();

  function readChoice(choice: JsonObject): ChatEvent[] {
    const delta = objectOf(choice["delta"]);
    const events: ChatEvent[] = [];
    const pieces = { reasoning: reasoningOf(delta), text: textOf(delta["content"]), refusal: textOf(delta["refusal"]) };
    for (const type of ["reasoning", "text", "refusal"] as const) {
      if (pieces[type] !== "") events.push({ type, text: pieces[type] });
    }
    refused ||= pieces.refusal !== "";
    cites ||= citesWeb(delta);
    listOf(delta["tool_calls"]).forEach((call, position) => events.push(readToolCall(objectOf(call), position)));
    const reason = choice["finish_reason"];
    if (reason !== undefined && reason !== null) finishReason = mapOpenAIFinishReason(reason, refused);
    return events;
  }

  /** Servers that send calls whole leave `index` out; some repeat id and name in every piece. */
  function readToolCall(call: JsonObject, position: number): ChatEvent {
    const index = typeof call["index"] === "number" ? call["index"] : position;
    const wanted = objectOf(call["function"]);
    const argumentsJson = textOf(wanted["arguments"]);
    const name = textOf(wanted["name"]);
    if (name === "" || named.has(index)) return { type: "tool-call", index, argumentsJson };
    named.add(index);
    return { type: "tool-call", index, id: textOf(call["id"]), name, argumentsJson };
  }

  /** A report that cannot be read takes back the one before: that was not the whole. */
  function readUsage(wire: unknown): ChatEvent[] {
    if (wire === undefined || wire === null) return [];
    const before = usage;
    usage = withSearchFee(convertOpenAIUsage(wire, serviceTier), model, cites);
    return started && (usage !== null || before !== null) ? [{ type: "usage", usage }] : [];
  }

  return {
    read(chunk) {
      if (!isJsonObject(chunk)) return [];
      serviceTier = chunk["service_tier"] ?? serviceTier;
      model ||= textOf(chunk["model"]);
      const first = listOf(chunk["choices"]).find((choice) => (objectOf(choice)["index"] ?? 0) === 0);
      const pieces = isJsonObject(first) ? readChoice(first) : [];
      const id = textOf(chunk["id"]);
      const events: ChatEvent[] = [];
      // Azure's first chunk reports on the prompt alone and has no id yet.
      if (!started && (id !== "" || pieces.length > 0)) {
        started = true;
        events.push({ type: "start", id, model });
      }
      events.push(...pieces);
      events.push(...readUsage(chunk["usage"]));
      return events;
    },
    end: () => (finishReason === null ? null : { type: "end", finishReason }),
    get started() {
      return started;
    },
    get usage() {
      return usage;
    },
  };
}
