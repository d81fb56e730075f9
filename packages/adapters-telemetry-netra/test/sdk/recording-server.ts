import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cannedAnswer } from "./canned-platform.ts";

/** One request as it came, and what it was answered. */
export interface TakenRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Names as they were written. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly answer: unknown;
}

/** A loopback server that takes spans and answers the platform's API, and remembers every request. */
export interface RecordingServer {
  readonly origin: string;
  readonly requests: readonly TakenRequest[];
  close(): Promise<void>;
}

export async function openRecordingServer(): Promise<RecordingServer> {
  const requests: TakenRequest[] = [];
  const server = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk: Buffer) => (body += chunk.toString()));
    req.on("end", () => {
      const target = req.url ?? "";
      const answer = cannedAnswer(req.method ?? "", target, body);
      requests.push({ method: req.method ?? "", target, headers: writtenHeaders(req.rawHeaders), body, answer });
      res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
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

function writtenHeaders(raw: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < raw.length; index += 2) headers[raw[index] ?? ""] = raw[index + 1] ?? "";
  return headers;
}
