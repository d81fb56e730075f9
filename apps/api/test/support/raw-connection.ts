import { connect, type Socket } from "node:net";

/** A connection on which anything can be written. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string | Buffer): void;
  /** What has come so far. */
  text(): string;
  /** Resolves with everything when the other side has closed. */
  readonly closed: Promise<string>;
}

export async function connectRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return { socket, write: (bytes) => void socket.write(bytes), text: () => text, closed };
}

/** The bytes of a POST with a body. */
export function rawPost(path: string, key: string, body: string, more: readonly string[] = []): string {
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: localhost",
    `authorization: Bearer ${key}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    ...more,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
