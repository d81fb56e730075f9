import type { TenantryError } from "../errors/tenantry-error.ts";
import type { Reading } from "../ports/exchange.ts";
import type { RelayEvent } from "../ports/relay.port.ts";
import { createEventSplitter } from "./event-frames.ts";
import { joinBytes } from "./join-bytes.ts";

/** The bytes of an answer as they arrive from a provider. */
export interface ByteSource {
  /** The next bytes; null at a clean end, and after `close`. Rejects when the connection breaks. One call at a time. */
  next(): Promise<Uint8Array | null>;
  /** Closes the connection, unless the answer is complete. */
  close(): void;
}

/** What to do with one server-sent event: give it on, drop it, give on the last, give on other bytes, or fail. */
export type EventFate = "give" | "drop" | "end" | { readonly give: Uint8Array } | { readonly error: TenantryError };

/** Looks at the events of one answer as they pass, and notes what it sees in the `Reading`. */
export interface EventObserver {
  /** One event, whole, with its line ends. */
  see(bytes: Uint8Array): EventFate;
  /** Whether an answer that ends here without its terminal event is whole all the same. */
  mayEndHere(): boolean;
}

export interface StreamFailures {
  /** The connection broke, or was closed by us. */
  broken(thrown: unknown): TenantryError;
  /** A clean end before the terminal event. `began`: whether anything was given on. */
  cut(began: boolean): TenantryError;
  /** An event too large to look at, or an end of what was no answer. */
  unreadable(): TenantryError;
}

/** Largest server-sent event that is waited for, bytes. */
const largestEvent = 32 * 1024 * 1024;
/** Most that is given on behind the terminal event, bytes: one more mark of the end, a comment. */
const mostBehind = 4 * 1024;

/** The pieces of a streamed answer, each as long as what arrived at once; the terminal event is a piece of its own. */
export interface RelayedStream extends AsyncIterator<RelayEvent> {
  /** Waits for the first piece, so that what fails before it fails unseen by the caller. */
  begin(): Promise<void>;
  return(): Promise<IteratorResult<RelayEvent>>;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly isTerminal: boolean;
}

export function relayedStream(
  source: ByteSource,
  observer: EventObserver,
  reading: Reading,
  failures: StreamFailures,
): RelayedStream {
  const splitter = createEventSplitter();
  const ready: Piece[] = [];
  /** What comes once `ready` is empty. `told`: the terminal event has been seen, and what follows is not looked at. */
  let outcome: "goes-on" | "told" | "over" | { readonly error: TenantryError } = "goes-on";
  let began = false;
  let behindBytes = 0;

  function fail(error: TenantryError): void {
    outcome = { error };
    source.close();
  }

  /** Puts what arrived at once into one piece, the terminal event aside. */
  function look(bytes: Uint8Array, ends: readonly number[]): void {
    const run: Uint8Array[] = [];
    let from = 0;
    let given = 0;
    for (const to of ends) {
      const fate = observer.see(bytes.subarray(from, to));
      if (fate !== "give") {
        if (from > given) run.push(bytes.subarray(given, from));
        given = to;
        if (fate === "end") {
          giveRun(run);
          return endWith(bytes.subarray(from, to), bytes.subarray(to));
        }
        if (fate !== "drop") {
          if ("error" in fate) {
            giveRun(run);
            return fail(fate.error);
          }
          run.push(fate.give);
        }
      }
      from = to;
    }
    if (from > given) run.push(bytes.subarray(given, from));
    giveRun(run);
  }

  function giveRun(run: readonly Uint8Array[]): void {
    if (run.length > 0) ready.push({ bytes: joinBytes(run), isTerminal: false });
  }

  function endWith(terminal: Uint8Array, behind: Uint8Array): void {
    if (saysNothing(reading)) {
      if (!began) ready.length = 0;
      return fail(failures.unreadable());
    }
    ready.push({ bytes: terminal, isTerminal: true });
    outcome = "told";
    giveBehind(behind);
  }

  /** Whatever comes behind the terminal event belongs to the answer too, within reason. */
  function giveBehind(bytes: Uint8Array): void {
    behindBytes += bytes.length;
    if (behindBytes > mostBehind) {
      outcome = "over";
      source.close();
    } else if (bytes.length > 0) ready.push({ bytes, isTerminal: false });
  }

  /** The provider has closed its answer. */
  function lookAtRest(): void {
    const rest = splitter.rest();
    if (outcome === "goes-on" && rest.length > 0) look(rest, [rest.length]);
    if (outcome === "told") outcome = "over";
    if (outcome !== "goes-on") return;
    if (!observer.mayEndHere()) return fail(failures.cut(began || ready.length > 0));
    reading.ended = true;
    outcome = "over";
  }

  function take(bytes: Uint8Array): void {
    if (outcome === "told") return giveBehind(bytes);
    if (outcome !== "goes-on") return;
    const frames = splitter.push(bytes);
    look(frames.bytes, frames.ends);
    if (outcome === "goes-on" && splitter.restLength > largestEvent) fail(failures.unreadable());
  }

  /** A complete answer is not spoilt by how its connection ends. */
  function takeFailure(thrown: unknown): void {
    if (outcome === "goes-on") fail(failures.broken(thrown));
    else if (outcome === "told") outcome = "over";
  }

  /** Reads on until there is something to give, or nothing more will come. */
  async function fill(): Promise<void> {
    while (ready.length === 0 && (outcome === "goes-on" || outcome === "told")) {
      try {
        const bytes = await source.next();
        if (bytes === null) lookAtRest();
        else take(bytes);
      } catch (thrown) {
        takeFailure(thrown);
      }
    }
  }

  return {
    async begin() {
      await fill();
      if (ready.length === 0 && typeof outcome === "object") throw outcome.error;
    },
    async next() {
      if (ready.length === 0) await fill();
      const piece = ready.shift();
      if (piece === undefined) {
        if (typeof outcome !== "object") return { done: true, value: undefined };
        const { error } = outcome;
        outcome = "over";
        throw error;
      }
      began = true;
      if (piece.isTerminal) reading.ended = true;
      return { done: false, value: { type: "bytes", bytes: piece.bytes } };
    },
    async return() {
      if (outcome === "goes-on" || outcome === "told") source.close();
      outcome = "over";
      ready.length = 0;
      return { done: true, value: undefined };
    },
  };
}

/** Whether nothing of what came was understood: a web page in disguise, another service's events. */
function saysNothing({ responseId, model, usage, finishReason, begun }: Reading): boolean {
  return responseId === null && model === null && usage === null && finishReason === null && !begun;
}
