import type { GeneratedChoice } from "../answers/generate.ts";
import type { Answer } from "../http/answer.ts";
import type { StreamFrame } from "../http/send-stream.ts";
import { frame } from "../http/send-stream.ts";
import type { Piece } from "../prompt/tokenizer.ts";
import { responsesUsage } from "./openai-usage.ts";

type Item = Readonly<Record<string, unknown>>;

/** One output item with the text or arguments a stream delivers bit by bit. */
interface Output {
  readonly kind: "reasoning" | "text" | "refusal" | "call";
  readonly finished: Item;
  readonly pieces: readonly Piece[];
  readonly leadTokens: number;
}

export function responseId(key: string): string {
  return `resp_${key}`;
}

function part(choice: GeneratedChoice, text: string): Item {
  return choice.finish === "refusal"
    ? { type: "refusal", refusal: text }
    : { type: "output_text", annotations: [], logprobs: [], text };
}

function outputs(answer: Answer, choice: GeneratedChoice): Output[] {
  const status = choice.finish === "length" ? "incomplete" : "completed";
  const list: Output[] = [];
  if (choice.reasoningTokens > 0) {
    const finished = { id: `rs_${answer.key}`, type: "reasoning", summary: [] };
    list.push({ kind: "reasoning", finished, pieces: [], leadTokens: 0 });
  }
  choice.toolCalls.forEach((call, index) => {
    const finished = {
      id: `fc_${answer.key}${index}`,
      type: "function_call",
      status: "completed",
      arguments: call.arguments,
      call_id: `call_${answer.key.slice(0, 22)}${index}`,
      name: call.name,
    };
    list.push({ kind: "call", finished, pieces: call.pieces, leadTokens: call.nameTokens });
  });
  if (choice.toolCalls.length === 0 && choice.pieces.length > 0) {
    const finished = {
      id: `msg_${answer.key}`,
      type: "message",
      status,
      content: [part(choice, choice.text)],
      role: "assistant",
    };
    const kind = choice.finish === "refusal" ? "refusal" : "text";
    list.push({ kind, finished, pieces: choice.pieces, leadTokens: 0 });
  }
  return list;
}

function shell(answer: Answer): Item {
  const { body, request, createdAtSeconds, key, modelName } = answer;
  return {
    id: responseId(key),
    object: "response",
    created_at: createdAtSeconds,
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: request.maxOutputTokens,
    max_tool_calls: null,
    model: modelName,
    output: [],
    parallel_tool_calls: request.parallelToolCalls,
    previous_response_id: null,
    reasoning: body["reasoning"] ?? { effort: null, summary: null },
    service_tier: "default",
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: body["text"] ?? { format: { type: "text" } },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_p: body["top_p"] ?? 1,
    truncation: body["truncation"] ?? "disabled",
    usage: null,
    user: body["user"] ?? null,
    metadata: body["metadata"] ?? {},
  };
}

function finished(answer: Answer, choice: GeneratedChoice): Item {
  const short = choice.finish === "length";
  return {
    ...shell(answer),
    status: short ? "incomplete" : "completed",
    incomplete_details: short ? { reason: "max_output_tokens" } : null,
    output: outputs(answer, choice).map((output) => output.finished),
    ...(answer.reported ? { usage: responsesUsage(answer.reported) } : {}),
  };
}

/** https://platform.openai.com/docs/api-reference/responses/object */
export function responseObject(answer: Answer): unknown {
  const choice = answer.choices[0];
  return choice ? finished(answer, choice) : shell(answer);
}

type Send = (type: string, data: Item, tokens?: number) => StreamFrame;

function* partFrames(output: Output, choice: GeneratedChoice, at: Item, send: Send) {
  const place = { ...at, content_index: 0 };
  const name = output.kind === "refusal" ? "refusal" : "output_text";
  const logprobs = output.kind === "refusal" ? {} : { logprobs: [] };
  yield send("response.content_part.added", { ...place, part: part(choice, "") });
  for (const { text, tokens } of output.pieces) {
    yield send(`response.${name}.delta`, { ...place, delta: text, ...logprobs }, tokens);
  }
  const whole = output.kind === "refusal" ? { refusal: choice.text } : { text: choice.text };
  yield send(`response.${name}.done`, { ...place, ...whole, ...logprobs });
  yield send("response.content_part.done", { ...place, part: part(choice, choice.text) });
}

function* callFrames(output: Output, at: Item, send: Send) {
  for (const { text, tokens } of output.pieces) {
    yield send("response.function_call_arguments.delta", { ...at, delta: text }, tokens);
  }
  const args = output.finished["arguments"];
  yield send("response.function_call_arguments.done", { ...at, arguments: args });
}

const opened: Readonly<Record<Output["kind"], Item>> = {
  reasoning: {},
  text: { status: "in_progress", content: [] },
  refusal: { status: "in_progress", content: [] },
  call: { status: "in_progress", arguments: "" },
};

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function* responseFrames(answer: Answer): Iterable<StreamFrame> {
  let sequence = 0;
  const send: Send = (type, data, tokens = 0) => {
    const event = { type, sequence_number: sequence, ...data };
    sequence += 1;
    return frame(type, event, tokens);
  };
  const choice = answer.choices[0];
  if (!choice) return;
  yield send("response.created", { response: shell(answer) });
  yield send("response.in_progress", { response: shell(answer) });
  for (const [index, output] of outputs(answer, choice).entries()) {
    const at = { item_id: output.finished["id"], output_index: index };
    const item = { ...output.finished, ...opened[output.kind] };
    yield send("response.output_item.added", { output_index: index, item }, output.leadTokens);
    if (output.kind === "call") yield* callFrames(output, at, send);
    else if (output.kind !== "reasoning") yield* partFrames(output, choice, at, send);
    yield send("response.output_item.done", { output_index: index, item: output.finished });
  }
  const end = choice.finish === "length" ? "response.incomplete" : "response.completed";
  yield send(end, { response: finished(answer, choice) });
}
