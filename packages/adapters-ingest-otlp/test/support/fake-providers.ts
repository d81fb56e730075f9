import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What every chat answer of the fake provider says it used: 120 read, 20 of them from the cache, 30 written. */
export const chatTokens = { input: 100, cacheRead: 20, output: 25, reasoning: 5 };
/** What every message says it used, cache writes of both lifetimes among it. */
export const messageTokens = { input: 110, cacheRead: 20, cacheWrite5m: 10, cacheWrite1h: 3, output: 30 };
export const embeddingTokens = { input: 8 };

/** Stands in every prompt and answer: nothing that is mapped may hold it. */
export const secret = "the board sells the northern plant";

export interface FakeProviders {
  readonly openaiBaseUrl: string;
  readonly anthropicBaseUrl: string;
  close(): Promise<void>;
}

/** Loopback answers in OpenAI's and Anthropic's forms, with fixed counts and ids that count up. */
export async function startFakeProviders(): Promise<FakeProviders> {
  let answers = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as { model?: string; stream?: boolean };
      answers++;
      if (body.model === "no-such-model") sendError(response);
      else if (request.url?.endsWith("/chat/completions") === true) sendChat(response, answers, body.stream === true);
      else if (request.url?.endsWith("/responses") === true) send(response, responseBody(answers));
      else if (request.url?.endsWith("/embeddings") === true) send(response, embeddingBody);
      else if (request.url?.endsWith("/messages") === true) sendMessage(response, answers, body.stream === true);
      else sendError(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    openaiBaseUrl: `${root}/v1`,
    anthropicBaseUrl: root,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const model = "gpt-4o-mini-2024-07-18";
const created = 1_795_000_000;
const chatUsage = {
  prompt_tokens: 120,
  completion_tokens: 30,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 20, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 0 },
};
const embeddingBody = {
  object: "list",
  model: "text-embedding-3-small",
  data: [{ object: "embedding", index: 0, embedding: [0.1, 0.2] }],
  usage: { prompt_tokens: 8, total_tokens: 8 },
};
const messageUsage = {
  input_tokens: 110,
  cache_read_input_tokens: 20,
  cache_creation_input_tokens: 13,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 3 },
  service_tier: "standard",
};

function sendChat(response: ServerResponse, answer: number, isStream: boolean): void {
  const head = { id: `chatcmpl-${answer}`, created, model };
  if (!isStream) {
    const message = { role: "assistant", content: secret, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
    send(response, { ...head, object: "chat.completion", choices, usage: chatUsage });
    return;
  }
  const chunk = { ...head, object: "chat.completion.chunk" };
  sendEvents(response, [
    { ...chunk, choices: [{ index: 0, delta: { role: "assistant", content: secret }, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    { ...chunk, choices: [], usage: chatUsage },
    "[DONE]",
  ]);
}

function responseBody(answer: number): object {
  return {
    id: `resp_${answer}`,
    object: "response",
    created_at: created,
    model,
    status: "completed",
    output: [
      {
        type: "message",
        id: `msg_of_${answer}`,
        status: "completed",
        role: "assistant",
        content: [{ type: "output_text", text: secret, annotations: [] }],
      },
    ],
    usage: {
      input_tokens: 120,
      input_tokens_details: { cached_tokens: 20 },
      output_tokens: 30,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 150,
    },
  };
}

function sendMessage(response: ServerResponse, answer: number, isStream: boolean): void {
  const message = { id: `msg_${answer}`, type: "message", role: "assistant", model: "claude-sonnet-4-5-20250929" };
  const ended = { stop_reason: "end_turn", stop_sequence: null };
  if (!isStream) {
    const content = [{ type: "text", text: secret }];
    send(response, { ...message, ...ended, content, usage: { ...messageUsage, output_tokens: 30 } });
    return;
  }
  const usage = { ...messageUsage, output_tokens: 1 };
  sendEvents(response, [
    { type: "message_start", message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: secret } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: ended, usage: { output_tokens: 30 } },
    { type: "message_stop" },
  ]);
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function sendError(response: ServerResponse): void {
  const error = { type: "not_found_error", code: "model_not_found", message: `unknown model: ${secret}` };
  response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ type: "error", error }));
}

function sendEvents(response: ServerResponse, events: readonly (object | string)[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    const type = typeof event === "object" && "type" in event ? `event: ${String(event.type)}\n` : "";
    response.write(`${type}data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`);
  }
  response.end();
}
