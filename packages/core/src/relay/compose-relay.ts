import type { TenantryError } from "../errors/tenantry-error.ts";
import type { CancelSignal } from "../ports/cancel-signal.ts";
import type { Exchange, Reading } from "../ports/exchange.ts";
import type { Relay, RelayEvent, RelayOptions, RelayReading, RelayRequest } from "../ports/relay.port.ts";
import type { Usage } from "../pricing/usage.ts";
import { type ByteSource, type EventObserver, relayedStream } from "./relayed-answer.ts";
import { joinBytes } from "./join-bytes.ts";
import type { RelayAnswer } from "./pushed-answer.ts";
import { emptyReading } from "../calls/work.ts";

/** What a relay sends for a request. */
export interface RelayMessage {
  /** Below the provider's address: `/chat/completions`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: CancelSignal;
}

/** How far a request had come when it failed. */
export interface RelayProgress {
  readonly signal: CancelSignal;
  readonly streamed: boolean;
  readonly answer: Pick<RelayAnswer, "status" | "headers"> | null;
}

/** Failures in a provider's terms. */
export interface RelayFailures {
  /** What `send` or a `ByteSource` threw. */
  thrown(thrown: unknown, progress: RelayProgress, usage: Usage | null): TenantryError;
  /** The signal had fired before anything was sent. */
  notSent(progress: RelayProgress): TenantryError;
  /** A 2xx that cannot be read, or a stream without its end. */
  broken(kind: "malformed" | "cut", progress: RelayProgress, usage: Usage | null): TenantryError;
  /** Any status that is not 2xx, with its body as far as it came. */
  refused(answer: RelayAnswer, body: Uint8Array): TenantryError;
}

/** A request that has been read. */
export interface RelayedRequest {
  readonly reading: RelayReading;
  /** What to send, and how to read what comes back. */
  write(options: RelayOptions): RelayedCall;
}

export interface RelayedCall extends Omit<RelayMessage, "signal"> {
  /** Notes in `reading` what a whole body says, and gives the failure it is when it is one. */
  readWhole(body: Uint8Array, reading: Reading, progress: RelayProgress): TenantryError | null;
  /** Watches a stream for one call. */
  observe(
    reading: Reading,
    progress: RelayProgress,
  ): EventObserver & {
    /** Usage, if the provider has told all of it. */
    finalUsage(): Usage | null;
  };
}

export interface RelayParts {
  readonly provider: string;
  readonly protocol: string;
  readonly operations: readonly string[];
  /** Headers of an answer that may cross back, lower case. */
  readonly headersBack: readonly string[];
  /** Throws `invalid_request` that names the field. */
  read(request: RelayRequest): RelayedRequest;
  /** Resolves with the head of the answer. */
  send(message: RelayMessage): Promise<RelayAnswer>;
  readonly failures: RelayFailures;
}

/** Largest body that is read whole, bytes; of an error, what is looked at. */
const largestAnswer = 256 * 1024 * 1024;
const largestError = 64 * 1024;

/** A relay from what its provider's protocol and its HTTP client need to say. */
export function composeRelay(parts: RelayParts): Relay {
  const { provider, protocol, operations, send, failures } = parts;
  const readOnce = createReadOnce(parts);
  return {
    provider,
    protocol,
    operations,
    read: (request) => readOnce(request).reading,
    async open(request, options) {
      const { reading: asked, write } = readOnce(request);
      const { signal } = options;
      const before: RelayProgress = { signal, streamed: asked.streamed, answer: null };
      if (signal.aborted) throw failures.notSent(before);
      const call = write(options);
      const { path, headers, body } = call;
      const answer = await send({ path, headers, body, signal }).catch((thrown: unknown) => {
        throw failures.thrown(thrown, before, null);
      });
      const progress = { ...before, answer };
      if (answer.status < 200 || answer.status > 299) throw await refusal(failures, answer, progress);
      if (!isReadable(answer, asked.streamed)) {
        answer.close();
        throw failures.broken("malformed", progress, null);
      }
      const head = { type: "head", status: answer.status, headers: headersBack(parts, answer) } as const;
      return asked.streamed
        ? await openStream(call, answer, head, progress, failures)
        : await openWhole(call, answer, head, progress, failures);
    },
  };
}

/**
 * A request is read before it is admitted and again when it is sent, more than once where it is retried. What was read
 * stands on the request itself, where no copy takes it along: what a WeakMap holds is kept by every small collection,
 * and bodies are large.
 */
function createReadOnce({ provider, read }: RelayParts): (request: RelayRequest) => RelayedRequest {
  const known = Symbol(provider);
  return (request: RelayRequest & { readonly [known]?: RelayedRequest }) => {
    const before = request[known];
    if (before !== undefined) return before;
    const value = read(request);
    if (Object.isExtensible(request)) Object.defineProperty(request, known, { value });
    return value;
  };
}

type Head = Extract<RelayEvent, { type: "head" }>;

async function openWhole(
  call: RelayedCall,
  answer: RelayAnswer,
  head: Head,
  progress: RelayProgress,
  failures: RelayFailures,
): Promise<Exchange<RelayEvent>> {
  const reading = emptyReading();
  let bytes: Uint8Array | null;
  try {
    bytes = await readAll(answer, largestAnswer);
  } catch (thrown) {
    throw failures.thrown(thrown, progress, null);
  }
  if (bytes === null) throw failures.broken("malformed", progress, null);
  const failure = call.readWhole(bytes, reading, progress);
  if (failure !== null) throw failure;
  reading.begun = true;
  const whole: readonly RelayEvent[] = [head, { type: "bytes", bytes }];
  let given = 0;
  return {
    reading,
    whole,
    events: {
      async next() {
        const value = whole[given];
        if (value === undefined) return { done: true, value };
        given += 1;
        if (value.type === "bytes") reading.ended = true;
        return { done: false, value };
      },
      async return() {
        given = whole.length;
        return { done: true, value: undefined };
      },
    },
  };
}

async function openStream(
  call: RelayedCall,
  answer: RelayAnswer,
  head: Head,
  progress: RelayProgress,
  failures: RelayFailures,
): Promise<Exchange<RelayEvent>> {
  const reading = emptyReading();
  const observer = call.observe(reading, progress);
  const pieces = relayedStream(answer, observer, reading, {
    broken: (thrown) => failures.thrown(thrown, progress, observer.finalUsage()),
    cut: (began) => failures.broken(began ? "cut" : "malformed", progress, observer.finalUsage()),
    unreadable: () => failures.broken("malformed", progress, null),
  });
  await pieces.begin();
  let given = false;
  return {
    reading,
    events: {
      async next() {
        if (given) return await pieces.next();
        given = true;
        return { done: false, value: head };
      },
      async return() {
        given = true;
        return await pieces.return();
      },
    },
  };
}

async function refusal(failures: RelayFailures, answer: RelayAnswer, progress: RelayProgress): Promise<TenantryError> {
  try {
    const body = await readAll(answer, largestError);
    return failures.refused(answer, body ?? new Uint8Array(0));
  } catch (thrown) {
    // Whether the answer's own status or our signal explains it better is decided by the signal.
    return progress.signal.aborted
      ? failures.thrown(thrown, progress, null)
      : failures.refused(answer, new Uint8Array(0));
  }
}

/** The whole body, or null when it is larger than `most`; the connection is closed then. */
async function readAll(source: ByteSource, most: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await source.next(); chunk !== null; chunk = await source.next()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > most) {
      source.close();
      return null;
    }
  }
  return joinBytes(chunks);
}

/** We ask for plain bytes; compressed ones could be neither watched nor priced. */
function isReadable({ headers }: RelayAnswer, streamed: boolean): boolean {
  const encoding = headers.get("content-encoding") ?? "identity";
  const contentType = headers.get("content-type") ?? "text/event-stream";
  return encoding === "identity" && (!streamed || contentType.toLowerCase().startsWith("text/event-stream"));
}

function headersBack(parts: RelayParts, { headers }: RelayAnswer): Record<string, string> {
  const back: Record<string, string> = {};
  for (const name of parts.headersBack) {
    const value = headers.get(name);
    if (value !== null) back[name] = value;
  }
  return back;
}
