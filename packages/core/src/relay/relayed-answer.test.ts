import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { Reading } from "../ports/exchange.ts";
import { joinBytes } from "./join-bytes.ts";
import { type ByteSource, type EventFate, type RelayedStream, relayedStream } from "./relayed-answer.ts";
import { emptyReading } from "../calls/work.ts";

const encode = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const decode = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const failed = new TenantryError("upstream_error", "said so");

/** What the made-up events mean: the first line of each decides. */
function fateOf(event: string): EventFate {
  if (event.startsWith("data: drop")) return "drop";
  if (event.startsWith("data: change")) return { give: encode("data: changed\n\n") };
  if (event.startsWith("data: fail")) return { error: failed };
  return event.startsWith("data: end") ? "end" : "give";
}

interface Fake extends ByteSource {
  closed: boolean;
}

function sourceOf(pieces: readonly (string | Error)[]): Fake {
  const left = [...pieces];
  return {
    closed: false,
    async next() {
      const piece = left.shift();
      if (piece instanceof Error) throw piece;
      return piece === undefined || this.closed ? null : encode(piece);
    },
    close() {
      this.closed = true;
    },
  };
}

function open(pieces: readonly (string | Error)[], mayEndHere = false) {
  const source = sourceOf(pieces);
  const reading: Reading = { ...emptyReading(), responseId: "answer-1" };
  const error = (message: string): TenantryError => new TenantryError("upstream_error", message);
  const stream = relayedStream(
    source,
    { see: (bytes) => fateOf(decode(bytes)), mayEndHere: () => mayEndHere },
    reading,
    {
      broken: () => error("broken"),
      cut: (began) => error(began ? "cut" : "nothing"),
      unreadable: () => error("unreadable"),
    },
  );
  return { source, reading, stream };
}

interface Read {
  readonly before: string;
  readonly after: string;
  readonly error: string | null;
}

async function readAll(stream: RelayedStream, isEnded: () => boolean): Promise<Read> {
  const before: Uint8Array[] = [];
  const after: Uint8Array[] = [];
  try {
    for (let next = await stream.next(); next.done !== true; next = await stream.next()) {
      if (next.value.type === "bytes") (isEnded() ? after : before).push(next.value.bytes);
    }
    return { before: decode(joinBytes(before)), after: decode(joinBytes(after)), error: null };
  } catch (error) {
    return { before: decode(joinBytes(before)), after: decode(joinBytes(after)), error: (error as Error).message };
  }
}

async function relay(pieces: readonly (string | Error)[], mayEndHere = false) {
  const { stream, reading, source } = open(pieces, mayEndHere);
  const read = await readAll(stream, () => reading.ended);
  return { ...read, ended: reading.ended, closed: source.closed };
}

describe("a relayed stream", () => {
  const event = fc.constantFrom(
    "data: a\n\n",
    "data: drop\n\n",
    "data: change\n\n",
    ": note\n\n",
    "event: x\r\ndata: b\r\n\r\n",
  );

  it("gives the same bytes however they arrive, with the terminal event apart from all before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 12 }),
        fc.array(fc.nat({ max: 300 }), { maxLength: 10 }),
        fc.constantFrom("", ": bye\n\n", "data: end again\n\nrest"),
        async (events, places, behind) => {
          const text = `${events.join("")}data: end\n\n${behind}`;
          const at = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b);
          const pieces = [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length)).filter(Boolean);
          const expected = events
            .join("")
            .replaceAll("data: drop\n\n", "")
            .replaceAll("data: change\n\n", "data: changed\n\n");
          expect(await relay(pieces)).toEqual({
            before: expected,
            after: `data: end\n\n${behind}`,
            error: null,
            ended: true,
            closed: false,
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("that ends without its terminal event is cut, after all that came", async () => {
    expect(await relay(["data: a\n\nda", "ta: b"])).toMatchObject({
      before: "data: a\n\ndata: b",
      error: "cut",
      ended: false,
    });
    expect(await relay([])).toMatchObject({ before: "", error: "nothing" });
  });

  it("may end without its terminal event where the observer says so", async () => {
    expect(await relay(["data: a\n\n"], true)).toMatchObject({ before: "data: a\n\n", error: null, ended: true });
  });

  it("that breaks gives first what came", async () => {
    expect(await relay(["data: a\n\n", new Error("reset")])).toMatchObject({ before: "data: a\n\n", error: "broken" });
  });

  it("does not give an error event, nor what comes behind it", async () => {
    expect(await relay(["data: a\n\ndata: fail\n\ndata: b\n\n"])).toEqual({
      before: "data: a\n\n",
      after: "",
      error: "said so",
      ended: false,
      closed: true,
    });
  });

  it("is not spoilt by a connection that breaks when all is said", async () => {
    expect(await relay(["data: a\n\ndata: end\n\n", new Error("reset")])).toMatchObject({ error: null, ended: true });
  });

  it("ends when a provider goes on talking behind the end", async () => {
    const talk = Array.from({ length: 1000 }, () => ": and another thing\n\n");
    const { after, error, closed } = await relay(["data: a\n\ndata: end\n\n", ...talk]);
    expect([error, closed]).toEqual([null, true]);
    expect(after.length).toBeLessThan(5000);
  });

  it("whose end comes though nothing was said is no answer", async () => {
    const { stream, reading } = open(["data: a\n\ndata: end\n\n"]);
    reading.responseId = null;
    await expect(stream.begin()).rejects.toThrow("unreadable");
  });

  it("with an event that never ends is given up in time", async () => {
    const megabyte = "x".repeat(1024 * 1024);
    expect(await relay(["data: ", ...Array.from({ length: 40 }, () => megabyte)])).toMatchObject({
      error: "unreadable",
      closed: true,
    });
  });

  it("fails in its beginning when nothing can be given, and not when something can", async () => {
    await expect(open(["data: fail\n\n"]).stream.begin()).rejects.toThrow("said so");
    await expect(open(["data: a\n\ndata: fail\n\n"]).stream.begin()).resolves.toBeUndefined();
  });

  it("closes its source when the reader leaves, and says nothing more", async () => {
    const { stream, source } = open(["data: a\n\n", "data: b\n\n"]);
    await stream.next();
    await stream.return();
    expect([source.closed, (await stream.next()).done]).toEqual([true, true]);
  });
});
