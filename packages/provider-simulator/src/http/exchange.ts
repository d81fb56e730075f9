import type { IncomingMessage, ServerResponse } from "node:http";
import type { ProviderName } from "../models/model-card.ts";
import { responseHeaders } from "./response-headers.ts";
import type { VendorError } from "./vendor-error.ts";
import { errorBody, retryHeaders } from "./vendor-error.ts";

/** One request on its way to an answer. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly provider: ProviderName;
  /** The path without its query. */
  readonly endpoint: string;
  /** The provider's own id of the request, in `x-request-id` or `request-id`. */
  readonly requestId: string;
  readonly clientRequestId: string | null;
  /** The caller's key as a digest: two accounts share no prompt cache. */
  readonly account: string;
  readonly receivedAtMs: number;
}

const minuteMs = 60_000;

export function successHeaders(exchange: Exchange): Record<string, string> {
  const state = { exhausted: false, resetMs: 6, nowMs: exchange.receivedAtMs };
  return responseHeaders(exchange.provider, exchange.requestId, state);
}

/** Sends a whole JSON answer. */
export function sendJson(exchange: Exchange, text: string, status = 200): void {
  exchange.res.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...successHeaders(exchange),
  });
  exchange.res.end(text);
}

/** Sends an error in its vendor's envelope. */
export function sendError(exchange: Exchange, error: VendorError): void {
  const { provider, requestId, res, receivedAtMs } = exchange;
  if (res.headersSent || res.destroyed) return;
  const text = JSON.stringify(errorBody(provider, error, requestId));
  const resetMs = error.detail.retryAfterMs ?? minuteMs;
  res.writeHead(error.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...responseHeaders(provider, requestId, {
      exhausted: error.status === 429,
      resetMs: error.status === 429 ? resetMs : 6,
      nowMs: receivedAtMs,
    }),
    ...retryHeaders(provider, error),
  });
  res.end(text);
}

/** Resets the connection, as a provider does that has gone away. */
export function resetConnection(exchange: Exchange): void {
  exchange.req.socket.resetAndDestroy();
}

/** Resolves after `ms`, or as soon as the caller has left. */
export function pause(exchange: Exchange, ms: number): Promise<void> {
  const { res } = exchange;
  if (ms <= 0 || res.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      res.off("close", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    res.on("close", finish);
  });
}
