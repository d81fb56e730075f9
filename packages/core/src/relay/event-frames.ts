import { joinBytes } from "./join-bytes.ts";

/** Complete server-sent events within one piece of memory. */
export interface EventFrames {
  readonly bytes: Uint8Array;
  /** Where each event ends, its blank line included; the first begins at 0, each other where the one before ends. */
  readonly ends: readonly number[];
}

/**
 * Cuts a byte stream of server-sent events at the ends of events, wherever the network cut it. Bytes are given back as
 * they came. An incomplete event waits for its rest; a comment between events does not.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export interface EventSplitter {
  push(bytes: Uint8Array): EventFrames;
  /** Bytes of the event whose end has not come yet. */
  readonly restLength: number;
  rest(): Uint8Array;
}

const lf = 0x0a;
const cr = 0x0d;
const commentMark = 0x3a;
const none: EventFrames = { bytes: new Uint8Array(0), ends: [] };

export function createEventSplitter(): EventSplitter {
  const waiting = createWaitingBytes();
  const line = { isEmpty: true, isComment: false };
  /** Whether the event has a line that is no comment. */
  let hasField = false;
  /** The last byte was a CR: whether LF belongs to it is not known yet. */
  let afterCr = false;

  function seeLine(bytes: Uint8Array, from: number, to: number): void {
    if (!line.isEmpty || from === to) return;
    line.isEmpty = false;
    line.isComment = bytes[from] === commentMark;
  }

  /** Whether an event ends with the line that ends here. */
  function endLine(): boolean {
    const isField = !line.isEmpty && !line.isComment;
    const isEnd = line.isEmpty || (line.isComment && !hasField);
    hasField = isField || (hasField && !isEnd);
    line.isEmpty = true;
    return isEnd;
  }

  function endsIn(bytes: Uint8Array): number[] {
    const ends: number[] = [];
    let at = 0;
    if (afterCr) {
      afterCr = false;
      at = bytes[0] === lf ? 1 : 0;
      if (endLine()) ends.push(at);
    }
    let atLf = bytes.indexOf(lf, at);
    let atCr = bytes.indexOf(cr, at);
    while (atLf !== -1 || atCr !== -1) {
      const isCr = atCr !== -1 && (atLf === -1 || atCr < atLf);
      const to = isCr ? atCr : atLf;
      seeLine(bytes, at, to);
      if (isCr && to + 1 === bytes.length) {
        afterCr = true;
        return ends;
      }
      at = isCr && atLf === to + 1 ? to + 2 : to + 1;
      if (endLine()) ends.push(at);
      if (atLf !== -1 && atLf < at) atLf = bytes.indexOf(lf, at);
      if (isCr) atCr = bytes.indexOf(cr, at);
    }
    seeLine(bytes, at, bytes.length);
    return ends;
  }

  return {
    push(more) {
      if (more.length === 0) return none;
      const ends = endsIn(more);
      const last = ends.at(-1);
      if (last === undefined) {
        waiting.add(more);
        return none;
      }
      const before = waiting.length;
      const bytes = before === 0 ? more : joinBytes([waiting.bytes(), more]);
      waiting.clear();
      if (last < more.length) waiting.add(more.subarray(last));
      return { bytes, ends: before === 0 ? ends : ends.map((end) => end + before) };
    },
    get restLength() {
      return waiting.length;
    },
    rest: () => waiting.bytes().slice(),
  };
}

interface WaitingBytes {
  readonly length: number;
  add(bytes: Uint8Array): void;
  /** Valid until the next `add`. */
  bytes(): Uint8Array;
  clear(): void;
}

/** Keeps this much memory for the next event that comes in parts, bytes. */
const keptCapacity = 16 * 1024;

/** Grows by doubling, so that an event that comes byte by byte is not copied as a whole for each. */
function createWaitingBytes(): WaitingBytes {
  let store = none.bytes;
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(bytes) {
      const needed = length + bytes.length;
      if (needed > store.length) {
        const larger = new Uint8Array(Math.max(needed, 2 * store.length));
        larger.set(store.subarray(0, length));
        store = larger;
      }
      store.set(bytes, length);
      length = needed;
    },
    bytes: () => store.subarray(0, length),
    clear() {
      length = 0;
      if (store.length > keptCapacity) store = none.bytes;
    },
  };
}

/** The data of one server-sent event. */
export interface EventData {
  /** Joined over its lines. */
  readonly data: string;
  /** Where it lies in the event's text, when it is on one line. */
  readonly span: { readonly from: number; readonly to: number } | null;
}

/** As nearly all events are written: at most a name, then one line of data. */
const plainEvent = /^((?:event:[^\r\n]*(?:\r\n|\n|\r))?data:[ ]?)([^\r\n]*)[\r\n]*$/;
const dataLine = /^data:[ ]?(.*)$/gm;

/**
 * The data of one server-sent event, or null when it has none (a comment).
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function eventData(event: string): EventData | null {
  const plain = plainEvent.exec(event);
  if (plain !== null) {
    const [, before = "", data = ""] = plain;
    return { data, span: { from: before.length, to: before.length + data.length } };
  }
  const lines: string[] = [];
  let span: EventData["span"] = null;
  for (const match of event.matchAll(dataLine)) {
    const line = match[1] ?? "";
    const to = match.index + match[0].length;
    lines.push(line);
    span = { from: to - line.length, to };
  }
  if (lines.length === 0) return null;
  return { data: lines.join("\n"), span: lines.length === 1 ? span : null };
}
