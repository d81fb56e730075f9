import type { Stream } from "@anthropic-ai/sdk/streaming";
import type { ChatEvent } from "@tenantry/core";
import type { Attempt } from "./attempt.ts";
import { createAnthropicStreamReader, type AnthropicStreamReader } from "./from-anthropic-stream.ts";
import type { ErrorContext } from "./translate-anthropic-error.ts";
import { brokenExchange, interruption, translateSdkFailure } from "./translate-sdk-failure.ts";

/** The events of an answer, to be iterated once. Returning early closes the connection, also while `next` is waiting. */
export function readAnthropicStream(
  source: Stream<unknown>,
  attempt: Attempt,
  context: ErrorContext,
): AsyncIterable<ChatEvent> {
  const reader = createAnthropicStreamReader();
  const events = pull(source, reader, attempt, context);
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => await events.next(),
      return: async () => {
        // A generator that was never started has no `finally` to run.
        if (!reader.ended()) attempt.connection.abort();
        attempt.release();
        return await events.return(undefined);
      },
    }),
  };
}

async function* pull(
  source: Stream<unknown>,
  reader: AnthropicStreamReader,
  attempt: Attempt,
  context: ErrorContext,
): AsyncGenerator<ChatEvent, undefined> {
  const { signal, connection } = attempt;
  const known = (): ErrorContext => ({ ...context, usage: reader.usage() });
  const wire = source[Symbol.asyncIterator]();
  try {
    while (!reader.ended()) {
      const next = await wire.next();
      if (next.done === true) {
        // The SDK ends in silence when the connection is aborted: by the signal, or by an early return.
        if (!connection.signal.aborted) throw brokenExchange(reader.started() ? "cut" : "malformed", attempt, known());
        if (signal.aborted) throw interruption(attempt, known());
        return;
      }
      const events = reader.read(next.value);
      if (events === null) throw brokenExchange("malformed", attempt, known());
      yield* events;
    }
  } catch (error) {
    throw translateSdkFailure(error, attempt, known());
  } finally {
    attempt.release();
    if (reader.ended()) readToEnd(wire, connection);
    else connection.abort();
  }
}

/** Longest wait for the end of a connection after a stream's terminal event, ms. */
const farewellMs = 1000;

/** Reads on behind the caller's back, so that the connection can be used again; closes it when no end comes. */
function readToEnd(wire: AsyncIterator<unknown>, connection: AbortController): void {
  const timer = setTimeout(() => connection.abort(), farewellMs);
  timer.unref();
  const read = async (): Promise<void> => {
    while ((await wire.next()).done !== true);
  };
  read()
    .catch(() => connection.abort())
    .finally(() => clearTimeout(timer));
}
