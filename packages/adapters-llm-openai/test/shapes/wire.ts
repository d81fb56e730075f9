// Names and types of fields were checked against the definitions in openai 7.57.0; what is billed, against stored copies of the
// vendor's pages and of what others quote from them. None of it was seen on a real account.

/** The envelope of every chat completion, as https://developers.openai.com/api/reference/resources/chat has it. */
const envelope = {
  id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
  created: 1_741_569_952,
  model: "gpt-4o-mini-2024-07-18",
};

export const said = { role: "assistant", content: "Hello!", refusal: null, annotations: [] };

/** A `chat.completion`. */
export function chat(usage: unknown, more: object = {}, message: object = said, reason: string = "stop"): object {
  const choices = [{ index: 0, message, logprobs: null, finish_reason: reason }];
  const ordinary = { ...envelope, object: "chat.completion", choices, service_tier: "default" };
  return { ...ordinary, system_fingerprint: "fp_44709d6fcb", ...(usage === undefined ? {} : { usage }), ...more };
}

/** One `chat.completion.chunk` as it stands in a stream. */
export function chunk(choices: readonly object[], more: object = {}): string {
  return line({ ...envelope, object: "chat.completion.chunk", service_tier: "default", choices, usage: null, ...more });
}

export const done = "data: [DONE]\n\n";

const piece = (delta: object, reason: string | null = null): object => ({
  index: 0,
  delta,
  logprobs: null,
  finish_reason: reason,
});

/** A stream of three pieces; usage, unless it is undefined, comes in a chunk without choices behind them. */
export function chatEvents(usage: unknown, more: object = {}, delta: object = {}): string[] {
  const start = chunk([piece({ role: "assistant", content: "", refusal: null })], more);
  const text = chunk([piece({ content: "Hello!", ...delta })], more);
  const stop = chunk([piece({}, "stop")], more);
  return [start, text, stop, ...(usage === undefined ? [] : [chunk([], { ...more, usage })]), done];
}

/** A `response`, as https://developers.openai.com/api/reference/resources/responses has it. */
export function response(usage: unknown, more: object = {}): object {
  const content = [{ type: "output_text", text: "Hello!", annotations: [] }];
  return {
    id: "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
    object: "response",
    created_at: 1_741_476_542,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "gpt-5.5-2026-04-23",
    output: [{ type: "message", id: "msg_1", status: "completed", role: "assistant", content }],
    parallel_tool_calls: true,
    service_tier: "default",
    store: false,
    tool_choice: "auto",
    tools: [],
    usage,
    ...more,
  };
}

/** The events of a streamed `response`; what it used stands in the last. */
export function responseEvents(usage: unknown, more: object = {}): string[] {
  const begun = response(null, { status: "in_progress", output: [], ...more, usage: null });
  return [
    event({ type: "response.created", sequence_number: 0, response: begun }),
    event({ type: "response.output_text.delta", sequence_number: 1, output_index: 0, delta: "Hello!" }),
    event({ type: "response.completed", sequence_number: 2, response: response(usage, more) }),
  ];
}

function event(data: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  return `event: ${data.type}\n${line(data)}`;
}

function line(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
