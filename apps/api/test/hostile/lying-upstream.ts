import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** A provider that answers as it is told, and counts who asked. */
export interface LyingUpstream {
  readonly url: string;
  requests(): number;
  /** Answers that somebody still waits for. */
  running(): number;
  answer: (req: IncomingMessage, res: ServerResponse) => void;
  close(): Promise<void>;
}

export async function openLyingUpstream(): Promise<LyingUpstream> {
  let requests = 0;
  let running = 0;
  const server = createServer((req, res) => {
    running += 1;
    res.once("close", () => (running -= 1));
    req.on("error", () => undefined);
    res.on("error", () => undefined);
    req.resume();
    req.on("end", () => {
      requests += 1;
      upstream.answer(req, res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: LyingUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    running: () => running,
    answer: (_req, res) => void res.writeHead(500).end(),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
  return upstream;
}

export type Answer = LyingUpstream["answer"];

/** 200 with these bytes. */
export function says(type: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_req, res) => void res.writeHead(200, { "content-type": type, ...headers }).end(body);
}

/** 200, and then pieces until the other side has had enough. */
export function saysForever(type: string, first: string, next: (n: number) => string | Uint8Array): Answer {
  return (_req, res) => {
    void (async () => {
      res.writeHead(200, { "content-type": type });
      res.write(first);
      for (let n = 0; !res.destroyed; n += 1) {
        if (!res.write(next(n))) await new Promise<void>((resolve) => drained(res, resolve));
        await turn();
      }
    })();
  };
}

function drained(res: ServerResponse, resolve: () => void): void {
  const settle = (): void => {
    res.off("drain", settle);
    res.off("close", settle);
    resolve();
  };
  res.once("drain", settle);
  res.once("close", settle);
}
