import type { Exchange, RelayEvent, Work } from "@tenantry/core";

/** How far a streamed answer may be ahead of its reader. */
export interface Pace {
  /** So much was taken from the provider. */
  read(bytes: number): void;
  /** So much has been given to the caller's connection. */
  given(bytes: number): void;
  /** Resolves when more may be read; undefined when it may be now. */
  room(): Promise<void> | undefined;
}

/** Bytes of one answer that may wait for a slow reader. */
const mostAhead = 1_000_000;

export function createPace(): Pace {
  let ahead = 0;
  let wake: (() => void) | null = null;
  return {
    read(bytes) {
      ahead += bytes;
    },
    given(bytes) {
      ahead -= bytes;
      if (ahead >= mostAhead || wake === null) return;
      wake();
      wake = null;
    },
    room() {
      if (ahead < mostAhead) return undefined;
      return new Promise((resolve) => (wake = resolve));
    },
  };
}

/** The same work, whose provider is read no faster than the caller reads: what waits in between takes memory. */
export function pacedWork(work: Work<RelayEvent>, pace: Pace): Work<RelayEvent> {
  return {
    kind: work.kind,
    streamed: work.streamed,
    size: work.size,
    temperature: work.temperature,
    topP: work.topP,
    get messages() {
      return work.messages;
    },
    get tools() {
      return work.tools ?? [];
    },
    reaches: (target) => work.reaches(target),
    open: async (target, options) => paced(await work.open(target, options), pace),
  };
}

function paced({ reading, events }: Exchange<RelayEvent>, pace: Pace): Exchange<RelayEvent> {
  const next = async (): Promise<IteratorResult<RelayEvent>> => {
    const room = pace.room();
    if (room !== undefined) await room;
    const event = await events.next();
    if (event.done !== true && event.value.type === "bytes") pace.read(event.value.bytes.byteLength);
    return event;
  };
  return {
    reading,
    events: { next, return: async () => (await events.return?.()) ?? { done: true, value: undefined } },
  };
}
