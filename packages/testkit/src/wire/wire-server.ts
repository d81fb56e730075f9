import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a client sent. Filled in as the exchange goes on. */
export interface WireRequest {
  readonly method: string;
  /** Path with query, as sent. */
  readonly path: string;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON, or undefined when it is none. */
  readonly body: unknown;
  /** Resolves when the exchange is over, whoever ended it. */
  readonly closed: Promise<void>;
  /** Whether the client closed the connection before the answer was complete. */
  readonly closedEarly: boolean;
  /** Bytes of the answer the server went on to produce after the client had closed. */
  readonly bytesAfterClose: number;
}

/** One thing the server does. A reply that runs out of steps ends cleanly. */
export type WireStep =
  | { readonly type: "head"; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** One HTTP chunk, sent by itself. After the client has closed it is counted instead of sent. */
  | { readonly type: "bytes"; readonly bytes: string | Uint8Array }
  /** Silence until the client closes. */
  | { readonly type: "hang" }
  /** The connection is closed in the middle of the answer. */
  | { readonly type: "break" }
  /** The connection is reset (TCP RST). */
  | { readonly type: "reset" };

export type WireReply = readonly WireStep[];

/** A loopback HTTP server that plays scripted replies and remembers what it was asked. */
export interface WireServer {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly origin: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly WireRequest[];
  /** How to answer from now on. Until it is called every request gets an empty 404. */
  play(script: (request: WireRequest) => WireReply): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

type Recorded = { -readonly [Name in keyof WireRequest]: WireRequest[Name] };

export async function openWireServer(): Promise<WireServer> {
  const requests: Recorded[] = [];
  let script: (request: WireRequest) => WireReply = () => [{ type: "head", status: 404, headers: {} }];
  const server = createServer({ noDelay: true }, (incoming, response) => {
    exchange(incoming, response, requests, (request) => script(request)).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    play(next) {
      script = next;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An origin on loopback where nothing listens: a connection there is refused. */
export async function unusedOrigin(): Promise<string> {
  const server = await openWireServer();
  await server.close();
  return server.origin;
}

/** Answers that point somewhere else, one for each status that does. */
export function redirects(location: string): readonly WireReply[] {
  return [301, 302, 303, 307, 308].map((status) => [{ type: "head", status, headers: { location } }]);
}

async function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  requests: Recorded[],
  script: (request: WireRequest) => WireReply,
): Promise<void> {
  let endedByUs = false;
  const closed = new Promise<void>((resolve) => response.once("close", resolve));
  const text = await readText(incoming);
  const request: Recorded = {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: joinHeaders(incoming),
    text,
    body: parseJson(text),
    closed,
    closedEarly: false,
    bytesAfterClose: 0,
  };
  response.once("close", () => {
    request.closedEarly = !endedByUs && !response.writableFinished;
  });
  requests.push(request);
  for (const step of script(request)) {
    if (step.type === "hang") await closed;
    else if (step.type === "break" || step.type === "reset") {
      endedByUs = true;
      await flushed(response);
      if (step.type === "reset") response.socket?.resetAndDestroy();
      else response.socket?.destroy();
      return;
    } else if (response.destroyed) {
      if (step.type === "bytes") request.bytesAfterClose += Buffer.byteLength(step.bytes);
    } else if (step.type === "head") {
      response.writeHead(step.status, { ...step.headers });
      response.flushHeaders();
    } else {
      response.write(step.bytes);
      // Without a turn of the event loop pieces would travel, and arrive, as one.
      await turn();
    }
  }
  response.end();
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Lets what was written reach the client before the connection goes. */
async function flushed(response: ServerResponse): Promise<void> {
  if (response.headersSent) await new Promise<void>((resolve) => response.write("", () => resolve()));
  await turn();
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function joinHeaders(incoming: IncomingMessage): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    joined[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
  }
  return joined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
