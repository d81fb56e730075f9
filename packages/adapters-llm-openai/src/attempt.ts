import type { CancelSignal } from "@tenantry/core";
import type { OpenAIErrorAnswer } from "./translate-openai-error.ts";

/** One physical request, from before it is sent to the last byte of its answer. */
export interface Attempt {
  /** The caller's and the deadline's. */
  readonly signal: CancelSignal;
  readonly streamed: boolean;
  /** Aborted by the signal, or by us when nobody reads on; closes the connection. */
  readonly connection: AbortController;
  /** Status and headers of the answer, once it has begun. */
  answer: Pick<OpenAIErrorAnswer, "status" | "headers"> | null;
  /** Stops listening to the signal, which may outlive many attempts. */
  release(): void;
}

export function beginAttempt(signal: CancelSignal, streamed: boolean): Attempt {
  const connection = new AbortController();
  const close = (): void => connection.abort();
  signal.addEventListener("abort", close, { once: true });
  const release = (): void => signal.removeEventListener("abort", close);
  return { signal, streamed, connection, answer: null, release };
}
