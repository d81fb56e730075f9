import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A provider in OpenAI's words whose answers begin at once and end when the test says so. */
export interface SteeredUpstream {
  readonly url: string;
  /** Requests it was sent so far. */
  requests(): number;
  /** Ends every answer under way, and from now on answers at once. */
  release(): void;
}

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const facts = { id: "chatcmpl-steered", created: 1, model: "gpt-4o-mini" };

export async function openSteeredUpstream(): Promise<SteeredUpstream> {
  let requests = 0;
  let isReleased = false;
  const waiting = new Set<() => void>();
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      requests += 1;
      const streamed = (JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean }).stream === true;
      const finish = streamed ? beginStream(res) : () => endWhole(res);
      if (isReleased) finish();
      else waiting.add(finish);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    release() {
      isReleased = true;
      for (const finish of waiting) finish();
      waiting.clear();
    },
  };
}

function beginStream(res: ServerResponse): () => void {
  res.writeHead(200, { "content-type": "text/event-stream" });
  const chunk = (delta: object, more: object = {}): string =>
    `data: ${JSON.stringify({ ...facts, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`;
  res.write(chunk({ role: "assistant", content: "Hello" }));
  return () => {
    res.write(chunk({ content: " there" }));
    const end = { ...facts, object: "chat.completion.chunk" };
    res.write(`data: ${JSON.stringify({ ...end, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`);
    res.end(`data: ${JSON.stringify({ ...end, choices: [], usage })}\n\ndata: [DONE]\n\n`);
  };
}

function endWhole(res: ServerResponse): void {
  const message = { role: "assistant", content: "Hello there" };
  const body = { ...facts, object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }], usage };
  res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}
