import { connect } from "node:net";

/** What a server said on one connection. */
export interface RawAnswer {
  /** Latin-1, so that every byte is a character. */
  readonly text: string;
  /** Of the answers, in their order. */
  readonly statuses: readonly number[];
  /** False when the deadline ended the connection. */
  readonly ended: boolean;
}

export interface RawOptions {
  /** Between two pieces. */
  readonly pauseMs?: number;
  /** What follows the last piece: wait for the server, send the end, or tear the connection down. */
  readonly after?: "wait" | "end" | "reset";
  readonly deadlineMs?: number;
}

/** Sends pieces of bytes as they are and reads until the server ends the connection. Never rejects. */
export async function sendRaw(
  url: string,
  pieces: readonly (string | Uint8Array)[],
  { pauseMs = 0, after = "wait", deadlineMs = 8_000 }: RawOptions = {},
): Promise<RawAnswer> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
  const received: Buffer[] = [];
  let ended = true;
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("end", () => socket.end());
    // A reset is one of the ways to end it.
    socket.on("error", () => undefined);
  });
  const timer = setTimeout(() => {
    ended = false;
    socket.destroy();
  }, deadlineMs);
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  for (const [n, piece] of pieces.entries()) {
    if (n > 0 && pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (!socket.writable) break;
    socket.write(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
  }
  if (after === "end") socket.end();
  if (after === "reset") setTimeout(() => socket.resetAndDestroy(), 20);
  await closed;
  clearTimeout(timer);
  const text = Buffer.concat(received).toString("latin1");
  return { text, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)), ended };
}
