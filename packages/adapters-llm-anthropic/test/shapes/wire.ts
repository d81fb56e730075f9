// Names and types of fields were checked against the definitions in @anthropic-ai/sdk 1.12.0; what is billed, against stored copies of the
// vendor's pages and of what others quote from them. None of it was seen on a real account.

/** The usage of a message without anything special, as https://platform.claude.com/docs/en/api/messages/create has it. */
export const plainUsage = {
  input_tokens: 2_095,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: 503,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: "not_available",
  speed: "standard",
};

const text = { type: "text", text: "Hello!", citations: null };

/** A whole `message`. */
export function message(usage: unknown, more: object = {}): object {
  return {
    id: "msg_013Zva2CMHLNnjNjJJKqJ2EF",
    type: "message",
    role: "assistant",
    model: "claude-haiku-4-5-20251001",
    container: null,
    content: [text],
    stop_reason: "end_turn",
    stop_sequence: null,
    stop_details: null,
    usage,
    ...more,
  };
}

/** What comes before the last two events of a stream. At its start the output is a placeholder. */
export function beginning(usage: object, more: object = {}): string[] {
  const start = { ...usage, output_tokens: 1, output_tokens_details: null, server_tool_use: null };
  return [
    event({ type: "message_start", message: message(start, { content: [], stop_reason: null, ...more }) }),
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    event({ type: "ping" }),
    event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello!" } }),
    event({ type: "content_block_stop", index: 0 }),
  ];
}

/** A `message_delta`: its usage is cumulative. */
export function closing(usage: object | null, delta: object = {}): string {
  const change = { stop_reason: "end_turn", stop_sequence: null, stop_details: null, container: null, ...delta };
  return event({ type: "message_delta", delta: change, ...(usage === null ? {} : { usage }) });
}

export const stop: string = event({ type: "message_stop" });

/** A whole stream; its closing report repeats what a `message_delta` may hold of the usage. */
export function messageEvents(
  usage: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): string[] {
  const { cache_creation: _split, service_tier: _tier, inference_geo: _geo, speed: _speed, ...cumulative } = usage;
  const { container = null, stop_reason = "end_turn", ...rest } = more;
  return [...beginning(usage, { ...rest, content: [] }), closing(cumulative, { container, stop_reason }), stop];
}

function event(data: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
