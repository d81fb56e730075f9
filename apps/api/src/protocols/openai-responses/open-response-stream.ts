import { TenantryError, type ChatEvent, type FinishReason, type Usage } from "@tenantry/core";
import type { AnswerFacts, ErrorFacts, JsonObject, StreamWriter } from "../protocol.ts";
import { serverSentEvent } from "../server-sent-event.ts";
import {
  createCallWriter,
  createMessageWriter,
  createReasoningWriter,
  type CallWriter,
  type ItemPlace,
  type MessageWriter,
  type ReasoningWriter,
} from "./item-writers.ts";
import { itemId, type ItemStatus, type TextKind } from "./response-items.ts";
import { finishedResponse, incompleteReason, openedResponse } from "./response-shell.ts";

type ToolCallPiece = Extract<ChatEvent, { type: "tool-call" }>;

/**
 * Events of a response: created, in progress, one item after another, and the finished response last. Every event has
 * its number in the stream; every item keeps its id and its place.
 *
 * https://developers.openai.com/api/reference/resources/responses/streaming-events
 */
export function openResponseStream(facts: AnswerFacts): StreamWriter {
  const output: JsonObject[] = [];
  let open: MessageWriter | ReasoningWriter | CallWriter | null = null;
  let sequence = 0;
  let calls = -1;
  let usage: Usage | null = null;
  let refused = false;

  function send(type: string, fields: JsonObject): string {
    const event = serverSentEvent(type, { type, sequence_number: sequence, ...fields });
    sequence += 1;
    return event;
  }

  function close(status: ItemStatus = "completed"): string {
    if (open === null) return "";
    const { events, item } = open.close(status);
    output.push(item);
    open = null;
    return events;
  }

  function placeOf(kind: Parameters<typeof itemId>[0]): ItemPlace {
    return { id: itemId(kind, facts.id, output.length), outputIndex: output.length };
  }

  function text(kind: TextKind, piece: string): string {
    if (open?.kind === "message") return open.piece(kind, piece);
    const closed = close();
    const writer = createMessageWriter(placeOf("msg"), send);
    open = writer;
    return closed + writer.open() + writer.piece(kind, piece);
  }

  function think(piece: string): string {
    if (open?.kind === "reasoning") return open.piece(piece);
    const closed = close();
    const writer = createReasoningWriter(placeOf("rs"), send);
    open = writer;
    return closed + writer.open() + writer.piece(piece);
  }

  /** Ends the thinking so far; what is not shown is an item without a summary. */
  function thought({ part }: Extract<ChatEvent, { type: "reasoning-part" }>): string {
    const before = part.type === "redacted" ? close() : "";
    const opened = before + think("");
    if (open?.kind === "reasoning") open.seal(part);
    return opened + close();
  }

  /** Calls come one after another, so a piece of a call that is closed cannot be placed any more. */
  function call({ index: number, id, name, argumentsJson }: ToolCallPiece): string {
    if (open?.kind === "call" && open.number === number) return open.piece(argumentsJson);
    if (number <= calls) throw new TenantryError("upstream_error", "the provider mixed the pieces of two tool calls");
    calls = number;
    const closed = close();
    const writer = createCallWriter(placeOf("fc"), { number, id: id ?? "", name: name ?? "" }, send);
    open = writer;
    return closed + writer.open() + writer.piece(argumentsJson);
  }

  function end(finishReason: FinishReason): string {
    const incomplete = incompleteReason(finishReason, refused);
    const closed = close(incomplete === null ? "completed" : "incomplete");
    const type = incomplete === null ? "response.completed" : "response.incomplete";
    return closed + send(type, { response: finishedResponse(facts, { output, usage, incomplete }) });
  }

  function write(event: ChatEvent): string {
    switch (event.type) {
      case "start": {
        const response = openedResponse(facts);
        return send("response.created", { response }) + send("response.in_progress", { response });
      }
      case "text":
        return text("output_text", event.text);
      case "refusal":
        refused = true;
        return text("refusal", event.text);
      case "reasoning":
        return think(event.text);
      case "reasoning-part":
        return thought(event);
      case "tool-call":
        return call(event);
      case "usage":
        usage = event.usage;
        return "";
      case "end":
        return end(event.finishReason);
    }
  }

  const fail = ({ code, message, param }: ErrorFacts): string => send("error", { code, message, param });
  return { write, fail };
}
