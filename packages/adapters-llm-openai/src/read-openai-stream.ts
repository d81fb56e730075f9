import type { ChatEvent } from "@tenantry/core";
import type { Attempt } from "./attempt.ts";
import { createOpenAIStreamReader } from "./from-openai-stream.ts";
import type { ErrorContext } from "./translate-openai-error.ts";
import { brokenExchange, interruption, translateSdkFailure } from "./translate-sdk-failure.ts";

/**
 * The events of a stream the provider has accepted, to be iterated once. Returning early closes the connection: also
 * before the first event, when a generator has no `finally` to run yet, and while `next` waits.
 */
export function readOpenAIStream(
  chunks: AsyncIterable<unknown>,
  attempt: Attempt,
  context: ErrorContext,
): AsyncIterable<ChatEvent> {
  const events = pull(chunks, attempt, context);
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => await events.next(),
      return: async () => {
        attempt.connection.abort();
        attempt.release();
        return await events.return();
      },
    }),
  };
}

/** The SDK ends an aborted or cut stream without a word, so both are looked for here. */
async function* pull(
  chunks: AsyncIterable<unknown>,
  attempt: Attempt,
  context: ErrorContext,
): AsyncGenerator<ChatEvent, void, undefined> {
  const { signal, connection } = attempt;
  const reader = createOpenAIStreamReader();
  const known = (): ErrorContext => ({ ...context, usage: reader.usage });
  let complete = false;
  try {
    for await (const chunk of chunks) yield* reader.read(chunk);
    if (signal.aborted) throw interruption(attempt, known());
    // Closed by an early return: nobody is there to be told.
    if (connection.signal.aborted) return;
    const end = reader.end();
    if (end === null) throw brokenExchange(reader.started ? "cut" : "malformed", attempt, known());
    complete = true;
    attempt.release();
    yield end;
  } catch (error) {
    throw translateSdkFailure(error, attempt, known());
  } finally {
    attempt.release();
    if (!complete) connection.abort();
  }
}
