import type { CancelSignal } from "../ports/cancel-signal.ts";
import { joinBytes } from "./join-bytes.ts";
import type { ByteSource } from "./relayed-answer.ts";

/** A provider's answer from its head on, whatever its status. */
export interface RelayAnswer extends ByteSource {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
}

/** Why there is no answer, or no more of one. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  /** False when not a byte of the request has left. */
  readonly sent: boolean;
  /** By the signal of the request. */
  readonly interrupted: boolean;

  constructor(sent: boolean, interrupted: boolean, cause?: unknown) {
    super(interrupted ? "interrupted" : "connection lost", { cause });
    this.sent = sent;
    this.interrupted = interrupted;
  }
}

/** What a client of HTTP lets us do with a connection. */
export interface AnswerConnection {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** As clients of HTTP give them: names in lower case, repeated ones as a list. */
export type PushedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Bytes that may wait for their reader before the provider is made to wait. */
const mostWaiting = 256 * 1024;

/** One for all: clients ask for a reason that nobody reads. */
const closedByUs = new Error("closed by us");

interface Waiter<Value> {
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/**
 * Between a client of HTTP that pushes one answer and a reader that pulls it. The client calls `sending`, `head`,
 * `data` and `end`, or `fail`; the reader awaits `begun`, which rejects with `ConnectionLost`, as `next` does. A signal
 * that fires ends it at once, and so does a reader that leaves.
 */
export class PushedAnswer implements RelayAnswer {
  readonly begun: Promise<RelayAnswer>;
  status = 0;
  readonly headers: RelayAnswer["headers"] = { get: (name) => this.#header(name) };
  readonly #signal: CancelSignal;
  #pushed: PushedHeaders = {};
  #connection: AnswerConnection | null = null;
  #head: Waiter<RelayAnswer> | null = null;
  #reader: Waiter<Uint8Array | null> | null = null;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #paused = false;
  #state: "open" | "complete" | "left" | { readonly failure: ConnectionLost } = "open";
  readonly #onAbort = (): void => this.#lose(true);

  constructor(signal: CancelSignal) {
    this.#signal = signal;
    this.begun = new Promise((resolve, reject) => {
      this.#head = { resolve, reject };
    });
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  next(): Promise<Uint8Array | null> {
    if (this.#waiting.length > 0) {
      // What came meanwhile goes on as one: a provider's many small chunks in one packet cost as much as a large one.
      const chunk = joinBytes(this.#waiting);
      this.#waiting = [];
      this.#waitingBytes = 0;
      if (this.#paused) {
        this.#paused = false;
        this.#connection?.resume();
      }
      return Promise.resolve(chunk);
    }
    if (this.#state === "open") {
      return new Promise((resolve, reject) => {
        this.#reader = { resolve, reject };
      });
    }
    return typeof this.#state === "string" ? Promise.resolve(null) : Promise.reject(this.#state.failure);
  }

  close(): void {
    this.#waiting = [];
    this.#settle("left");
  }

  /** The request is about to be written: from here on it counts as sent. */
  sending(connection: AnswerConnection): void {
    this.#connection = connection;
    if (this.#state !== "open") connection.abort(closedByUs);
  }

  head(status: number, headers: PushedHeaders): void {
    // 1xx: the answer is still to come.
    if (status < 200) return;
    this.status = status;
    this.#pushed = headers;
    this.#head?.resolve(this);
    this.#head = null;
  }

  data(chunk: Uint8Array): void {
    if (this.#state !== "open") return;
    if (this.#reader !== null) {
      this.#reader.resolve(chunk);
      this.#reader = null;
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#paused || this.#waitingBytes < mostWaiting) return;
    this.#paused = true;
    this.#connection?.pause();
  }

  end(): void {
    this.#settle("complete");
  }

  fail(cause: unknown): void {
    this.#lose(false, cause);
  }

  #header(name: string): string | null {
    const value = this.#pushed[name];
    return typeof value === "string" ? value : (value?.join(", ") ?? null);
  }

  #lose(interrupted: boolean, cause?: unknown): void {
    if (this.#state === "open")
      this.#settle({ failure: new ConnectionLost(this.#connection !== null, interrupted, cause) });
  }

  /** Ends the exchange once; an end that did not come from the provider closes the connection. */
  #settle(state: "complete" | "left" | { readonly failure: ConnectionLost }): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#signal.removeEventListener("abort", this.#onAbort);
    if (state !== "complete") this.#connection?.abort(closedByUs);
    if (typeof state === "object") {
      this.#head?.reject(state.failure);
      this.#reader?.reject(state.failure);
    } else this.#reader?.resolve(null);
    this.#head = null;
    this.#reader = null;
  }
}
