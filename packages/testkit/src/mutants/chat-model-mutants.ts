import { noTokens, TenantryError, type ChatEvent, type ChatModel, type Usage } from "@tenantry/core";
import type { ChatModelSubject } from "../chat-model/subject.ts";
import { openChatModelSubject } from "../chat-model/subject.ts";
import type { Mutant } from "../contract.ts";
import {
  changeBody,
  changeCall,
  changeEvents,
  changeFailure,
  changeFetch,
  changeRequest,
  changeResult,
  changeUsage,
  retell,
  retold,
  rewriteStream,
  type Fault,
} from "./chat-model-faults.ts";
import { createReferenceChatModel, referenceParts, type ReferenceParts } from "./chat-model-reference.ts";
import { referenceDialect } from "./chat-model-reference-dialect.ts";

const noUsage: Usage = { tokens: noTokens, fees: {}, serviceTier: "standard" };

function mutant(name: string, kills: readonly string[], fault: Fault): Mutant<ChatModelSubject> {
  const create = (baseUrl: string): ChatModel => {
    const model = createReferenceChatModel(baseUrl, fault.parts);
    return fault.wrap === undefined ? model : fault.wrap(model);
  };
  return { name, kills, open: async () => await openChatModelSubject({ dialect: referenceDialect, create }) };
}

function tokensChanged(change: (tokens: Usage["tokens"]) => Partial<Usage["tokens"]>): Fault {
  return changeUsage((usage) => ({ ...usage, tokens: { ...usage.tokens, ...change(usage.tokens) } }));
}

const answerMutants = [
  mutant("makes up an id", ["M1"], changeResult((result) => ({ ...result, id: "made-up" }))),
  mutant("counts cached tokens twice", ["M2", "M16"], tokensChanged(({ input, cacheRead }) => ({ input: input + cacheRead }))),
  mutant("counts reasoning twice", ["M2"], tokensChanged(({ output, reasoning }) => ({ output: output + reasoning }))),
  mutant("missing usage is zero", ["M3"], {
    parts: { convertUsage: (wire) => (wire === undefined ? noUsage : referenceParts.convertUsage(wire)) },
  }),
  mutant("zero usage is missing", ["M4"], {
    parts: { convertUsage: (wire) => (wire?.read === 0 && wire.wrote === 0 ? null : referenceParts.convertUsage(wire)) },
  }),
  mutant("keeps counts in 32 bits", ["M5"], tokensChanged(({ input, output }) => ({ input: input | 0, output: output | 0 }))),
  mutant("corrects usage it does not believe", ["M5"], tokensChanged(({ output }) => ({ output: Math.min(output, 4096) }))),
  mutant("passes on negative counts", ["M6"], {
    parts: {
      convertUsage: (wire) =>
        wire !== undefined && wire.wrote < 0
          ? { ...noUsage, tokens: { ...noTokens, input: wire.read, output: wire.wrote } }
          : referenceParts.convertUsage(wire),
    },
  }),
  mutant("calls every service tier standard", ["M7"], changeUsage((usage) => ({ ...usage, serviceTier: "standard" }))),
  mutant("reports the model asked for", ["M8"], {
    wrap: (model) => ({
      ...model,
      complete: async (request, options) => ({ ...(await model.complete(request, options)), model: options.model }),
    }),
  }),
  mutant("takes the length stop for a finished answer", ["M9"], changeResult((result) => ({
    ...result,
    finishReason: result.finishReason === "length" ? "stop" : result.finishReason,
  }))),
  mutant("gives a refusal out as text", ["M10"], changeResult((result) => ({
    ...result,
    text: result.text + (result.refusal ?? ""),
    refusal: null,
  }))),
  mutant("keeps one tool call", ["M11"], changeResult((result) => ({ ...result, toolCalls: result.toolCalls.slice(0, 1) }))),
  mutant("mixes thinking into the text", ["M12"], changeEvents(() => (event) =>
    event.type === "reasoning" ? [{ type: "text", text: event.text }] : [event],
  )),
  mutant("refuses fields it does not know", ["M13"], {
    parts: {
      parse(text) {
        if (text.includes("x_field_of_tomorrow")) throw new SyntaxError("unknown field");
        return JSON.parse(text) as unknown;
      },
    },
  }),
];

/** Gives up on a stream that pauses, so that its run is short. */
function buffered(): Fault {
  return rewriteStream(async function* (events) {
    const kept: ChatEvent[] = [];
    const iterator = events[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([iterator.next(), pause(patienceMs)]);
      if (next === "paused") throw new Error("the stream paused");
      if (next.done === true) break;
      kept.push(next.value);
    }
    yield* kept;
  });
}

const patienceMs = 150;

async function pause(ms: number): Promise<"paused"> {
  return await new Promise((resolve) => setTimeout(() => resolve("paused"), ms).unref());
}

/** Reads an iterator by hand and forgets to return it. */
function neverReturned(): Fault {
  return rewriteStream(async function* (events) {
    const iterator = events[Symbol.asyncIterator]();
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  });
}

const decodePerChunk: ReferenceParts["decode"] = async function* (body) {
  for await (const bytes of body) {
    for (const line of new TextDecoder().decode(bytes).split("\n")) {
      if (line.startsWith("data: ")) yield line.slice(6);
    }
  }
};

const streamMutants = [
  mutant("trims streamed pieces", ["M14"], changeEvents(() => (event) =>
    event.type === "text" ? [{ type: "text", text: event.text.trim() }] : [event],
  )),
  mutant("ends before the last usage", ["M15"], rewriteStream(async function* (events) {
    let usage: ChatEvent | null = null;
    for await (const event of events) {
      if (event.type === "usage") usage = event;
      else yield event;
    }
    if (usage !== null) yield usage;
  })),
  mutant("starts again with every piece", ["M15"], changeEvents(() => {
    let start: ChatEvent | null = null;
    return (event) => {
      if (event.type === "start") start = event;
      return event.type === "text" && start !== null ? [start, event] : [event];
    };
  })),
  mutant("adds usage reports up", ["M16"], changeEvents(() => {
    let input = 0;
    return (event) => {
      if (event.type !== "usage") return [event];
      input += event.usage.tokens.input;
      return [{ type: "usage", usage: { ...event.usage, tokens: { ...event.usage.tokens, input } } }];
    };
  })),
  mutant("does not ask for usage", ["M16"], changeBody(({ usage_in_stream: _dropped, ...body }) => body)),
  mutant("hands a stream on when it is complete", ["M17"], buffered()),
  mutant("decodes every chunk by itself", ["M18"], { parts: { decode: decodePerChunk } }),
  mutant("gives every tool call index 0", ["M19"], changeEvents(() => (event) =>
    event.type === "tool-call" ? [{ ...event, index: 0 }] : [event],
  )),
  mutant("leaves the connection open when nobody reads on", ["M20"], neverReturned()),
  mutant("refuses a stream only when it is read", ["M21"], {
    wrap: (model) => ({
      ...model,
      stream: async (...call) =>
        (async function* () {
          yield* await model.stream(...call);
        })(),
    }),
  }),
];

const sharedAnswers = (model: ChatModel): ChatModel => {
  let last = "";
  return {
    ...model,
    async complete(...call) {
      const result = await model.complete(...call);
      const { id } = result;
      last ||= id;
      return { ...result, id: last };
    },
  };
};

function extraWins(): Fault {
  let extra: object = {};
  const remember = changeRequest((request) => {
    extra = request.extra ?? {};
    return request;
  });
  return { ...changeBody((body) => ({ ...body, ...extra })), ...remember };
}

const requestMutants = [
  mutant("loses the system text", ["M22"], changeRequest((request) => ({
    ...request,
    messages: request.messages.filter(({ role }) => role !== "system"),
  }))),
  mutant("loses tool results", ["M23"], changeRequest((request) => ({
    ...request,
    messages: request.messages.filter(({ role }) => role !== "tool"),
  }))),
  mutant("loses the choice of tool", ["M23"], changeBody(({ tool_choice: _dropped, ...body }) => body)),
  mutant("loses images", ["M24"], changeBody((body) => ({
    ...body,
    turns: (body["turns"] as object[]).map((turn) => ({ ...turn, images: [] })),
  }))),
  mutant("drops a JSON form it cannot ask for", ["M25"], changeRequest(({ responseFormat, ...request }) =>
    responseFormat === undefined || responseFormat.type === "json" ? request : { ...request, responseFormat },
  )),
  mutant("drops a temperature of 0", ["M26"], changeBody(({ temperature, ...body }) =>
    temperature === 0 || temperature === undefined ? body : { ...body, temperature },
  )),
  mutant("rounds the output limit up", ["M27"], changeBody((body) => ({ ...body, limit: Math.max(64, Number(body["limit"])) }))),
  mutant("drops extra fields", ["M28"], changeRequest(({ extra: _dropped, ...request }) => request)),
  mutant("lets extra fields win", ["M29"], extraWins()),
  mutant("retries by itself", ["M30"], {
    parts: {
      async fetch(url, init) {
        const first = await referenceParts.fetch(url, init);
        return first.status === 429 || first.status >= 500 ? await referenceParts.fetch(url, init) : first;
      },
    },
  }),
  mutant("makes up its own request id", ["M31"], changeCall((request, options) => [
    request,
    { ...options, attemptId: "made-up" },
  ])),
  mutant("passes the tracing context on", ["M32"], changeFetch((url, init) => [
    url,
    { ...init, headers: { ...init.headers, baggage: "tenant.id=apex" } },
  ])),
  mutant("joins a base URL carelessly", ["M33"], changeFetch((url, init) => [
    url.includes("/v2/chat") ? url.replace("/v2/chat", "/v2//chat") : url,
    init,
  ])),
  mutant("remembers the answer of the first call", ["M34"], { wrap: sharedAnswers }),
  mutant("changes the request it was given", ["M35"], changeRequest((request) => {
    (request.messages as unknown[]).push({ role: "user", content: "Be brief." });
    return request;
  })),
];

const failureMutants = [
  mutant("blames the provider for a bad request", ["M36"], retell(({ fault }) => fault === "caller", { fault: "provider" })),
  mutant("retries what the caller must mend", ["M36"], retell(({ fault }) => fault === "caller", {}, true)),
  mutant("blames the caller for our credentials", ["M37"], retell(({ fault }) => fault === "account", { fault: "caller" })),
  mutant("gives up at a rate limit", ["M38"], retell(({ status }) => status === 429, {}, false)),
  mutant("calls a server error a refusal", ["M39", "M52"], retell(({ kind }) => kind === "server-error", { kind: "refused" })),
  mutant("loses the provider's request id", ["M40"], retell(() => true, { requestId: null })),
  mutant("loses the provider's error code", ["M40"], retell(() => true, { providerCode: null })),
  mutant("understands retry-after in seconds only", ["M41"], retell(
    ({ retryAfterMs }) => retryAfterMs !== null && retryAfterMs % 1000 !== 0,
    { retryAfterMs: null },
  )),
  mutant("waits a second when it is not told", ["M41"], retell(({ retryAfterMs }) => retryAfterMs === null, { retryAfterMs: 1000 })),
  mutant("calls a refused connection a reset", ["M42"], retell(({ kind }) => kind === "not-sent", { kind: "reset" })),
  mutant("calls a reset connection not sent", ["M43", "M52"], retell(({ kind }) => kind === "reset", { kind: "not-sent" })),
  mutant("calls an unreadable answer a server error", ["M48"], retell(({ kind }) => kind === "malformed", { kind: "server-error" })),
  mutant("takes a cut stream for a finished one", ["M49"], rewriteStream(async function* (events) {
    try {
      yield* events;
    } catch (error) {
      if (!TenantryError.is(error) || error.upstream?.kind !== "cut") throw error;
      yield { type: "end", finishReason: "stop" };
    }
  })),
  mutant("does not know error events", ["M50"], retell(
    ({ kind, status }) => kind === "server-error" && status === null,
    { kind: "cut", providerCode: null },
  )),
  mutant("forgets usage when a stream fails", ["M51"], retell(() => true, { usage: null })),
  mutant("shows the key", ["M53"], changeFailure((error) =>
    new TenantryError(error.code, `${error.message} (with reference-key-0123456789)`, {
      retryable: error.retryable,
      ...(error.upstream === null ? {} : { upstream: error.upstream }),
      ...(error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }),
    }),
  )),
];

const deaf = { ...new AbortController().signal, aborted: false, reason: undefined, addEventListener() {}, removeEventListener() {} };

const cancelMutants = [
  mutant("takes the deadline for the caller", ["M44"], changeFailure((error) =>
    error.code === "upstream_timeout" ? retold(error, { kind: "aborted", fault: "caller" }, false, "cancelled") : error,
  )),
  mutant("takes the caller for the deadline", ["M45"], changeFailure((error) =>
    error.code === "cancelled" ? retold(error, { kind: "timeout", fault: "provider" }, true, "upstream_timeout") : error,
  )),
  mutant("sends though the signal has fired", ["M46"], changeCall((request, options) => [
    request,
    options.signal.aborted ? { ...options, signal: deaf } : options,
  ])),
  mutant("goes on listening", ["M47"], changeCall((request, options) => {
    options.signal.addEventListener("abort", () => undefined);
    return [request, options];
  })),
  mutant("does not hear the signal", ["M44", "M45", "M54"], {
    ...changeCall((request, options) => [request, { ...options, signal: deaf }]),
    // A limit of its own keeps its run short.
    ...changeFetch((url, init) => [url, { ...init, signal: AbortSignal.timeout(patienceMs) }]),
  }),
];

/** One fault each; together they prove that every rule of the contract bites. */
export const chatModelMutants: readonly Mutant<ChatModelSubject>[] = [
  ...answerMutants,
  ...streamMutants,
  ...requestMutants,
  ...failureMutants,
  ...cancelMutants,
];
