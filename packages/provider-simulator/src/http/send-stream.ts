import type { ServerResponse } from "node:http";
import type { Pace } from "../faults/latency.ts";
import type { Exchange } from "./exchange.ts";
import { pause, successHeaders } from "./exchange.ts";

/** One server-sent event, ready for the wire. */
export interface StreamFrame {
  readonly text: string;
  /** Visible output tokens that the event brings. */
  readonly outputTokens: number;
}

export interface StreamPlan {
  readonly frames: Iterable<StreamFrame>;
  /** Visible output tokens of all frames. */
  readonly totalTokens: number;
  readonly pace: Pace;
  /** The connection ends after so many events. */
  readonly cutAfterEvents: number | null;
  /** Called before the frame that completes the output is sent, so whoever saw the end finds it billed. */
  onComplete(): void;
}

export interface StreamResult {
  readonly completed: boolean;
  /** Visible output tokens handed to the connection. */
  readonly sentTokens: number;
  readonly sentEvents: number;
}

// Without pauses a long answer would be written in one go and an abort never noticed.
const eventsPerTurn = 32;

function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      res.off("drain", finish);
      res.off("close", finish);
      resolve();
    };
    res.on("drain", finish);
    res.on("close", finish);
  });
}

/** Ends the connection without ending the answer: what was written arrives, then nothing. */
function cut(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    res.write("", () => {
      res.socket?.destroySoon();
      resolve();
    });
  });
}

async function breathe(exchange: Exchange, waitMs: number, sentEvents: number): Promise<void> {
  if (waitMs > 0) await pause(exchange, waitMs);
  else if (sentEvents % eventsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
}

/** Sends events at their pace until the end, the cut, or the caller's leaving. */
export async function sendStream(exchange: Exchange, plan: StreamPlan): Promise<StreamResult> {
  const { res } = exchange;
  const perTokenMs = plan.pace.perTokenMs(plan.totalTokens);
  let sentTokens = 0;
  let sentEvents = 0;
  let announced = false;
  const stopped = (): StreamResult => ({ completed: false, sentTokens, sentEvents });
  if (res.destroyed) return stopped();
  res.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    ...successHeaders(exchange),
  });
  for (const frame of plan.frames) {
    if (plan.cutAfterEvents !== null && sentEvents >= plan.cutAfterEvents) {
      await cut(res);
      return stopped();
    }
    await breathe(exchange, frame.outputTokens * perTokenMs, sentEvents);
    if (res.destroyed) return stopped();
    const completes = sentTokens + frame.outputTokens >= plan.totalTokens;
    if (completes && !announced && plan.cutAfterEvents === null) {
      announced = true;
      plan.onComplete();
    }
    const flowing = res.write(frame.text);
    sentEvents += 1;
    sentTokens += frame.outputTokens;
    if (!flowing) await drained(res);
  }
  res.end();
  return { completed: true, sentTokens, sentEvents };
}

/** A server-sent event with a JSON body; the name is left out where the vendor leaves it out. */
export function frame(name: string | null, data: unknown, outputTokens = 0): StreamFrame {
  const head = name === null ? "" : `event: ${name}\n`;
  return { text: `${head}data: ${JSON.stringify(data)}\n\n`, outputTokens };
}
