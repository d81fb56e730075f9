import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventSplitter, eventData } from "./event-frames.ts";
import { joinBytes } from "./join-bytes.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Events and the rest of a stream that was cut into these pieces. */
function split(pieces: readonly Uint8Array[]): { events: string[]; rest: string; all: string } {
  const splitter = createEventSplitter();
  const events: string[] = [];
  const given: Uint8Array[] = [];
  for (const piece of pieces) {
    const { bytes, ends } = splitter.push(piece);
    let from = 0;
    for (const to of ends) {
      events.push(textOf(bytes.subarray(from, to)));
      from = to;
    }
    given.push(bytes.slice(0, from));
  }
  expect(splitter.restLength).toBe(splitter.rest().length);
  return { events, rest: textOf(splitter.rest()), all: textOf(joinBytes([...given, splitter.rest()])) };
}

/** Pieces of the text between these places. */
function cut(text: string, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, index) => bytesOf(text.slice(from, at[index] ?? text.length)));
}

const line = fc.constantFrom("data: x", "data:", ": note", ":", "event: e", "id", "", "");
const lineEnd = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r");
const stream = fc
  .array(fc.tuple(line, lineEnd), { maxLength: 30 })
  .map((lines) => lines.map(([text, end]) => text + end).join(""));

/** Straight from the specification, on a text that is known to its end. */
function eventsOf(text: string): string[] {
  const events: string[] = [];
  let event = "";
  let hasField = false;
  for (const [whole, content = ""] of text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n)/g)) {
    event += whole;
    if (content !== "" && !content.startsWith(":")) hasField = true;
    else if (content === "" || !hasField) {
      events.push(event);
      event = "";
      hasField = false;
    }
  }
  return events;
}

describe("splitting a stream into events", () => {
  it("finds the same events however the bytes were cut, and loses none of them", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), (text, places) => {
        // Whether LF belongs to a CR at the very end is not known.
        const known = text.endsWith("\r") ? `${text}data` : text;
        const { events, all } = split(cut(known, places));
        expect(events).toEqual(eventsOf(known));
        expect(all).toBe(known);
      }),
      { numRuns: 2000 },
    );
  });

  it("finds the same events byte by byte", () => {
    fc.assert(
      fc.property(stream, (text) => {
        const known = `${text}data`;
        expect(split(Array.from(known, bytesOf)).events).toEqual(eventsOf(known));
      }),
      { numRuns: 300 },
    );
  });

  it("gives an event at its blank line and a comment at its line end, without waiting for more", () => {
    expect(split([bytesOf("data: a\n\n: keep-alive\ndata: b\n")])).toMatchObject({
      events: ["data: a\n\n", ": keep-alive\n"],
      rest: "data: b\n",
    });
  });

  it("gives what arrived in one piece back in the same memory", () => {
    const bytes = bytesOf("data: a\n\ndata: b\n\n");
    expect(createEventSplitter().push(bytes).bytes).toBe(bytes);
  });

  it("does not change what it gave when more arrives", () => {
    const splitter = createEventSplitter();
    splitter.push(bytesOf("data: a"));
    const { bytes } = splitter.push(bytesOf("\n\ndata: b"));
    for (const character of "data: something longer\n\n") splitter.push(bytesOf(character));
    expect(textOf(bytes)).toBe("data: a\n\ndata: b");
  });

  it("takes time in proportion to a large event that comes byte by byte", () => {
    const splitter = createEventSplitter();
    const one = bytesOf("x");
    const started = performance.now();
    for (let count = 0; count < 1_000_000; count += 1) splitter.push(one);
    expect(splitter.restLength).toBe(1_000_000);
    // In proportion to its square it would be minutes.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("data of an event", () => {
  it("is found in a line of its own, with its place", () => {
    const event = 'event: message\ndata: {"a":1}\n\n';
    const found = eventData(event);
    expect(found?.data).toBe('{"a":1}');
    expect(event.slice(found?.span?.from, found?.span?.to)).toBe('{"a":1}');
  });

  it("is joined over several lines, without a place", () => {
    expect(eventData("data: a\r\ndata:b\r\n\r\n")).toEqual({ data: "a\nb", span: null });
  });

  it("is the same by the plain way as line by line", () => {
    fc.assert(
      fc.property(stream, (text) => {
        for (const event of eventsOf(text)) {
          const lines = [...event.matchAll(/(?:^|[\r\n])data:[ ]?([^\r\n]*)/g)].map(([, data]) => data);
          const found = eventData(event);
          expect(found?.data ?? null).toBe(lines.length === 0 ? null : lines.join("\n"));
          if (found?.span) expect(event.slice(found.span.from, found.span.to)).toBe(found.data);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is nothing in a comment", () => {
    expect(eventData(": data: a\n")).toBeNull();
  });
});
