import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What an upstream was sent. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface FixedAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** Written one after the other, each in a turn of its own. */
  readonly pieces: readonly Buffer[];
}

export interface FixedUpstream {
  readonly url: string;
  readonly received: readonly Received[];
  answer: FixedAnswer;
  close(): Promise<void>;
}

/** A provider that answers the same bytes to everybody, and remembers what it was sent. */
export async function openFixedUpstream(): Promise<FixedUpstream> {
  const received: Received[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      received.push({ path: req.url ?? "", headers: req.headers, body: Buffer.concat(chunks) });
      void write(res, upstream.answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: FixedUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: { headers: {}, pieces: [] },
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
  return upstream;
}

async function write(res: ServerResponse, answer: FixedAnswer): Promise<void> {
  res.writeHead(200, answer.headers);
  for (const piece of answer.pieces) {
    res.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  res.end();
}
