import { amountPico } from "../billing/amount-pico.ts";
import type { InvoiceBook } from "../billing/invoice.ts";
import type { TokenCounts } from "../billing/token-counts.ts";
import type { Fault } from "../faults/fault-plan.ts";
import type { Pace } from "../faults/latency.ts";
import type { Exchange } from "./exchange.ts";
import { pause, resetConnection, sendError, sendJson, successHeaders } from "./exchange.ts";
import type { StreamFrame } from "./send-stream.ts";
import { sendStream } from "./send-stream.ts";
import { defaultMessage, VendorError } from "./vendor-error.ts";
import type { Work, WorkChanges } from "./work.ts";
import { billedSoFar, noChanges } from "./work.ts";

/** What a fault asks of the answer before it is generated. */
export function changesOf(fault: Fault | null): WorkChanges {
  switch (fault?.kind) {
    case "usage-missing":
      return { ...noChanges, usage: "missing" };
    case "usage-lies":
      return { ...noChanges, usage: { factor: fault.factor ?? 2 } };
    case "cached-tokens":
      return { ...noChanges, cachedTokens: fault.n };
    case "other-model":
      return { ...noChanges, otherModel: fault.model };
    case "refusal":
      return { ...noChanges, refusal: true };
    case "length":
      return { ...noChanges, cutShort: true };
    default:
      return noChanges;
  }
}

/** Bills at most once: the first call decides. */
type Settle = (tokens: TokenCounts) => void;

function createSettle(exchange: Exchange, work: Work, book: InvoiceBook): Settle {
  let settled = false;
  return (tokens) => {
    if (settled) return;
    settled = true;
    book.add({
      provider: exchange.provider,
      endpoint: exchange.endpoint,
      model: work.modelName,
      responseId: work.responseId,
      clientRequestId: exchange.clientRequestId,
      occurredAt: exchange.receivedAtMs,
      tokens,
      amountPico: amountPico(work.billedFamily, tokens),
    });
  };
}

/** Faults that end a call before any work is done; true when one did. */
export function refuseEarly(exchange: Exchange, fault: Fault | null): boolean {
  switch (fault?.kind) {
    case "status": {
      const { status, code, message, retryAfterMs } = fault;
      const text = message ?? defaultMessage(exchange.provider, status);
      const detail = {
        ...(code === undefined ? {} : { code }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      };
      sendError(exchange, new VendorError(status, text, detail));
      return true;
    }
    case "reset":
      resetConnection(exchange);
      return true;
    case "hang":
      return true;
    default:
      return false;
  }
}

function breakFrames(frames: Iterable<StreamFrame>, at: number): Iterable<StreamFrame> {
  return (function* () {
    let index = 0;
    for (const frame of frames) {
      const broken = index === at;
      index += 1;
      yield broken ? { ...frame, text: frame.text.replace(/\}\s*$/, "\n\n") } : frame;
    }
  })();
}

async function serveStream(
  exchange: Exchange,
  work: Work,
  frames: Iterable<StreamFrame>,
  fault: Fault | null,
  pace: Pace,
  settle: Settle,
): Promise<void> {
  const cut = fault?.kind === "stream-cut" ? fault : null;
  // Both were generated whole, whatever the caller could make of them.
  if (fault?.kind === "broken-json" || (cut && cut.generated !== "sent")) settle(work.billed);
  const result = await sendStream(exchange, {
    frames: fault?.kind === "broken-json" ? breakFrames(frames, 1) : frames,
    totalTokens: work.visibleTokens,
    pace,
    cutAfterEvents: cut ? cut.afterEvents : null,
    onComplete: () => settle(work.billed),
  });
  const whole = result.completed || fault?.kind === "keeps-generating";
  settle(whole ? work.billed : billedSoFar(work, result.sentTokens, result.sentEvents));
}

async function serveWhole(exchange: Exchange, work: Work, fault: Fault | null, settle: Settle): Promise<void> {
  const { res } = exchange;
  if (res.destroyed) {
    settle(fault?.kind === "keeps-generating" ? work.billed : billedSoFar(work, 0, 0));
    return;
  }
  const text = work.json();
  if (fault?.kind === "stream-cut") {
    settle(fault.generated === "sent" ? billedSoFar(work, 0, 0) : work.billed);
    res.writeHead(200, { "content-type": "application/json", ...successHeaders(exchange) });
    res.write(text.slice(0, Math.floor(text.length / 2)), () => res.socket?.destroySoon());
    return;
  }
  settle(work.billed);
  sendJson(exchange, fault?.kind === "broken-json" ? text.slice(0, -1) : text);
}

/** Sends finished work at its pace, with its fault, and bills it exactly once. */
export async function serveWork(
  exchange: Exchange,
  work: Work,
  fault: Fault | null,
  pace: Pace,
  book: InvoiceBook,
): Promise<void> {
  const settle = createSettle(exchange, work, book);
  if (fault?.kind === "billed-then-reset" || fault?.kind === "billed-then-status") {
    settle(work.billed);
  }
  const slowMs = fault?.kind === "slow" ? fault.ms : 0;
  await pause(exchange, slowMs + (work.frames ? pace.firstByteMs : pace.wholeMs));
  if (fault?.kind === "billed-then-reset") return resetConnection(exchange);
  if (fault?.kind === "billed-then-status") {
    const status = fault.status ?? 500;
    const message = fault.message ?? defaultMessage(exchange.provider, status);
    return sendError(exchange, new VendorError(status, message));
  }
  if (work.frames) return serveStream(exchange, work, work.frames(), fault, pace, settle);
  return serveWhole(exchange, work, fault, settle);
}
