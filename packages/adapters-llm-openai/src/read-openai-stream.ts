import type { ChatEvent } from "@tenantry/core";
import type { Attempt } from "./attempt.ts";
import { createOpenAIStreamReader } from "./from-openai-stream.ts";
import type { ErrorContext } from "./translate-openai-error.ts";
import { brokenExchange, interruption, translateSdkFailure } from "./translate-sdk-failure.ts";

/**
 * The events of a stream the provider has accepted. The SDK ends an aborted or cut stream without a word, so both are
 * looked for here. Leaving the iteration early closes the connection.
 */
export async function* readOpenAIStream(
  chunks: AsyncIterable<unknown>,
  attempt: Attempt,
  context: ErrorContext,
): AsyncGenerator<ChatEvent, void, undefined> {
  const reader = createOpenAIStreamReader();
  const told = (): ErrorContext => ({ ...context, usage: reader.usage });
  let complete = false;
  try {
    for await (const chunk of chunks) yield* reader.read(chunk);
    if (attempt.signal.aborted) throw interruption(attempt, told());
    const end = reader.end();
    if (end === null) throw brokenExchange(reader.started ? "cut" : "malformed", attempt, told());
    complete = true;
    attempt.release();
    yield end;
  } catch (error) {
    throw translateSdkFailure(error, attempt, told());
  } finally {
    attempt.release();
    if (!complete) attempt.connection.abort();
  }
}
