import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export interface ExportRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Fires when telemetry closes before the answer is here. */
  readonly signal: AbortSignal;
  /** Give up after this long. */
  readonly timeoutMs: number;
}

/** What came back, or why nothing did. */
export type ExportAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly retryAfter: string | null;
      /** The first 64 KiB, as text or as it came. */
      readonly body: string | Uint8Array;
    }
  | { readonly kind: "failed"; readonly reason: string };

/** Sends one request and never rejects. Must not follow redirects: spans go to the configured host only. */
export type SendRequest = (request: ExportRequest) => Promise<ExportAnswer>;

export interface Sender {
  readonly send: SendRequest;
  /** Closes idle connections. */
  close(): void;
}

const maxAnswerBytes = 64 * 1_024;

/** Node's own client: no `User-Agent`, no redirects, one kept connection. */
export function createHttpSender(url: URL): Sender {
  const secure = url.protocol === "https:";
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 1 })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 });
  const open = secure ? httpsRequest : httpRequest;
  return {
    send: ({ url: target, headers, body, signal, timeoutMs }) =>
      new Promise((resolve) => {
        const outgoing = open(target, {
          method: "POST",
          agent,
          signal,
          headers: { ...headers, "Content-Length": String(body.length) },
        });
        const timer = setTimeout(() => outgoing.destroy(new Error("timeout")), timeoutMs);
        timer.unref();
        const settle = (answer: ExportAnswer): void => {
          clearTimeout(timer);
          resolve(answer);
        };
        let answered = false;
        outgoing.on("response", (incoming) => {
          answered = true;
          void readAnswer(incoming).then(settle);
        });
        outgoing.on("error", (error) => {
          if (!answered) settle({ kind: "failed", reason: reasonOf(error) });
        });
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** The status has decided; the body only adds to it, so a body that breaks off changes nothing. */
async function readAnswer(incoming: IncomingMessage): Promise<ExportAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming) {
      size += (chunk as Buffer).length;
      if (size > maxAnswerBytes) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    // Broken off: what has been read is enough.
  }
  return {
    kind: "answered",
    status: incoming.statusCode ?? 0,
    retryAfter: incoming.headers["retry-after"] ?? null,
    body: Buffer.concat(chunks),
  };
}

function reasonOf(error: Error & { code?: string }): string {
  return error.code ?? error.message;
}
