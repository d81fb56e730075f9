import type { ServerResponse } from "node:http";

export type Headers = Readonly<Record<string, string>>;

/** Sends a whole answer, unless the caller has left or an answer has begun. */
export function send(res: ServerResponse, status: number, headers: Headers, body: string | Uint8Array): void {
  if (res.headersSent || res.destroyed) return;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  res.writeHead(status, { ...headers, "content-length": String(bytes.byteLength) });
  res.end(bytes);
}

export function sendJson(res: ServerResponse, status: number, headers: Headers, body: unknown): void {
  send(res, status, { "content-type": "application/json", ...headers }, JSON.stringify(body));
}
