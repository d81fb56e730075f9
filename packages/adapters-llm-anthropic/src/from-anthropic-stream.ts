import type { ChatEvent, Usage } from "@tenantry/core";
import { billedAnthropicUsage, mergeAnthropicUsage } from "./convert-anthropic-usage.ts";
import { reasoningPartOf, refusalOf } from "./from-anthropic-response.ts";
import { isJsonObject, textOf, type JsonObject } from "./json-object.ts";
import { mapAnthropicFinishReason } from "./map-anthropic-finish-reason.ts";

/** Turns one stream's events into ours, in order. Kept for one stream only. */
export interface AnthropicStreamReader {
  /** What one event of the wire, as JSON, means: any number of events of ours, or null when it cannot be read. */
  read(wire: unknown): readonly ChatEvent[] | null;
  /** The reports so far as one; null before the first, and when they contradict each other. */
  usage(): Usage | null;
  /** True once the first event of an answer was read. */
  started(): boolean;
  /** True once the terminal event was read. */
  ended(): boolean;
}

interface OpenToolCall {
  readonly index: number;
  readonly input: unknown;
  hasPieces: boolean;
}

/**
 * A reader for the events of a streamed answer. Kinds of events and blocks it does not know are skipped, as the API
 * asks of its clients; `error` events are for `translateAnthropicErrorEvent`.
 *
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function createAnthropicStreamReader(): AnthropicStreamReader {
  let started = false;
  let ended = false;
  let stopReason: unknown;
  let container: unknown;
  let reported: unknown;
  let usage: Usage | null = null;
  const blocks = createBlockReader();

  function report(wire: unknown): readonly ChatEvent[] {
    const before = usage;
    reported = isJsonObject(wire) ? mergeAnthropicUsage(reported, wire) : undefined;
    usage = reported === undefined ? null : billedAnthropicUsage(reported, { container, stopReason });
    // A closing report that is missing or contradicts itself takes back the placeholder of the first one.
    return usage === null && before === null ? [] : [{ type: "usage", usage }];
  }

  function start(message: unknown): readonly ChatEvent[] | null {
    if (!isJsonObject(message)) return null;
    const { id, model } = message;
    if (typeof id !== "string" || typeof model !== "string") return null;
    started = true;
    container = message["container"];
    return [{ type: "start", id, model }, ...report(message["usage"])];
  }

  function stop(wire: JsonObject): readonly ChatEvent[] {
    const delta = isJsonObject(wire["delta"]) ? wire["delta"] : {};
    stopReason = delta["stop_reason"] ?? stopReason;
    container = delta["container"] ?? container;
    const refusal = refusalOf(delta);
    const refused: ChatEvent[] = refusal === null ? [] : [{ type: "refusal", text: refusal }];
    return [...refused, ...report(wire["usage"])];
  }

  function read(wire: unknown): readonly ChatEvent[] | null {
    if (!isJsonObject(wire)) return null;
    const { type } = wire;
    if (type === "message_start") return start(wire["message"]);
    if (type === "message_delta") return started ? stop(wire) : null;
    if (type !== "message_stop") return started ? blocks(wire) : [];
    ended = started;
    return started ? [{ type: "end", finishReason: mapAnthropicFinishReason(stopReason) }] : null;
  }

  return { read, usage: () => usage, started: () => started, ended: () => ended };
}

/** Reads the pieces of content. Tool calls are numbered among themselves from 0, whatever blocks lie between them. */
function createBlockReader(): (wire: JsonObject) => readonly ChatEvent[] {
  const toolCalls = new Map<unknown, OpenToolCall>();
  const thoughts = new Map<unknown, { type: string; thinking: string; signature: string }>();

  function begin(at: unknown, block: JsonObject): readonly ChatEvent[] {
    if (block["type"] === "text") return pieceOf("text", block["text"]);
    if (block["type"] === "thinking") {
      const { thinking, signature } = block;
      thoughts.set(at, { type: "thinking", thinking: textOf(thinking), signature: textOf(signature) });
      return pieceOf("reasoning", thinking);
    }
    if (block["type"] === "redacted_thinking") return partOf(block);
    if (block["type"] !== "tool_use") return [];
    const call = { index: toolCalls.size, input: block["input"] ?? {}, hasPieces: false };
    toolCalls.set(at, call);
    const { index } = call;
    return [{ type: "tool-call", index, id: textOf(block["id"]), name: textOf(block["name"]), argumentsJson: "" }];
  }

  function grow(at: unknown, delta: JsonObject): readonly ChatEvent[] {
    if (delta["type"] === "text_delta") return pieceOf("text", delta["text"]);
    if (delta["type"] === "thinking_delta" || delta["type"] === "signature_delta") return think(at, delta);
    const call = toolCalls.get(at);
    const argumentsJson = textOf(delta["partial_json"]);
    if (delta["type"] !== "input_json_delta" || call === undefined || argumentsJson === "") return [];
    call.hasPieces = true;
    return [{ type: "tool-call", index: call.index, argumentsJson }];
  }

  function think(at: unknown, delta: JsonObject): readonly ChatEvent[] {
    const thought = thoughts.get(at);
    if (thought !== undefined) {
      thought.thinking += textOf(delta["thinking"]);
      thought.signature += textOf(delta["signature"]);
    }
    return pieceOf("reasoning", delta["thinking"]);
  }

  /** A call without arguments streams no piece; its block carries them instead. */
  function finish(at: unknown): readonly ChatEvent[] {
    const thought = thoughts.get(at);
    if (thought !== undefined) return partOf(thought);
    const call = toolCalls.get(at);
    if (call === undefined || call.hasPieces) return [];
    call.hasPieces = true;
    return [{ type: "tool-call", index: call.index, argumentsJson: JSON.stringify(call.input) }];
  }

  return (wire) => {
    const { type, index, content_block: block, delta } = wire;
    if (type === "content_block_start" && isJsonObject(block)) return begin(index, block);
    if (type === "content_block_delta" && isJsonObject(delta)) return grow(index, delta);
    return type === "content_block_stop" ? finish(index) : [];
  };
}

function partOf(block: JsonObject): readonly ChatEvent[] {
  const part = reasoningPartOf(block);
  return part === null ? [] : [{ type: "reasoning-part", part }];
}

function pieceOf(type: "text" | "reasoning", value: unknown): readonly ChatEvent[] {
  const text = textOf(value);
  return text === "" ? [] : [{ type, text }];
}
