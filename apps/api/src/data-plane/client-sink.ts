import type { ServerResponse } from "node:http";

/** The caller's side of a stream. */
export interface ClientSink {
  /** Resolves true when more may be written, false when the caller has left or reads no more. */
  write(bytes: Uint8Array | string): Promise<boolean> | boolean;
}

/** A caller who leaves what we wrote unread for `stallMs` is let go: what is unread takes memory. */
export function createClientSink(res: ServerResponse, stallMs: number): ClientSink {
  return {
    write(bytes) {
      if (res.destroyed) return false;
      return res.write(bytes) || untilDrained(res, stallMs);
    },
  };
}

function untilDrained(res: ServerResponse, stallMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (open: boolean): void => {
      clearTimeout(timer);
      res.off("drain", onDrain);
      res.off("close", onClose);
      resolve(open);
    };
    const onDrain = (): void => settle(true);
    const onClose = (): void => settle(false);
    const timer = setTimeout(() => {
      res.destroy();
      settle(false);
    }, stallMs);
    res.once("drain", onDrain);
    res.once("close", onClose);
  });
}
