import { parseExactJson, TenantryError } from "@tenantry/core";

/** One question. */
export interface Question {
  readonly method: "GET" | "POST";
  /** Below the API's origin, encoded. */
  readonly path: string;
  readonly body?: unknown;
}

/** Resolves with the answer as JSON that keeps every number's digits. */
export type AskNetra = (question: Question) => Promise<unknown>;

export interface NetraApi {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Until the whole answer is there. */
  readonly timeoutMs: number;
}

const mostBytes = 16 * 2 ** 20;

/** Asks once. No redirect is followed, so that the key goes to the configured host alone. */
export function createAskNetra({ origin, headers, timeoutMs }: NetraApi): AskNetra {
  return async ({ method, path, body }) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let status: number;
    let text: string;
    try {
      const answer = await fetch(origin + path, {
        method,
        // The SDK sends it with every question, also with those that have no body.
        headers: { "Content-Type": "application/json", ...headers },
        redirect: "manual",
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = answer.status;
      text = await readText(answer);
    } catch (cause) {
      if (TenantryError.is(cause)) throw cause;
      throw signal.aborted ? tooSlow(timeoutMs, cause) : notReached(origin, cause);
    }
    if (status < 200 || status > 299) throw refused(status);
    return read(text);
  };
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw unreadable(`its answer is longer than ${mostBytes} bytes; ask for a shorter period`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function read(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    throw unreadable("its answer is not JSON; check that NETRA_OTLP_ENDPOINT is Netra's address");
  }
}

/** An answer that says something else than what was asked. */
export function unreadable(problem: string): TenantryError {
  return new TenantryError("upstream_error", `Netra cannot be understood: ${problem}`);
}

function refused(status: number): TenantryError {
  const retryable = status === 429 || status >= 500;
  return new TenantryError("upstream_error", `Netra answered HTTP ${status}: ${adviceFor(status)}`, { retryable });
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return "the key is not accepted; check NETRA_API_KEY";
  if (status === 404) return "there is no such route; check NETRA_OTLP_ENDPOINT";
  if (status === 429) return "too many questions; ask again later";
  if (status >= 500) return "it failed; ask again later";
  return "it refused the question";
}

function tooSlow(timeoutMs: number, cause: unknown): TenantryError {
  return new TenantryError("upstream_timeout", `Netra did not answer within ${timeoutMs} ms; ask again later`, {
    retryable: true,
    cause,
  });
}

function notReached(origin: string, cause: unknown): TenantryError {
  return new TenantryError("unavailable", `Netra cannot be reached at ${origin}; check NETRA_OTLP_ENDPOINT`, {
    retryable: true,
    cause,
  });
}
