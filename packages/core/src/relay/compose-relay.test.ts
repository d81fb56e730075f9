import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { RelayEvent, RelayRequest } from "../ports/relay.port.ts";
import { createCancelSource } from "../calls/cancel-source.ts";
import { composeRelay, type RelayFailures, type RelayMessage, type RelayParts } from "./compose-relay.ts";
import type { RelayAnswer } from "./pushed-answer.ts";

const encode = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

interface FakeAnswer extends RelayAnswer {
  closed: boolean;
}

function answerOf(status: number, headers: Record<string, string>, pieces: readonly (string | Error)[]): FakeAnswer {
  const left = [...pieces];
  return {
    status,
    headers: { get: (name) => headers[name] ?? null },
    closed: false,
    async next() {
      const piece = left.shift();
      if (piece instanceof Error) throw piece;
      return piece === undefined ? null : encode(piece);
    },
    close() {
      this.closed = true;
    },
  };
}

const told = (message: string): TenantryError => new TenantryError("upstream_error", message);
const failures: RelayFailures = {
  thrown: (thrown) => told(`thrown: ${(thrown as Error).message}`),
  notSent: () => told("not sent"),
  broken: (kind) => told(kind),
  refused: ({ status }, body) => told(`refused ${status} with ${body.length} bytes`),
};

const size = {
  inputTokens: 1,
  overheadTokens: 0,
  text: () => "",
  inputClasses: ["input"],
  maxOutputTokens: null,
  choices: 1,
  unbounded: null,
} as const;

function relayOf(answer: RelayAnswer | Error, some: Partial<RelayParts> = {}) {
  const sent: RelayMessage[] = [];
  let reads = 0;
  const relay = composeRelay({
    provider: "fake",
    protocol: "fake",
    operations: ["chat"],
    headersBack: ["content-type", "x-request-id"],
    failures,
    read(request) {
      reads += 1;
      const streamed = request.body === "stream";
      return {
        reading: { model: null, streamed, size, temperature: null, topP: null, userId: null },
        write: ({ model }) => ({
          path: "/chat",
          headers: {},
          body: model,
          readWhole: (bytes, reading) => {
            reading.responseId = "answer-1";
            return bytes.length === 0 ? told("empty") : null;
          },
          observe: (reading) => {
            reading.responseId = "answer-1";
            return { see: () => "give", mayEndHere: () => true, finalUsage: () => null };
          },
        }),
      };
    },
    async send(message) {
      sent.push(message);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    ...some,
  });
  return { relay, sent, reads: () => reads };
}

const whole: RelayRequest = { operation: "chat", headers: {}, body: "whole" };
const stream: RelayRequest = { ...whole, body: "stream" };
const source = createCancelSource();
const options = { model: "m", attemptId: "a", tenantId: "t", store: false, maxOutputTokens: 1, signal: source.signal };

async function read(events: AsyncIterator<RelayEvent>): Promise<RelayEvent[]> {
  const all: RelayEvent[] = [];
  for (let next = await events.next(); next.done !== true; next = await events.next()) all.push(next.value);
  return all;
}

describe("a composed relay", () => {
  it("reads a request once, however often it is asked for and sent", async () => {
    const { relay, sent, reads } = relayOf(new Error("down"));
    expect(relay.read(whole)).toBe(relay.read(whole));
    await expect(relay.open(whole, options)).rejects.toThrow("thrown: down");
    await expect(relay.open(whole, { ...options, model: "n" })).rejects.toThrow("thrown: down");
    expect([reads(), sent.map(({ body }) => body)]).toEqual([1, ["m", "n"]]);
    relay.read({ ...whole });
    expect(reads()).toBe(2);
  });

  it("gives a whole answer as head and one piece, and is complete with the piece", async () => {
    const { relay } = relayOf(answerOf(201, { "content-type": "application/json", "set-cookie": "x" }, ["{", "}"]));
    const { events, reading } = await relay.open(whole, options);
    expect(await events.next()).toEqual({
      done: false,
      value: { type: "head", status: 201, headers: { "content-type": "application/json" } },
    });
    expect(reading).toMatchObject({ responseId: "answer-1", begun: true, ended: false });
    expect(await events.next()).toEqual({ done: false, value: { type: "bytes", bytes: encode("{}") } });
    expect(reading.ended).toBe(true);
    expect((await events.next()).done).toBe(true);
  });

  it("gives nothing more to a reader who has left", async () => {
    for (const request of [whole, stream]) {
      const { relay } = relayOf(answerOf(200, {}, ["data: x\n\n"]));
      const { events } = await relay.open(request, options);
      await events.return?.();
      expect(await read(events)).toEqual([]);
    }
  });

  it("sends nothing when the signal has fired", async () => {
    const fired = createCancelSource();
    fired.cancel("enough");
    const { relay, sent } = relayOf(answerOf(200, {}, []));
    await expect(relay.open(whole, { ...options, signal: fired.signal })).rejects.toThrow("not sent");
    expect(sent).toEqual([]);
  });

  it("tells a refusal by its status, also when its body breaks off or never ends", async () => {
    const endless = answerOf(
      400,
      {},
      Array.from({ length: 100 }, () => "x".repeat(1024)),
    );
    await expect(relayOf(endless).relay.open(whole, options)).rejects.toThrow("refused 400 with 0 bytes");
    expect(endless.closed).toBe(true);
    const broken = answerOf(503, {}, ["half", new Error("reset")]);
    await expect(relayOf(broken).relay.open(stream, options)).rejects.toThrow("refused 503 with 0 bytes");
    const plain = answerOf(301, {}, ["moved"]);
    await expect(relayOf(plain).relay.open(whole, options)).rejects.toThrow("refused 301 with 5 bytes");
  });

  it("closes what it cannot watch", async () => {
    for (const [request, headers] of [
      [whole, { "content-encoding": "gzip" }],
      [stream, { "content-type": "application/json" }],
    ] as const) {
      const answer = answerOf(200, headers, ["x"]);
      await expect(relayOf(answer).relay.open(request, options)).rejects.toThrow("malformed");
      expect(answer.closed).toBe(true);
    }
  });

  it("fails when it is opened with what a whole answer turns out to be", async () => {
    await expect(relayOf(answerOf(200, {}, [])).relay.open(whole, options)).rejects.toThrow("empty");
    await expect(relayOf(answerOf(200, {}, [new Error("reset")])).relay.open(whole, options)).rejects.toThrow(
      "thrown: reset",
    );
  });
});
