import {
  answerHeaders,
  type CallEnded,
  failureOfError,
  type Metered,
  moneyHeaders,
  type RelayEvent,
  type StoredAnswer,
  TenantryError,
} from "@tenantry/core";
import { type Headers, send } from "../http/send.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { createClientSink } from "./client-sink.ts";
import type { Claim } from "./idempotency.ts";
import { type Incoming, refuse } from "./incoming.ts";
import type { Pace } from "./pace.ts";
import type { DataPlanePorts } from "./ports.ts";

/** An answer on its way to a caller. */
export interface Delivery {
  readonly incoming: Incoming;
  readonly claim: Claim;
  readonly showCost: boolean;
  /** In whose frames a failure in the middle of a stream is told. */
  readonly translation: Protocol | null;
  /** Of a stream: told what the caller's connection has taken. */
  readonly pace: Pace;
}

type Answering = Extract<Metered<RelayEvent>, { kind: "answering" }>;

/** An answer in one piece: it waits until its cost is known, which is told in a header. */
export async function deliverWhole(ports: DataPlanePorts, delivery: Delivery, metered: Answering): Promise<CallEnded> {
  const { incoming, claim } = delivery;
  const parts: Uint8Array[] = [];
  let head: Extract<RelayEvent, { type: "head" }> | null = null;
  let failure: unknown = null;
  try {
    for await (const event of metered.events) {
      if (event.type === "head") head = event;
      else parts.push(event.bytes);
    }
  } catch (thrown) {
    failure = thrown;
  }
  const ended = await metered.ended;
  if (ended.error !== null || failure !== null || head === null) {
    await claim.finish(null);
    refuse(incoming, failureOfError(TenantryError.from(ended.error ?? failure ?? "an answer without a head")));
    return ended;
  }
  const headers = answerHeaders(metered, head.headers, ports.clock.now());
  Object.assign(headers, moneyHeaders(ended, delivery.showCost));
  const body = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  await claim.finish({ callId: metered.callId, status: head.status, headers, body });
  send(incoming.res, head.status, headers, body);
  return ended;
}

/** An answer piece by piece, as it comes. The end of the socket waits for the line, as the last event does (R2). */
export async function deliverStream(ports: DataPlanePorts, delivery: Delivery, metered: Answering): Promise<CallEnded> {
  const { incoming, claim, pace } = delivery;
  const { req, res } = incoming;
  const sink = createClientSink(res, ports.options.stallMs);
  const kept = claim.keeps ? createRecording(ports.options.keptBytes) : null;
  const wantsTrailers = /\btrailers\b/i.test(String(req.headers.te ?? ""));
  let head: { readonly status: number; readonly headers: Headers } | null = null;
  let failure: unknown = null;
  try {
    for await (const event of metered.events) {
      if (event.type === "head") {
        head = { status: event.status, headers: answerHeaders(metered, event.headers, ports.clock.now()) };
        begin(delivery, head, wantsTrailers);
        continue;
      }
      kept?.add(event.bytes);
      const room = sink.write(event.bytes);
      if (room !== true && !(await room)) break;
      pace.given(event.bytes.byteLength);
    }
  } catch (thrown) {
    failure = thrown;
  }
  const ended = await metered.ended;
  const error = ended.error ?? (failure === null ? null : TenantryError.from(failure));
  if (error !== null || head === null) {
    await claim.finish(null);
    endBroken(
      delivery,
      error ?? new TenantryError("internal", "an answer without a head", { publicMessage: "internal error" }),
    );
    return ended;
  }
  const money = moneyHeaders(ended, delivery.showCost);
  if (req.headers["x-tenantry-report"] === "comment") {
    const comment = Buffer.from(reportComment(metered, money));
    kept?.add(comment);
    await sink.write(comment);
  }
  const body = kept?.bytes() ?? null;
  // Given again it is whole, so that its cost can stand in front.
  const headers = { ...head.headers, ...money };
  await claim.finish(body === null ? null : { callId: metered.callId, status: head.status, headers, body });
  if (wantsTrailers && !res.destroyed) res.addTrailers({ ...money });
  res.end();
  return ended;
}

function begin(
  { incoming, showCost }: Delivery,
  head: { readonly status: number; readonly headers: Headers },
  wantsTrailers: boolean,
): void {
  const { res } = incoming;
  if (res.destroyed) return;
  res.writeHead(head.status, {
    ...head.headers,
    ...(wantsTrailers ? { trailer: `x-tenantry-charge-usd${showCost ? ", x-tenantry-cost-usd" : ""}` } : {}),
  });
  // With the first bytes when they are there, alone when the model takes its time.
  setImmediate(() => {
    if (!res.destroyed && !res.writableEnded) res.flushHeaders();
  });
}

/** A comment of server-sent events, which every client skips: https://html.spec.whatwg.org/multipage/server-sent-events.html. */
function reportComment({ callId, attempts }: Answering, money: Headers): string {
  return `: tenantry ${JSON.stringify({ callId, attempts, chargeUsd: money["x-tenantry-charge-usd"] ?? null })}\n\n`;
}

/** Tells of a failure in the frames of the stream, or in a whole answer while there is no stream yet. */
function endBroken({ incoming, translation }: Delivery, error: TenantryError): void {
  const { res, note } = incoming;
  const failure = failureOfError(error);
  if (!res.headersSent) {
    refuse(incoming, failure);
    return;
  }
  note.code = failure.code;
  if (res.destroyed) return;
  if (translation !== null) {
    const { status, code, message, param } = failure;
    const requestId = note.callId ?? "";
    const facts = { id: requestId, model: note.model ?? "", createdAt: 0 };
    const frames = translation
      .openStream(facts, { usageInStream: false })
      .fail({ status, code, message, param, requestId });
    // The provider may have stopped in the middle of a line.
    res.write(`\n\n${frames}`);
  }
  res.end();
}

interface Recording {
  add(bytes: Uint8Array): void;
  /** Null when it was too long to keep. */
  bytes(): Uint8Array | null;
}

function createRecording(mostBytes: number): Recording {
  let parts: Uint8Array[] = [];
  let length = 0;
  return {
    add(bytes) {
      length += bytes.byteLength;
      if (length <= mostBytes) parts.push(bytes);
      else parts = [];
    },
    bytes: () => (length > mostBytes ? null : Buffer.concat(parts)),
  };
}

/** The answer again, byte by byte. */
export function replay({ res, note }: Incoming, answer: StoredAnswer): void {
  note.callId = answer.callId;
  note.code = "replayed";
  send(res, answer.status, { ...answer.headers, "x-tenantry-replayed": "true" }, answer.body);
}
