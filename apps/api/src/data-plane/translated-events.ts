import type { ChatEvent, ChatResult, Exchange, RelayEvent } from "@tenantry/core";
import type { JsonObject, StreamWriter } from "../protocols/protocol.ts";

/** A whole answer of another protocol, as the caller's wire. */
export function translatedWhole(
  { events, reading }: Exchange<ChatResult>,
  write: (result: ChatResult) => JsonObject,
): Exchange<RelayEvent> {
  return { reading, events: wholeEvents(events, write) };
}

async function* wholeEvents(
  events: AsyncIterator<ChatResult>,
  write: (result: ChatResult) => JsonObject,
): AsyncGenerator<RelayEvent> {
  const next = await events.next();
  if (next.done === true) return;
  yield { type: "head", status: 200, headers: { "content-type": "application/json" } };
  yield { type: "bytes", bytes: Buffer.from(JSON.stringify(write(next.value))) };
}

/** A streamed answer of another protocol, as the caller's wire. Resolves with the first event, so that a provider that fails before it can be replaced. */
export async function translatedStream(
  { events, reading }: Exchange<ChatEvent>,
  writer: StreamWriter,
): Promise<Exchange<RelayEvent>> {
  const first = await events.next();
  return { reading, events: streamEvents(events, first, writer) };
}

async function* streamEvents(
  events: AsyncIterator<ChatEvent>,
  first: IteratorResult<ChatEvent>,
  writer: StreamWriter,
): AsyncGenerator<RelayEvent> {
  let done = false;
  try {
    yield {
      type: "head",
      status: 200,
      headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
    };
    for (let next = first; ; next = await events.next()) {
      if (next.done === true) {
        done = true;
        return;
      }
      const text = writer.write(next.value);
      if (text !== "") yield { type: "bytes", bytes: Buffer.from(text) };
    }
  } finally {
    if (!done) await events.return?.();
  }
}
