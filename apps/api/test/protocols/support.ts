import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import { TenantryError, type ChatEvent, type ChatResult } from "@tenantry/core";
import OpenAI from "openai";
import { onTestFinished } from "vitest";
import { faultOfRequest } from "../../src/protocols/fault-of-request.ts";
import type { ErrorFacts, JsonObject, Protocol, ReadCall } from "../../src/protocols/protocol.ts";
import { protocols } from "../../src/protocols/protocols.ts";

/** What answers a call that was read. A failure of its stream is `fail`, or thrown by it. */
export type Answer =
  | { readonly result: ChatResult }
  | { readonly events: AsyncIterable<ChatEvent> | readonly ChatEvent[]; readonly fail?: ErrorFacts }
  | { readonly error: ErrorFacts };

export type Answering = (call: ReadCall, body: JsonObject) => Answer | Promise<Answer>;

export interface Talk {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  /** Bodies as they came. */
  readonly bodies: readonly JsonObject[];
  /** What was read from them. */
  readonly calls: readonly ReadCall[];
  /** Streams as they were written. */
  readonly streams: readonly string[];
}

export const createdAt = 1_767_225_600_123;

const paths: Readonly<Record<string, string>> = {
  "/v1/chat/completions": "chat-completions",
  "/v1/responses": "responses",
  "/v1/messages": "messages",
};

const ids: Readonly<Record<string, string>> = {
  "chat-completions": "chatcmpl-call1",
  responses: "resp_call1",
  messages: "msg_call1",
};

/** The vendors' clients against a loopback server that answers in their protocols. Gone with the test. */
export async function openTalk(answering: Answering): Promise<Talk> {
  const bodies: JsonObject[] = [];
  const calls: ReadCall[] = [];
  const streams: string[] = [];

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const protocol = protocols.find(({ operation }) => operation === paths[incoming.url ?? ""]);
    if (protocol === undefined) return void response.writeHead(404).end();
    const body = JSON.parse(await textOf(incoming)) as JsonObject;
    bodies.push(body);
    let call: ReadCall | null = null;
    try {
      call = protocol.read(body);
      calls.push(call);
      await send(protocol, call, await answering(call, body), response, streams);
    } catch (thrown) {
      const error = TenantryError.from(thrown);
      const code = error.code === "invalid_request" ? 400 : 502;
      const facts = { status: code, code: error.code, requestId: "call1", ...faultOfRequest(error, call) };
      writeError(protocol, facts, response);
    }
  }

  const server = createServer((incoming, response) => void serve(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    openai: new OpenAI({ apiKey: "key", baseURL: `${origin}/v1`, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey: "key", baseURL: origin, maxRetries: 0 }),
    bodies,
    calls,
    streams,
  };
}

async function send(
  protocol: Protocol,
  call: ReadCall,
  answer: Answer,
  response: ServerResponse,
  streams: string[],
): Promise<void> {
  if ("error" in answer) return writeError(protocol, answer.error, response);
  const facts = { id: ids[protocol.operation] ?? "", model: "the-model", createdAt, echo: call.echo };
  if ("result" in answer) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(protocol.result(answer.result, facts)));
    return;
  }
  const writer = protocol.openStream(facts, { usageInStream: call.usageInStream });
  response.writeHead(200, { "content-type": "text/event-stream" });
  const number = streams.push("") - 1;
  const write = (text: string): void => {
    streams[number] += text;
    if (text !== "") response.write(text);
  };
  for await (const event of answer.events) {
    write(writer.write(event));
    await setImmediate();
  }
  if (answer.fail !== undefined) write(writer.fail(answer.fail));
  response.end();
}

function writeError(protocol: Protocol, facts: ErrorFacts, response: ServerResponse): void {
  response.writeHead(facts.status, { "content-type": "application/json", "x-request-id": facts.requestId });
  response.end(JSON.stringify(protocol.error(facts)));
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export interface SentEvent {
  readonly name: string | null;
  readonly data: JsonObject | "[DONE]";
}

/** A stream's events as they were written. */
export function sentEvents(stream: string): readonly SentEvent[] {
  return stream
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => {
      const lines = frame.split("\n");
      const name = lines.find((line) => line.startsWith("event: "))?.slice("event: ".length) ?? null;
      const data = lines.find((line) => line.startsWith("data: "))?.slice("data: ".length) ?? "";
      return { name, data: data === "[DONE]" ? data : (JSON.parse(data) as JsonObject) };
    });
}
