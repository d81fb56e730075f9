import { TenantryError, type ChatEvent, type FinishReason, type Usage } from "@tenantry/core";
import type { AnswerFacts, JsonObject, StreamWriter } from "../protocol.ts";
import { serverSentEvent } from "../server-sent-event.ts";
import { toMessageError } from "./message-error.ts";
import { toStop } from "./message-stop-reasons.ts";
import { toCumulativeUsage, toMessageUsage } from "./message-usage.ts";
import { messageShell, toThinkingBlock } from "./write-message-result.ts";

/** A block that is being written. A call is known by its number among the calls. */
interface OpenBlock {
  readonly kind: "text" | "thinking" | "tool_use";
  readonly call: number | null;
}

function event(type: string, fields: JsonObject): string {
  return serverSentEvent(type, { type, ...fields });
}

/**
 * Events of a message: its shell, then one block after another, each opened, filled and closed, then the reason why it
 * stopped with the usage of the whole.
 *
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function openMessageStream(facts: AnswerFacts): StreamWriter {
  let open: OpenBlock | null = null;
  let index = -1;
  let calls = -1;
  let usage: Usage | null = null;
  let refusal: string | null = null;

  function start(): string {
    const stop = { stop_reason: null, stop_sequence: null, stop_details: null };
    return event("message_start", {
      message: { ...messageShell(facts), content: [], ...stop, usage: toMessageUsage(usage) },
    });
  }

  function close(): string {
    if (open === null) return "";
    open = null;
    return event("content_block_stop", { index });
  }

  function begin(block: OpenBlock, content: JsonObject): string {
    const closed = close();
    open = block;
    index += 1;
    return closed + event("content_block_start", { index, content_block: content });
  }

  function delta(piece: JsonObject): string {
    return event("content_block_delta", { index, delta: piece });
  }

  function text(piece: string): string {
    const opened =
      open?.kind === "text" ? "" : begin({ kind: "text", call: null }, { type: "text", text: "", citations: null });
    return opened + delta({ type: "text_delta", text: piece });
  }

  function think(piece: string): string {
    const empty = { type: "thinking", thinking: "", signature: "" };
    const opened = open?.kind === "thinking" ? "" : begin({ kind: "thinking", call: null }, empty);
    return opened + (piece === "" ? "" : delta({ type: "thinking_delta", thinking: piece }));
  }

  /** Closes the thinking so far with its signature. */
  function thought({ part }: Extract<ChatEvent, { type: "reasoning-part" }>): string {
    if (part.type === "redacted") return begin({ kind: "thinking", call: null }, toThinkingBlock(part)) + close();
    return think("") + delta({ type: "signature_delta", signature: part.signature }) + close();
  }

  /** Calls come one after another, so a piece of a call that is closed cannot be placed any more. */
  function call({ index: number, id, name, argumentsJson }: Extract<ChatEvent, { type: "tool-call" }>): string {
    let opened = "";
    if (open?.call !== number) {
      if (number <= calls) throw new TenantryError("upstream_error", "the provider mixed the pieces of two tool calls");
      const content = { type: "tool_use", id: id ?? "", name: name ?? "", input: {}, caller: { type: "direct" } };
      opened = begin({ kind: "tool_use", call: number }, content);
      calls = number;
    }
    return opened + delta({ type: "input_json_delta", partial_json: argumentsJson });
  }

  function end(finishReason: FinishReason): string {
    const stop = { ...toStop(finishReason, refusal), container: null };
    const told = event("message_delta", { delta: stop, usage: toCumulativeUsage(usage) });
    return close() + told + event("message_stop", {});
  }

  function write(given: ChatEvent): string {
    switch (given.type) {
      case "start":
        return start();
      case "text":
        return text(given.text);
      case "refusal":
        refusal = (refusal ?? "") + given.text;
        return text(given.text);
      case "reasoning":
        return think(given.text);
      case "reasoning-part":
        return thought(given);
      case "tool-call":
        return call(given);
      case "usage":
        usage = given.usage;
        return "";
      case "end":
        return end(given.finishReason);
    }
  }

  return { write, fail: (error) => serverSentEvent("error", toMessageError(error)) };
}
