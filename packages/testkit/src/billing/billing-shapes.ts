import assert from "node:assert/strict";
import {
  type ChatModel,
  costOf,
  type Price,
  type Relay,
  type RelayOptions,
  TenantryError,
  type Tokens,
  tokensOf,
  totalTokens,
  type Usage,
} from "@tenantry/core";
import { describe, it } from "vitest";
import { openWireServer, type WireReply, type WireServer } from "../wire/wire-server.ts";
import { handCalculation } from "./hand-calculation.ts";

/** What a provider sends back: one JSON object, or a stream of events as they stand on the wire. */
export type ShapedAnswer =
  | { readonly whole: unknown }
  | { readonly events: readonly string[] }
  /** A stream whose connection ends in the middle. */
  | { readonly cutAfter: readonly string[] };

/** An answer in the shape its vendor documents, and what the vendor bills for it. */
export interface BillingShape {
  readonly name: string;
  /** The pages it was written after, and when they were read. */
  readonly source: string;
  readonly operation: string;
  /** Fields the request needs beside its prompt. */
  readonly request?: Readonly<Record<string, unknown>>;
  readonly answer: ShapedAnswer;
  /** Null where no report can be relied on: such an attempt is estimated or unknown, never measured. */
  readonly tokens: Partial<Tokens> | null;
  /** The provider's own total of tokens, as it stands in the answer or as its page adds it up. Null with `tokens`. */
  readonly total: number | null;
  /** A calculation by hand (see `handCalculation`), or why there is no cost. */
  readonly bill: string | { readonly unpriced: RegExp } | { readonly unknown: "no-usage" | "cut" };
}

export interface BillingShapesRun {
  readonly shapes: readonly BillingShape[];
  readonly price: Price;
  /** The body of a request for an operation. */
  readonly bodyOf: (operation: string) => Readonly<Record<string, unknown>>;
  readonly createRelay: (origin: string) => Relay;
  readonly createModel: (origin: string) => ChatModel;
  /** The operation that a ChatModel asks for. */
  readonly chatOperation: string;
}

/**
 * Registers a test for each shape and face: the classes are as given, add up to the provider's own total, and cost what
 * was calculated by hand. Both faces speak to a server on loopback that answers with the shape.
 */
export function testBillingShapes(name: string, run: BillingShapesRun): void {
  describe(`${name}: shapes of answers and what they cost`, () => {
    for (const shape of run.shapes) {
      it(`${shape.name}, relayed`, async () => {
        await atServer(shape.answer, async ({ origin }) => check(shape, run, await relayed(shape, run, origin)));
      });
      if (shape.operation !== run.chatOperation) continue;
      it(`${shape.name}, through the SDK`, async () => {
        await atServer(shape.answer, async ({ origin }) => check(shape, run, await asked(shape, run, origin)));
      });
    }
  });
}

interface Seen {
  readonly usage: Usage | null;
  readonly error: unknown;
}

function check(shape: BillingShape, { price }: BillingShapesRun, { usage, error }: Seen): void {
  const { bill, tokens, total } = shape;
  if (typeof bill === "object" && "unknown" in bill) {
    assert.equal(tokens, null);
    if (bill.unknown === "no-usage") {
      assert.equal(error, null);
      assert.equal(usage, null);
      return;
    }
    assert.ok(TenantryError.is(error), `no error but ${String(error)}`);
    assert.equal(error.upstream?.kind, "cut");
    return;
  }
  if (error !== null) throw error;
  assert.ok(usage !== null, "no usage");
  assert.deepEqual(usage.tokens, tokensOf(tokens ?? {}));
  assert.equal(totalTokens(usage.tokens), total);
  const cost = costOf(usage, price);
  if (typeof bill === "object") {
    assert.equal(cost.kind, "unpriced");
    assert.match(cost.kind === "unpriced" ? cost.reason : "", bill.unpriced);
    return;
  }
  assert.equal(cost.kind === "priced" ? cost.amountPico : cost.reason, handCalculation(bill));
}

async function relayed(shape: BillingShape, run: BillingShapesRun, origin: string): Promise<Seen> {
  const { operation, request } = shape;
  const body = JSON.stringify({ ...run.bodyOf(operation), ...(isStreamed(shape) ? { stream: true } : {}), ...request });
  const relay = run.createRelay(origin);
  try {
    const { events, reading } = await relay.open({ operation, headers: {}, body }, sending());
    while ((await events.next()).done !== true);
    return { usage: reading.usage, error: null };
  } catch (error) {
    return { usage: null, error };
  }
}

async function asked(shape: BillingShape, run: BillingShapesRun, origin: string): Promise<Seen> {
  const model = run.createModel(origin);
  const extra = shape.request === undefined ? {} : { extra: shape.request };
  const request = { messages: [{ role: "user", content: "What?" } as const], maxOutputTokens: 4096, ...extra };
  let usage: Usage | null = null;
  try {
    if (!isStreamed(shape)) return { usage: (await model.complete(request, sending())).usage, error: null };
    for await (const event of await model.stream(request, sending())) if (event.type === "usage") usage = event.usage;
    return { usage, error: null };
  } catch (error) {
    return { usage: null, error };
  }
}

function isStreamed({ answer }: BillingShape): boolean {
  return !("whole" in answer);
}

function sending(): RelayOptions {
  const { signal } = new AbortController();
  const whose = { attemptId: "att-1", tenantId: "tenant-1", store: false };
  return { model: "asked-model", maxOutputTokens: 4096, signal, ...whose };
}

async function atServer(answer: ShapedAnswer, use: (server: WireServer) => Promise<void>): Promise<void> {
  const server = await openWireServer();
  try {
    server.play(() => replyOf(answer));
    await use(server);
  } finally {
    await server.close();
  }
}

function replyOf(answer: ShapedAnswer): WireReply {
  const head = (contentType: string): WireReply[number] => ({
    type: "head",
    status: 200,
    headers: { "content-type": contentType },
  });
  if ("whole" in answer) return [head("application/json"), { type: "bytes", bytes: JSON.stringify(answer.whole) }];
  const events = "events" in answer ? answer.events : answer.cutAfter;
  const pieces = events.map((bytes) => ({ type: "bytes", bytes }) as const);
  return [head("text/event-stream"), ...pieces, ...("cutAfter" in answer ? [{ type: "break" } as const] : [])];
}
