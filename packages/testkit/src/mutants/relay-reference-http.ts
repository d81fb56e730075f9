import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as SecureAgent, request as httpsRequest } from "node:https";
import { PushedAnswer, type RelayAnswer, type RelayMessage } from "@tenantry/core";

/** Sends one POST over at most so many connections of Node's own client; `limitMs` breaks every exchange off. */
export function createReferenceSender(
  baseUrl: string,
  maxSockets: number,
  limitMs?: number,
): (message: RelayMessage) => Promise<RelayAnswer> {
  const base = baseUrl.replace(/\/$/, "");
  const isSecure = base.startsWith("https:");
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets });
  return async ({ path, headers, body, signal }) => {
    const answer = new PushedAnswer(signal);
    const sending = (isSecure ? httpsRequest : httpRequest)(base + path, {
      method: "POST",
      headers: { ...headers },
      agent,
    });
    let incoming: IncomingMessage | null = null;
    const connection = {
      abort: (reason: Error) => void sending.destroy(reason),
      pause: () => void incoming?.pause(),
      resume: () => void incoming?.resume(),
    };
    sending.on("socket", (socket) => {
      const connected = (): void => {
        answer.sending(connection);
        // Written only now, so that what was given up while it waited is not sent.
        if (!sending.destroyed) sending.end(body);
      };
      if (socket.connecting) socket.once(isSecure ? "secureConnect" : "connect", connected);
      else connected();
    });
    sending.on("error", (error) => answer.fail(error));
    if (limitMs !== undefined) setTimeout(() => sending.destroy(new Error("broken off")), limitMs);
    sending.on("response", (response) => {
      incoming = response;
      answer.head(response.statusCode ?? 0, response.headers);
      response.on("data", (chunk: Buffer) => answer.data(chunk));
      response.on("error", (error) => answer.fail(error));
      response.on("close", () => (response.complete ? answer.end() : answer.fail(new Error("broken off"))));
    });
    return await answer.begun;
  };
}
