import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const reasons: Readonly<Record<string, readonly [status: number, reason: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "Content Too Large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout"],
};

/**
 * Answers what is no HTTP, and requests that do not come to their end in time. There is no response object for most of
 * them, so the few bytes are written by hand; but never into another answer of the same connection, which is cut then.
 */
export function refuseUnreadable(server: Server): void {
  /** Answers leave in the order of their requests: where the latest of a connection has left, all have. */
  const latest = new WeakMap<object, ServerResponse>();
  server.prependListener("request", (req, res) => void latest.set(req.socket, res));
  server.on("clientError", (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    if (error.code === "ECONNRESET" || !socket.writable || owesAnswer(latest.get(socket), socket)) {
      socket.destroy();
      return;
    }
    const [status, reason] = reasons[error.code ?? ""] ?? [400, "Bad Request"];
    const body = JSON.stringify({
      error: { message: reason, type: "invalid_request_error", param: null, code: "invalid_request" },
    });
    const head = [
      `HTTP/1.1 ${status} ${reason}`,
      "content-type: application/json",
      `content-length: ${body.length}`,
      "connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  });
}

/** Whether an answer is under way, or owed to another request than the one at fault. */
function owesAnswer(res: ServerResponse | undefined, socket: Socket): boolean {
  if (res === undefined || res.writableFinished) return false;
  // A request that is whole is not the one at fault; an answer without the socket waits for those before it.
  return res.headersSent || res.req.complete || res.socket !== socket;
}
