import type { FinishReason, GeneratedChoice, GeneratedToolCall } from "../answers/generate.ts";
import { outputTotal } from "../billing/token-counts.ts";
import type { Answer } from "../http/answer.ts";
import type { StreamFrame } from "../http/send-stream.ts";
import { frame } from "../http/send-stream.ts";
import type { Piece } from "../prompt/tokenizer.ts";
import { deltaUsage, messageUsage } from "./anthropic-usage.ts";

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  "stop-sequence": "stop_sequence",
  length: "max_tokens",
  "tool-calls": "tool_use",
  refusal: "refusal",
};

const thinkingText = "The answer can be taken from the text of the request.";
const signature = Buffer.from("simulated thinking, signed by nobody").toString("base64");

export function messageId(key: string): string {
  return `msg_01${key}`;
}

function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short at the token limit.
    return {};
  }
}

function toolUse(answer: Answer, call: GeneratedToolCall, index: number, input: unknown) {
  const id = `toolu_01${answer.key.slice(0, 20)}${index}`;
  return { type: "tool_use", id, name: call.name, input };
}

function content(answer: Answer, choice: GeneratedChoice): unknown[] {
  const blocks: unknown[] = [];
  if (answer.request.showsThinking) {
    blocks.push({ type: "thinking", thinking: thinkingText, signature });
  }
  if (choice.pieces.length > 0) blocks.push({ type: "text", text: choice.text, citations: null });
  choice.toolCalls.forEach((call, index) => {
    blocks.push(toolUse(answer, call, index, parseArguments(call.arguments)));
  });
  return blocks;
}

const nothing = { container: null, diagnostics: null };

function stopDetails(choice: GeneratedChoice): unknown {
  return choice.finish === "refusal" ? { type: "refusal", category: null, explanation: null } : null;
}

/** https://platform.claude.com/docs/en/api/messages */
export function messageObject(answer: Answer): unknown {
  const choice = answer.choices[0];
  if (!choice) return null;
  const { reported } = answer;
  return {
    id: messageId(answer.key),
    type: "message",
    role: "assistant",
    model: answer.modelName,
    content: content(answer, choice),
    ...nothing,
    stop_reason: stopReasons[choice.finish],
    stop_sequence: choice.stopSequence,
    stop_details: stopDetails(choice),
    ...(reported ? { usage: messageUsage(reported, outputTotal(reported)) } : {}),
  };
}

interface Block {
  readonly start: unknown;
  readonly leadTokens: number;
  readonly deltas: Iterable<{ readonly delta: unknown; readonly tokens: number }>;
}

function* pieceDeltas(pieces: readonly Piece[], make: (text: string) => unknown) {
  for (const { text, tokens } of pieces) yield { delta: make(text), tokens };
}

function blocks(answer: Answer, choice: GeneratedChoice): Block[] {
  const list: Block[] = [];
  if (answer.request.showsThinking) {
    const deltas = [
      { delta: { type: "thinking_delta", thinking: thinkingText }, tokens: 0 },
      { delta: { type: "signature_delta", signature }, tokens: 0 },
    ];
    list.push({ start: { type: "thinking", thinking: "", signature: "" }, leadTokens: 0, deltas });
  }
  if (choice.pieces.length > 0) {
    const deltas = pieceDeltas(choice.pieces, (text) => ({ type: "text_delta", text }));
    list.push({ start: { type: "text", text: "", citations: null }, leadTokens: 0, deltas });
  }
  choice.toolCalls.forEach((call, index) => {
    const deltas = pieceDeltas(call.pieces, (text) => ({
      type: "input_json_delta",
      partial_json: text,
    }));
    list.push({ start: toolUse(answer, call, index, {}), leadTokens: call.nameTokens, deltas });
  });
  return list;
}

function send(data: { readonly type: string; readonly [key: string]: unknown }, tokens = 0) {
  return frame(data.type, data, tokens);
}

function startOf(answer: Answer): unknown {
  return {
    id: messageId(answer.key),
    type: "message",
    role: "assistant",
    model: answer.modelName,
    content: [],
    ...nothing,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    ...(answer.reported ? { usage: messageUsage(answer.reported, 1) } : {}),
  };
}

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
export function* messageFrames(answer: Answer): Iterable<StreamFrame> {
  const choice = answer.choices[0];
  if (!choice) return;
  yield send({ type: "message_start", message: startOf(answer) });
  for (const [index, block] of blocks(answer, choice).entries()) {
    const start = { type: "content_block_start", index, content_block: block.start };
    yield send(start, block.leadTokens);
    if (index === 0) yield send({ type: "ping" });
    for (const { delta, tokens } of block.deltas) {
      yield send({ type: "content_block_delta", index, delta }, tokens);
    }
    yield send({ type: "content_block_stop", index });
  }
  yield send({
    type: "message_delta",
    delta: {
      container: null,
      stop_reason: stopReasons[choice.finish],
      stop_sequence: choice.stopSequence,
      stop_details: stopDetails(choice),
    },
    ...(answer.reported ? { usage: deltaUsage(answer.reported) } : {}),
  });
  yield send({ type: "message_stop" });
}
