import { TenantryError, type CancelSignal, type RelayEvent, type UpstreamFailure } from "@tenantry/core";
import type { RelaySubject } from "../relay/subject.ts";
import type { Mutant } from "../contract.ts";
import { retold } from "./chat-model-faults.ts";
import { changeCall, changeExchange, changeFailure, impatient, relayMutant, type RelayFault } from "./relay-mutant.ts";
import { createReferenceSender } from "./relay-reference-http.ts";

/** Another story for failures of some kinds. */
function retell(
  when: (failure: UpstreamFailure) => boolean,
  some: Partial<UpstreamFailure>,
  retryable?: boolean,
): RelayFault {
  return changeFailure((error) =>
    error.upstream !== null && when(error.upstream) ? retold(error, some, retryable) : error,
  );
}

/** Lets what is thrown while an answer is read pass for its end. */
function forgivingEnd(kind: UpstreamFailure["kind"]): RelayFault {
  return changeExchange(({ events, reading }) => ({
    reading,
    events: {
      ...events,
      next: async () =>
        await events.next().catch((error: unknown): IteratorResult<RelayEvent> => {
          if (!TenantryError.is(error) || error.upstream?.kind !== kind) throw error;
          reading.ended = true;
          return { done: true, value: undefined };
        }),
    },
  }));
}

const deaf: CancelSignal = {
  aborted: false,
  reason: undefined,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};

export const relayFailureMutants: readonly Mutant<RelaySubject>[] = [
  relayMutant(
    "blames the caller for our credentials",
    ["Y28"],
    retell(({ fault }) => fault === "account", { fault: "caller" }),
  ),
  relayMutant(
    "gives up at a rate limit",
    ["Y28"],
    retell(({ status }) => status === 429, {}, false),
  ),
  relayMutant(
    "loses the provider's request id",
    ["Y28"],
    retell(() => true, { requestId: null }),
  ),
  relayMutant(
    "waits a second when it is not told",
    ["Y28"],
    retell(({ retryAfterMs }) => retryAfterMs === null, { retryAfterMs: 1000 }),
  ),
  relayMutant(
    "calls a refused connection a reset",
    ["Y29"],
    retell(({ kind }) => kind === "not-sent", { kind: "reset" }),
  ),
  relayMutant("fails when it is read and not when it is opened", ["Y30"], {
    wrap: (relay) => ({
      ...relay,
      async open(request, options) {
        try {
          return await relay.open(request, options);
        } catch (error) {
          const reading = {
            responseId: null,
            model: null,
            usage: null,
            finishReason: null,
            begun: false,
            ended: false,
          };
          return {
            reading: { ...reading, written: () => "" },
            events: { next: async () => await Promise.reject(error) },
          };
        }
      },
    }),
  }),
  relayMutant("takes a cut stream for a finished one", ["Y31"], forgivingEnd("cut")),
  relayMutant("takes an error for an end", ["Y32"], forgivingEnd("server-error")),
  relayMutant("forgets what a stream reported when it fails", ["Y33"], {
    ...changeExchange(({ events, reading }) => ({
      reading,
      events: {
        ...events,
        next: async () =>
          await events.next().catch((error: unknown) => {
            reading.usage = null;
            throw error;
          }),
      },
    })),
  }),
  relayMutant("does not look at the type of an answer", ["Y34"], {
    parts: (baseUrl, most) => {
      const send = createReferenceSender(baseUrl, most);
      return {
        async send(message) {
          const answer = await send(message);
          const isStream = message.body.includes('"stream":true');
          const headers = {
            get: (name: string) =>
              name === "content-encoding"
                ? null
                : name === "content-type" && isStream
                  ? "text/event-stream"
                  : answer.headers.get(name),
          };
          return { status: answer.status, headers, next: async () => await answer.next(), close: () => answer.close() };
        },
      };
    },
  }),
  relayMutant(
    "calls a reset connection not sent",
    ["Y28", "Y35"],
    retell(({ kind }) => kind === "reset", { kind: "not-sent" }),
  ),
  relayMutant(
    "calls a server error a refusal",
    ["Y28", "Y35"],
    retell(({ kind }) => kind === "server-error", { kind: "refused" }),
  ),
  relayMutant(
    "shows the key",
    ["Y36"],
    changeFailure((error) => withWords(error, "reference-key-0123456789")),
  ),
  relayMutant(
    "quotes the prompt",
    ["Y36"],
    changeFailure((error) => withWords(error, "What was agreed?")),
  ),
  relayMutant(
    "takes the deadline for the caller",
    ["Y37"],
    changeFailure((error) =>
      error.code === "upstream_timeout"
        ? retold(error, { kind: "aborted", fault: "caller" }, false, "cancelled")
        : error,
    ),
  ),
  relayMutant(
    "takes the caller for the deadline",
    ["Y38"],
    changeFailure((error) =>
      error.code === "cancelled"
        ? retold(error, { kind: "timeout", fault: "provider" }, true, "upstream_timeout")
        : error,
    ),
  ),
  relayMutant(
    "sends though the signal has fired",
    ["Y39"],
    changeCall((request, options) => [request, options.signal.aborted ? { ...options, signal: deaf } : options]),
  ),
  relayMutant(
    "goes on listening",
    ["Y40"],
    changeCall((request, options) => {
      options.signal.addEventListener("abort", () => undefined);
      return [request, options];
    }),
  ),
  relayMutant(
    "keeps the connection when its reader leaves",
    ["Y41"],
    changeExchange(({ events, reading }) => ({
      reading,
      events: { next: async () => await events.next(), return: async () => ({ done: true, value: undefined }) },
    })),
  ),
  relayMutant(
    "does not hear the signal",
    ["Y37", "Y38", "Y42"],
    impatient(changeCall((request, options) => [request, { ...options, signal: deaf }])),
  ),
];

function withWords(error: TenantryError, words: string): TenantryError {
  const { code, message, retryable, upstream, retryAfterMs } = error;
  return new TenantryError(code, `${message} (${words})`, {
    retryable,
    ...(upstream === null ? {} : { upstream }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}
