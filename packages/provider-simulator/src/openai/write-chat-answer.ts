import type { FinishReason, GeneratedChoice, GeneratedToolCall } from "../answers/generate.ts";
import type { Answer } from "../http/answer.ts";
import type { StreamFrame } from "../http/send-stream.ts";
import { frame } from "../http/send-stream.ts";
import { chatUsage } from "./openai-usage.ts";

const finishReasons: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  "stop-sequence": "stop",
  length: "length",
  "tool-calls": "tool_calls",
  refusal: "stop",
};

export function chatId(key: string): string {
  return `chatcmpl-${key}`;
}

function callId(answer: Answer, choice: number, call: number): string {
  return `call_${answer.key.slice(0, 20)}${choice}${call}`;
}

function toolCalls(answer: Answer, choice: GeneratedChoice, index: number): unknown[] {
  return choice.toolCalls.map((call, at) => ({
    id: callId(answer, index, at),
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
}

function message(answer: Answer, choice: GeneratedChoice, index: number): unknown {
  const refused = choice.finish === "refusal";
  const calls = toolCalls(answer, choice, index);
  return {
    role: "assistant",
    content: refused || calls.length > 0 ? null : choice.text,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    refusal: refused ? choice.text : null,
    annotations: [],
  };
}

const envelope = (answer: Answer, object: string) => ({
  id: chatId(answer.key),
  object,
  created: answer.createdAtSeconds,
  model: answer.modelName,
});

const trailer = { service_tier: "default", system_fingerprint: "fp_simulated" };

/** https://platform.openai.com/docs/api-reference/chat/object */
export function chatCompletion(answer: Answer): unknown {
  return {
    ...envelope(answer, "chat.completion"),
    choices: answer.choices.map((choice, index) => ({
      index,
      message: message(answer, choice, index),
      logprobs: null,
      finish_reason: finishReasons[choice.finish],
    })),
    ...(answer.reported ? { usage: chatUsage(answer.reported) } : {}),
    ...trailer,
  };
}

type Send = (delta: unknown, finish: string | null, tokens: number) => StreamFrame;

function* callFrames(call: GeneratedToolCall, id: string, index: number, first: boolean, send: Send) {
  const start = { index, id, type: "function", function: { name: call.name, arguments: "" } };
  const opening = first ? { role: "assistant", content: null } : {};
  yield send({ ...opening, tool_calls: [start], ...(first ? { refusal: null } : {}) }, null, call.nameTokens);
  for (const piece of call.pieces) {
    const delta = { tool_calls: [{ index, function: { arguments: piece.text } }] };
    yield send(delta, null, piece.tokens);
  }
}

function* choiceFrames(answer: Answer, choice: GeneratedChoice, index: number, send: Send) {
  const refused = choice.finish === "refusal";
  if (choice.toolCalls.length > 0) {
    for (const [at, call] of choice.toolCalls.entries()) {
      yield* callFrames(call, callId(answer, index, at), at, at === 0, send);
    }
  } else {
    yield send({ role: "assistant", content: refused ? null : "", refusal: null }, null, 0);
    for (const { text, tokens } of choice.pieces) {
      yield send(refused ? { refusal: text } : { content: text }, null, tokens);
    }
  }
  yield send({}, finishReasons[choice.finish], 0);
}

/** https://platform.openai.com/docs/api-reference/chat-streaming : usage is in one last chunk, if asked for. */
export function* chatFrames(answer: Answer): Iterable<StreamFrame> {
  const withUsage = answer.request.streamUsage && answer.reported !== null;
  const head = { ...envelope(answer, "chat.completion.chunk"), ...trailer };
  const tail = withUsage ? { usage: null } : {};
  for (const [index, choice] of answer.choices.entries()) {
    const send: Send = (delta, finish, tokens) => {
      const choices = [{ index, delta, logprobs: null, finish_reason: finish }];
      return frame(null, { ...head, choices, ...tail }, tokens);
    };
    yield* choiceFrames(answer, choice, index, send);
  }
  if (withUsage && answer.reported) {
    yield frame(null, { ...head, choices: [], usage: chatUsage(answer.reported) });
  }
  yield { text: "data: [DONE]\n\n", outputTokens: 0 };
}
