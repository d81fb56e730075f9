import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** One request as a provider saw it. */
export interface ProviderRequest {
  readonly path: string;
  /** Names in lower case. */
  readonly headers: IncomingMessage["headers"];
}

/** A loopback server with one fixed answer for each of the vendors' endpoints, so that a recording comes out the same again. */
export interface CannedProvider {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  readonly requests: readonly ProviderRequest[];
  close(): Promise<void>;
}

/** Long enough that no duration is measured as a whole number of seconds. */
const answerAfterMs = 20;

export async function openCannedProvider(): Promise<CannedProvider> {
  const requests: ProviderRequest[] = [];
  const server = createServer((req, res) => void answer(req, res, requests));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Asked {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly tools?: readonly unknown[];
}

async function answer(req: IncomingMessage, res: ServerResponse, requests: ProviderRequest[]): Promise<void> {
  let text = "";
  for await (const chunk of req) text += String(chunk);
  requests.push({ path: req.url ?? "", headers: req.headers });
  const asked = JSON.parse(text) as Asked;
  await delay(answerAfterMs);
  if (asked.model === "no-such-model") return send(res, 404, noSuchModel);
  switch (req.url) {
    case "/v1/chat/completions":
      return asked.stream === true ? sendEvents(res, chatChunks(asked)) : send(res, 200, chat(asked));
    case "/v1/embeddings":
      return send(res, 200, embedding(asked));
    case "/v1/responses":
      return asked.stream === true ? sendEvents(res, responseEvents(asked), true) : send(res, 200, response(asked));
    case "/v1/messages":
      return asked.stream === true ? sendEvents(res, messageEvents(asked), true) : send(res, 200, message(asked));
    default:
      return send(res, 404, noSuchModel);
  }
}

function send(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function sendEvents(res: ServerResponse, events: readonly { readonly type?: string }[], named = false): void {
  res.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    res.write(`${named ? `event: ${event.type ?? ""}\n` : ""}data: ${JSON.stringify(event)}\n\n`);
  }
  res.end(named ? "" : "data: [DONE]\n\n");
}

const noSuchModel = {
  error: {
    message: "The model `no-such-model` does not exist",
    type: "invalid_request_error",
    code: "model_not_found",
  },
};
const summary = "The team agreed on the plan.";
const created = 1_795_000_000;

const chatUsage = {
  prompt_tokens: 120,
  completion_tokens: 30,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 20 },
  completion_tokens_details: { reasoning_tokens: 5 },
};

function chat({ model, tools }: Asked): object {
  const call = { id: "call_1", type: "function", function: { name: "find_clause", arguments: '{"section":"7.2"}' } };
  const choice =
    tools === undefined
      ? { index: 0, message: { role: "assistant", content: summary, refusal: null }, finish_reason: "stop" }
      : { index: 0, message: { role: "assistant", content: null, tool_calls: [call] }, finish_reason: "tool_calls" };
  const answered = { id: "chatcmpl-1", object: "chat.completion", created, model: `${model}-0613` };
  return { ...answered, choices: [choice], usage: chatUsage };
}

function chatChunks({ model, stream_options: options }: Asked): readonly object[] {
  const chunk = (delta: object, finish: string | null): object => ({
    ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created, model: `${model}-0613` },
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const pieces = [chunk({ role: "assistant", content: "" }, null), chunk({ content: "The team agreed " }, null)];
  const last = [chunk({ content: "on the plan." }, null), chunk({}, "stop")];
  const usage = { ...chunk({}, null), choices: [], usage: chatUsage };
  return [...pieces, ...last, ...(options?.include_usage === true ? [usage] : [])];
}

function embedding({ model }: Asked): object {
  const vector = Buffer.from(new Float32Array([0.25, -0.5, 0.125, 1]).buffer).toString("base64");
  const data = [{ object: "embedding", index: 0, embedding: vector }];
  return { object: "list", data, model, usage: { prompt_tokens: 8, total_tokens: 8 } };
}

function response({ model }: Asked): object {
  const content = [{ type: "output_text", text: summary, annotations: [] }];
  const output = [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content }];
  const usage = {
    input_tokens: 120,
    input_tokens_details: { cached_tokens: 20 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 5 },
    total_tokens: 150,
  };
  return { id: "resp_1", object: "response", created_at: created, status: "completed", model, output, usage };
}

function responseEvents(asked: Asked): readonly { readonly type: string }[] {
  const begun = { ...response(asked), status: "in_progress", output: [], usage: null };
  const delta = { item_id: "msg_1", output_index: 0, content_index: 0, delta: summary };
  return [
    { type: "response.created", ...{ sequence_number: 0, response: begun } },
    { type: "response.output_text.delta", ...{ sequence_number: 1, ...delta } },
    { type: "response.completed", ...{ sequence_number: 2, response: response(asked) } },
  ];
}

const messageUsage = { input_tokens: 110, cache_read_input_tokens: 20, cache_creation_input_tokens: 13 };

function message({ model }: Asked): object {
  return {
    ...{ id: "msg_1", type: "message", role: "assistant", model },
    content: [{ type: "text", text: summary }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { ...messageUsage, output_tokens: 30 },
  };
}

function messageEvents(asked: Asked): readonly { readonly type: string }[] {
  const begun = { ...message(asked), content: [], stop_reason: null, usage: { ...messageUsage, output_tokens: 1 } };
  return [
    { type: "message_start", ...{ message: begun } },
    { type: "content_block_start", ...{ index: 0, content_block: { type: "text", text: "" } } },
    { type: "content_block_delta", ...{ index: 0, delta: { type: "text_delta", text: "The team agreed " } } },
    { type: "content_block_delta", ...{ index: 0, delta: { type: "text_delta", text: "on the plan." } } },
    { type: "content_block_stop", ...{ index: 0 } },
    { type: "message_delta", ...{ delta: { stop_reason: "end_turn" }, usage: { output_tokens: 30 } } },
    { type: "message_stop" },
  ];
}
