import { usageOf, type RelayEvent } from "@tenantry/core";
import type { RelaySubject } from "../relay/subject.ts";
import type { Mutant } from "../contract.ts";
import { observeReference, readReference } from "./relay-reference.ts";
import { changeBytes, changeEvents, changeExchange, changeReading, impatient, relayMutant } from "./relay-mutant.ts";

/** All bytes so far as one piece, given when `isTime`. */
function gathering(isTime: (text: string) => boolean): (event: RelayEvent) => readonly RelayEvent[] {
  let text = "";
  return (event) => {
    if (event.type === "head") {
      text = "";
      return [event];
    }
    text += Buffer.from(event.bytes).toString("utf8");
    if (!isTime(text)) return [];
    const bytes = Buffer.from(text);
    text = "";
    return [{ type: "bytes", bytes }];
  };
}

export const relayAnswerMutants: readonly Mutant<RelaySubject>[] = [
  relayMutant(
    "writes whole answers anew",
    ["Y1"],
    changeBytes((text) => (text.startsWith("{") ? JSON.stringify(JSON.parse(text)) : text)),
  ),
  relayMutant(
    "tidies line ends",
    ["Y2", "Y3"],
    changeBytes((text) => text.replaceAll("\r\n", "\n")),
  ),
  relayMutant(
    "drops comments",
    ["Y2", "Y8"],
    changeBytes((text) => text.replaceAll(/^:.*\n\n/gm, "")),
  ),
  relayMutant("leaves in what only it asked for", ["Y3"], {
    parts: () => ({
      read(request) {
        const { reading, write } = readReference(request);
        return {
          reading,
          write: (options) => ({ ...write(options), observe: (...seen) => observeReference(false, ...seen) }),
        };
      },
    }),
  }),
  relayMutant(
    "takes the model asked for as the one that answered",
    ["Y4"],
    changeReading(() => ({ model: "model-asked-for" })),
  ),
  relayMutant(
    "loses the answer's id",
    ["Y4"],
    changeReading(() => ({ responseId: null })),
  ),
  relayMutant(
    "takes every answer for finished",
    ["Y4"],
    changeReading(({ finishReason }) => ({ finishReason: finishReason === null ? null : "stop" })),
  ),
  relayMutant(
    "counts cached tokens twice",
    ["Y4"],
    changeReading(({ usage }) => {
      if (usage === null) return {};
      const { tokens } = usage;
      return { usage: { ...usage, tokens: { ...tokens, input: tokens.input + tokens.cacheRead } } };
    }),
  ),
  relayMutant(
    "missing usage is zero",
    ["Y4", "Y5"],
    changeReading(({ usage }) => ({ usage: usage ?? usageOf({}) })),
  ),
  relayMutant(
    "does not keep what was written",
    ["Y6", "Y31"],
    changeReading(() => ({ written: () => "" })),
  ),
  relayMutant(
    "tells everything that was written as the answer",
    ["Y46"],
    changeReading(({ written }) => ({ said: () => ({ text: written(), toolCalls: [] }) })),
  ),
  relayMutant(
    "is complete before the terminal event",
    ["Y7"],
    changeReading(({ finishReason, begun }) => ({ ended: finishReason !== null || begun })),
  ),
  relayMutant(
    "gives the terminal event together with what comes before",
    ["Y7"],
    impatient(
      changeExchange(({ events, reading }) => ({
        reading,
        events: {
          ...events,
          async next() {
            const first = await events.next();
            if (first.done === true || first.value.type === "head") return first;
            const parts = [first.value.bytes];
            while (!reading.ended) {
              const more = await events.next();
              if (more.done === true) break;
              if (more.value.type === "bytes") parts.push(more.value.bytes);
            }
            return { done: false, value: { type: "bytes", bytes: Buffer.concat(parts) } };
          },
        },
      })),
    ),
  ),
  relayMutant(
    "stops reading at the terminal event",
    ["Y8"],
    changeExchange(({ events, reading }) => ({
      reading,
      events: { ...events, next: async () => (reading.ended ? { done: true, value: undefined } : await events.next()) },
    })),
  ),
  relayMutant(
    "gives pieces on when it has many",
    ["Y9"],
    impatient(changeEvents(gathering((text) => text.includes('"close"')))),
  ),
  relayMutant("gives every header back", ["Y10"], {
    parts: () => ({ headersBack: ["content-type", "x-request-id", "set-cookie", "openai-organization"] }),
  }),
  relayMutant("gives no request id back", ["Y10"], { parts: () => ({ headersBack: ["content-type"] }) }),
];
