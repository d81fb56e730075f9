import { failureOfError, type Metered, moneyHeaders, type RelayEvent, TenantryError } from "@tenantry/core";
import type { Protocol } from "./protocols/protocol.ts";
import { refusal } from "./refusal.ts";

type Headers = Readonly<Record<string, string>>;

/** An answer that has begun. */
export interface Answer {
  readonly metered: Extract<Metered<RelayEvent>, { kind: "answering" }>;
  readonly protocol: Protocol;
  readonly operation: string;
  readonly signal: AbortSignal;
  /** The head of the response, from the provider's. */
  readonly headersFor: (provider: Headers) => Record<string, string>;
}

/** An answer in one piece: it waits until its cost is known, which is told in a header. */
export async function wholeAnswer(answer: Answer, showCost: boolean): Promise<Response> {
  const { metered, protocol, signal, headersFor } = answer;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let head: Extract<RelayEvent, { type: "head" }> | null = null;
  try {
    for await (const event of metered.events) {
      if (event.type === "head") head = event;
      else parts.push(event.bytes as Uint8Array<ArrayBuffer>);
    }
  } catch {
    // `ended` tells the same error.
  }
  const ended = await metered.ended;
  if (ended.error !== null || head === null) {
    signal.throwIfAborted();
    return refusal(protocol, failureOfError(ended.error ?? headless()), { callId: metered.callId });
  }
  const headers = { ...headersFor(head.headers), ...moneyHeaders(ended, showCost) };
  const body = parts.length === 1 ? parts[0] : new Blob(parts);
  return new Response(body ?? null, { status: head.status, headers });
}

/**
 * An answer piece by piece, as it comes. The use case holds its last event back until the line is durable (R2). Who
 * cancels the body aborts the call.
 */
export async function streamedAnswer(answer: Answer): Promise<Response> {
  const { metered, headersFor } = answer;
  const events = metered.events[Symbol.asyncIterator]();
  const first = await events.next();
  if (first.done === true || first.value.type !== "head") throw headless();
  const { status, headers } = first.value;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => await pullNext(answer, events, controller),
      async cancel() {
        await events.return?.();
        await metered.ended;
      },
    },
    // Reading ahead is the queue's task, whose writer measures the latency.
    { highWaterMark: 0 },
  );
  return new Response(body, { status, headers: headersFor(headers) });
}

async function pullNext(
  answer: Answer,
  events: AsyncIterator<RelayEvent>,
  controller: ReadableStreamDefaultController<Uint8Array>,
): Promise<void> {
  try {
    const next = await events.next();
    if (next.done !== true) {
      if (next.value.type === "bytes") controller.enqueue(next.value.bytes);
      return;
    }
    controller.close();
  } catch (thrown) {
    if (answer.signal.aborted) {
      controller.error(answer.signal.reason);
      return;
    }
    controller.enqueue(new TextEncoder().encode(failureText(answer, TenantryError.from(thrown))));
    controller.close();
  }
}

/** A failure in the words of the stream. The provider may have stopped in the middle of a line. */
function failureText({ metered, protocol, operation }: Answer, error: TenantryError): string {
  const { status, code, message, param } = failureOfError(error);
  const facts = { status, code, message, param, requestId: metered.callId };
  const { name, data } = protocol.failureEvent(operation, facts);
  return `\n\n${name === null ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function headless(): TenantryError {
  return new TenantryError("internal", "an answer without a head", { publicMessage: "internal error" });
}
