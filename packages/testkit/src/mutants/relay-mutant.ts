import {
  TenantryError,
  type Exchange,
  type Reading,
  type Relay,
  type RelayEvent,
  type RelayMessage,
  type RelayParts,
} from "@tenantry/core";
import type { Mutant } from "../contract.ts";
import { openRelaySubject, type RelaySubject, type RelaySubjectOptions } from "../relay/subject.ts";
import { patienceMs } from "./chat-model-mutant.ts";
import { createReferenceChatModel } from "./chat-model-reference.ts";
import { referenceDialect } from "./chat-model-reference-dialect.ts";
import { createReferenceRelay } from "./relay-reference.ts";
import { createReferenceSender } from "./relay-reference-http.ts";

/** What a mutant does to the reference relay: parts replaced inside, or a wrapper around it. */
export interface RelayFault {
  readonly parts?: (baseUrl: string, maxConnections: number) => Partial<RelayParts>;
  readonly wrap?: (relay: Relay) => Relay;
}

/** The reference relay, with one fault or with none. */
export function referenceRelaySubject({ parts, wrap = (relay) => relay }: RelayFault = {}): RelaySubjectOptions {
  return {
    dialect: referenceDialect,
    operation: "chat",
    changed: { outputLimit: "limit", usage: "usage_in_stream", store: "keep", names: ["cache"] },
    crossing: ["reference-version"],
    create: (baseUrl, maxConnections = 64) =>
      wrap(createReferenceRelay(baseUrl, maxConnections, parts?.(baseUrl, maxConnections))),
    createModel: createReferenceChatModel,
  };
}

/** A reference relay with one fault, and the rules that must catch it. */
export function relayMutant(name: string, kills: readonly string[], fault: RelayFault): Mutant<RelaySubject> {
  return { name, kills, open: async () => await openRelaySubject(referenceRelaySubject(fault)) };
}

/** Changes what goes over the wire. */
export function changeMessage(change: (message: RelayMessage) => RelayMessage): RelayFault {
  return {
    parts: (baseUrl, maxConnections) => {
      const send = createReferenceSender(baseUrl, maxConnections);
      return { send: async (message) => await send(change(message)) };
    },
  };
}

/** For mutants that wait for what never comes: every exchange is broken off after a while, which keeps their runs short. */
export function impatient(fault: RelayFault): RelayFault {
  return { ...fault, parts: (baseUrl, most) => ({ send: createReferenceSender(baseUrl, most, patienceMs) }) };
}

export function changeBody(change: (body: Record<string, unknown>) => unknown): RelayFault {
  return changeMessage((message) => ({
    ...message,
    body: JSON.stringify(change(JSON.parse(message.body) as Record<string, unknown>)),
  }));
}

/** Changes how an opened answer comes. */
export function changeExchange(change: (exchange: Exchange<RelayEvent>) => Exchange<RelayEvent>): RelayFault {
  return { wrap: (relay) => ({ ...relay, open: async (...call) => change(await relay.open(...call)) }) };
}

/** Replaces each event by any number of others. */
export function changeEvents(change: (event: RelayEvent) => readonly RelayEvent[]): RelayFault {
  return changeExchange(({ events, reading }) => {
    const ready: RelayEvent[] = [];
    return {
      reading,
      events: {
        async next() {
          while (ready.length === 0) {
            const next = await events.next();
            if (next.done === true) return next;
            ready.push(...change(next.value));
          }
          return { done: false, value: ready.shift() as RelayEvent };
        },
        return: async () => (await events.return?.()) ?? { done: true, value: undefined },
      },
    };
  });
}

export function changeBytes(change: (text: string) => string): RelayFault {
  return changeEvents((event) =>
    event.type === "head"
      ? [event]
      : [{ type: "bytes", bytes: Buffer.from(change(Buffer.from(event.bytes).toString("utf8"))) }],
  );
}

/** Tells something else of the answer, each time it is looked at. */
export function changeReading(change: (reading: Reading) => Partial<Reading>): RelayFault {
  return changeExchange(({ events, reading }) => ({
    events,
    reading: new Proxy(reading, {
      get(target, name: keyof Reading) {
        const changed = change(target);
        return name in changed ? changed[name] : target[name];
      },
    }),
  }));
}

/** Replaces what is thrown, when an answer is opened and while it is read. */
export function changeFailure(change: (error: TenantryError) => unknown): RelayFault {
  const rethrow = (thrown: unknown): never => {
    throw TenantryError.is(thrown) ? change(thrown) : thrown;
  };
  return {
    wrap: (relay) => ({
      ...relay,
      async open(...call) {
        const { events, reading } = await relay.open(...call).catch(rethrow);
        const next = async (): Promise<IteratorResult<RelayEvent>> => await events.next().catch(rethrow);
        return { reading, events: { ...events, next } };
      },
    }),
  };
}

/** Sends what another relay than the one that was asked would send. */
export function changeCall(change: (...call: Parameters<Relay["open"]>) => Parameters<Relay["open"]>): RelayFault {
  return { wrap: (relay) => ({ ...relay, open: async (...call) => await relay.open(...change(...call)) }) };
}
