import type { ChatEvent } from "@tenantry/core";
import type { ChatModelSubject } from "../chat-model/subject.ts";
import type { Mutant } from "../contract.ts";
import { changeBody, changeEvents, rewriteStream, type Fault } from "./chat-model-faults.ts";
import { chatModelMutant, patienceMs } from "./chat-model-mutant.ts";
import type { ReferenceParts } from "./chat-model-reference.ts";

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

async function pause(ms: number): Promise<"paused"> {
  return await new Promise((resolve) => setTimeout(() => resolve("paused"), ms).unref());
}

/** Reads an iterator by hand and forgets to return it. */
const neverReturned: Fault = rewriteOnly(async function* (events) {
  const iterator = events[Symbol.asyncIterator]();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
});

/** What every plain generator does. */
const returnedBetweenEvents: Fault = rewriteOnly(async function* (events) {
  yield* events;
});

function rewriteOnly(rewrite: (events: AsyncIterable<ChatEvent>) => AsyncIterable<ChatEvent>): Fault {
  return { wrap: (model) => ({ ...model, stream: async (...call) => rewrite(await model.stream(...call)) }) };
}

const decodePerChunk: ReferenceParts["decode"] = async function* (body) {
  for await (const bytes of body) {
    for (const line of new TextDecoder().decode(bytes).split("\n")) {
      if (line.startsWith("data: ")) yield line.slice(6);
    }
  }
};

export const streamMutants: readonly Mutant<ChatModelSubject>[] = [
  chatModelMutant(
    "trims streamed pieces",
    ["M14"],
    changeEvents(() => (event) => (event.type === "text" ? [{ type: "text", text: event.text.trim() }] : [event])),
  ),
  chatModelMutant(
    "ends before the last usage",
    ["M15"],
    rewriteStream(async function* (events) {
      let usage: ChatEvent | null = null;
      for await (const event of events) {
        if (event.type === "usage") usage = event;
        else yield event;
      }
      if (usage !== null) yield usage;
    }),
  ),
  chatModelMutant(
    "starts again with every piece",
    ["M15"],
    changeEvents(() => {
      let start: ChatEvent | null = null;
      return (event) => {
        if (event.type === "start") start = event;
        return event.type === "text" && start !== null ? [start, event] : [event];
      };
    }),
  ),
  chatModelMutant(
    "adds usage reports up",
    ["M16"],
    changeEvents(() => {
      let input = 0;
      return (event) => {
        if (event.type !== "usage" || event.usage === null) return [event];
        input += event.usage.tokens.input;
        return [{ type: "usage", usage: { ...event.usage, tokens: { ...event.usage.tokens, input } } }];
      };
    }),
  ),
  chatModelMutant(
    "lets an earlier report stand when the last cannot be read",
    ["M6"],
    changeEvents(() => (event) => (event.type === "usage" && event.usage === null ? [] : [event])),
  ),
  chatModelMutant(
    "does not ask for usage",
    ["M16"],
    changeBody(({ usage_in_stream: _dropped, ...body }) => body),
  ),
  chatModelMutant("hands a stream on when it is complete", ["M17"], buffered()),
  chatModelMutant("decodes every chunk by itself", ["M18"], { parts: { decode: decodePerChunk } }),
  chatModelMutant(
    "gives every tool call index 0",
    ["M19"],
    changeEvents(() => (event) => (event.type === "tool-call" ? [{ ...event, index: 0 }] : [event])),
  ),
  chatModelMutant("leaves the connection open when nobody reads on", ["M20"], neverReturned),
  chatModelMutant("hears an early end only between two events", ["M20"], returnedBetweenEvents),
  chatModelMutant("refuses a stream only when it is read", ["M21"], {
    wrap: (model) => ({
      ...model,
      stream: async (...call) =>
        (async function* () {
          yield* await model.stream(...call);
        })(),
    }),
  }),
];
