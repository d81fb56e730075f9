import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** How the collector treats requests from now on. */
export type CollectorBehaviour =
  /** 200 with an empty JSON object. */
  | { readonly kind: "accept" }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Reads the request and never answers. */
  | { readonly kind: "hang" }
  /** Closes the connection before a byte of the answer. */
  | { readonly kind: "break" }
  /** Closes the connection in the middle of an answer of this status. */
  | { readonly kind: "break-off"; readonly status: number }
  /** Nobody listens on the port. */
  | { readonly kind: "refuse" };

export interface CollectedRequest {
  readonly method: string;
  /** With query, as sent. */
  readonly path: string;
  /** Names as they were written, in order. */
  readonly headerNames: readonly string[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** In UTF-8. */
  readonly body: string;
  /** As it came. */
  readonly bytes: Uint8Array;
  /** Whether it was answered with a 2xx status. */
  readonly accepted: boolean;
  /** When its body was complete, ms on the monotonic clock of this process. */
  readonly atMs: number;
}

export type OtlpValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: number | string }
  | { readonly doubleValue: number | string }
  | { readonly arrayValue: { readonly values: readonly OtlpValue[] } };

export interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

/** A span as OTLP JSON writes it. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly droppedAttributesCount: number;
  readonly events: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes: readonly OtlpAttribute[];
    readonly droppedAttributesCount: number;
  }[];
  readonly droppedEventsCount: number;
  readonly links: readonly unknown[];
  readonly droppedLinksCount: number;
  readonly status: { readonly code: number; readonly message?: string };
  readonly flags: number;
}

/** A span with what stands around it in the request. */
export interface ReceivedSpan {
  readonly span: OtlpSpan;
  readonly scope: { readonly name: string; readonly version?: string };
  readonly resource: readonly OtlpAttribute[];
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly scope: ReceivedSpan["scope"]; readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** A loopback OTLP/HTTP collector that remembers every request and misbehaves on demand. */
export interface OtlpCollector {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly origin: string;
  readonly requests: readonly CollectedRequest[];
  /** Spans of the accepted requests, in order of arrival. Throws when a body is not OTLP JSON. */
  spans(): readonly ReceivedSpan[];
  behave(behaviour: CollectorBehaviour): Promise<void>;
  /** Resolves when at least `count` requests are complete; rejects after `withinMs`. */
  waitForRequests(count: number, withinMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function openOtlpCollector(): Promise<OtlpCollector> {
  const requests: CollectedRequest[] = [];
  const sockets = new Set<Socket>();
  const waiters = new Set<() => void>();
  let behaviour: CollectorBehaviour = { kind: "accept" };
  const server = createServer((incoming, response) => {
    void readBody(incoming).then((body) => {
      if (body === null) return;
      requests.push(recordOf(incoming, body, behaviour));
      for (const waiter of waiters) waiter();
      answer(behaviour, incoming, response);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;

  async function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    spans: () => requests.filter((request) => request.accepted).flatMap((request) => spansIn(request.body)),
    behave: async (next) => {
      behaviour = next;
      if (next.kind === "refuse") await stop();
      else if (!server.listening) await listen(server, port);
    },
    waitForRequests: (count, withinMs) => waitUntil(waiters, () => requests.length >= count, withinMs),
    close: stop,
  };
}

/** An attribute's value in JavaScript; undefined when it is absent. Integers and doubles are numbers. */
export function otlpAttribute(
  attributes: readonly OtlpAttribute[],
  key: string,
): string | number | boolean | readonly OtlpValue[] | undefined {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  if (value === undefined) return undefined;
  if ("stringValue" in value) return value.stringValue;
  if ("boolValue" in value) return value.boolValue;
  if ("intValue" in value) return Number(value.intValue);
  if ("doubleValue" in value) return Number(value.doubleValue);
  return value.arrayValue.values;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** The whole body, or null when the client went away first. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function recordOf(incoming: IncomingMessage, bytes: Buffer, behaviour: CollectorBehaviour): CollectedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
  }
  return {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headerNames: incoming.rawHeaders.filter((_, index) => index % 2 === 0),
    headers,
    body: bytes.toString("utf8"),
    bytes,
    accepted: isAccepting(behaviour),
    atMs: performance.now(),
  };
}

function isAccepting(behaviour: CollectorBehaviour): boolean {
  if (behaviour.kind === "accept") return true;
  return "status" in behaviour && behaviour.status >= 200 && behaviour.status < 300;
}

function answer(behaviour: CollectorBehaviour, incoming: IncomingMessage, response: ServerResponse): void {
  switch (behaviour.kind) {
    case "accept":
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
      return;
    case "answer":
      response.writeHead(behaviour.status, { ...behaviour.headers }).end(behaviour.body ?? "");
      return;
    case "hang":
      return;
    case "break-off":
      response.writeHead(behaviour.status, { "content-length": "1000" });
      response.write("{", () => incoming.socket.destroy());
      return;
    case "break":
    case "refuse":
      incoming.socket.destroy();
  }
}

function spansIn(body: string): ReceivedSpan[] {
  const parsed = JSON.parse(body) as OtlpBody;
  return parsed.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ span, scope, resource: resource.attributes }))),
  );
}

function waitUntil(waiters: Set<() => void>, isMet: () => boolean, withinMs: number): Promise<void> {
  if (isMet()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiters.delete(check);
      reject(new Error(`the collector saw too few requests within ${withinMs} ms`));
    }, withinMs);
    function check(): void {
      if (!isMet()) return;
      clearTimeout(timer);
      waiters.delete(check);
      resolve();
    }
    waiters.add(check);
  });
}
