import assert from "node:assert/strict";
import {
  type Exchange,
  type Reading,
  type Relay,
  type RelayEvent,
  type RelayOptions,
  type RelayRequest,
  TenantryError,
} from "@tenantry/core";
import { failureOf, soon, type UpstreamError, type Way } from "../chat-model/observe.ts";
import { relayOptions, requestOf, type RelaySubject } from "./subject.ts";

/** What came of one relayed request. */
export interface Relayed {
  readonly head: Extract<RelayEvent, { type: "head" }> | null;
  /** What was given before the answer was complete, and from then on. */
  readonly before: Buffer;
  readonly after: Buffer;
  readonly bytes: Buffer;
  /** Null when it could not be opened. */
  readonly reading: Reading | null;
  readonly error: unknown;
}

/** Sends one request and reads the answer to its end, for at most two seconds. */
export async function relayed(
  relay: Relay,
  request: RelayRequest,
  options: RelayOptions = relayOptions(),
): Promise<Relayed> {
  const before: Uint8Array[] = [];
  const after: Uint8Array[] = [];
  let head: Relayed["head"] = null;
  let exchange: Exchange<RelayEvent> | null = null;
  const read = async (): Promise<void> => {
    const { events, reading } = (exchange = await relay.open(request, options));
    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      if (next.value.type === "head") {
        assert(head === null && before.length + after.length === 0, "the head did not come first and once");
        head = next.value;
      } else (reading.ended ? after : before).push(next.value.bytes);
    }
  };
  const outcome = (error: unknown): Relayed => ({
    head,
    before: Buffer.concat(before),
    after: Buffer.concat(after),
    bytes: Buffer.concat([...before, ...after]),
    reading: exchange?.reading ?? null,
    error,
  });
  try {
    await soon(read(), "the relayed answer to end");
    return outcome(null);
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return outcome(error);
  }
}

/** An answer that must arrive whole. */
export async function arrived(
  relay: Relay,
  request: RelayRequest,
  options?: RelayOptions,
): Promise<Relayed & { reading: Reading }> {
  const { reading, error, ...rest } = await relayed(relay, request, options);
  if (error !== null || reading === null) throw error;
  assert.equal(reading.ended, true, "the answer was read to its end and is not complete");
  return { ...rest, reading, error };
}

/** A request that must fail. */
export async function relayFailed(subject: RelaySubject, way: Way, options?: RelayOptions): Promise<UpstreamError> {
  return failureOf(await relayed(subject.relay, requestOf(subject, way), options));
}

/** Reads on until a piece is given in which the model has written something. */
export async function readToFirstToken({ events, reading }: Exchange<RelayEvent>): Promise<void> {
  for (;;) {
    const next = await soon(events.next(), "a piece of a stream that has not ended");
    assert(next.done !== true, "the stream ended before its first token");
    if (next.value.type === "bytes" && reading.begun) return;
  }
}

/** Neither read nor sent. */
export async function refused(subject: RelaySubject, body: string, path: string): Promise<void> {
  const request = { ...requestOf(subject, "complete"), body };
  const before = subject.server.requests.length;
  const calls: readonly (() => unknown)[] = [
    () => subject.relay.read(request),
    async () => await subject.relay.open(request, relayOptions()),
  ];
  for (const call of calls) {
    const error: unknown = await Promise.resolve()
      .then(call)
      .catch((thrown: unknown) => thrown);
    assert(TenantryError.is(error) && error.code === "invalid_request", `${body.slice(0, 60)} was accepted`);
    assert.equal(error.issues[0]?.path, path);
  }
  assert.equal(subject.server.requests.length, before);
}
