import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { readBooks, reconciled } from "../support/books.ts";
import { openTestGateway, type TestGateway, type TestGatewayOptions } from "../support/gateway.ts";

/** Limits that nothing here runs into, and no attempt that repairs another. */
const roomy = `
tiers:
  roomy:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5, openai/text-embedding-3-small]
    limits: [{ calls: 1000000, per: 1m }, { concurrent: 1000 }]
    budgets: [{ usd: "1000000", within: 24h }]
    maxOutputTokens: 16
    timeout: 10s
    retries: 0
    fixedHold: "0.5"
tenants:
  acme: { tier: roomy }
`;

export async function openHostileGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  return await openTestGateway({ yaml: roomy, ...options });
}

/** What came back for one request. */
export interface Seen {
  readonly what: string;
  readonly status: number;
  readonly text: string;
  readonly callId: string | null;
  /** Whether a provider was asked. */
  readonly wasMade: boolean;
}

export interface Shot {
  /** For the message of a failing test. */
  readonly what: string;
  readonly path: string;
  readonly body: string | Uint8Array;
}

/** Longest any answer here may take; one that takes longer counts as hanging. */
const deadlineMs = 15_000;

export async function shoot({ url, keys }: TestGateway, { what, path, body }: Shot): Promise<Seen> {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${keys["acme"]}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : new Blob([Uint8Array.from(body)]),
    signal: AbortSignal.timeout(deadlineMs),
  });
  return {
    what,
    status: answer.status,
    text: await answer.text(),
    callId: answer.headers.get("x-tenantry-call-id"),
    wasMade: answer.headers.has("x-tenantry-attempts"),
  };
}

/** All shots, a few at a time, in no particular order. */
export async function shootAll(gateway: TestGateway, shots: readonly Shot[], atOnce = 16): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const left = shots.values();
  const worker = async (): Promise<void> => {
    for (const shot of left) seen.push(await shoot(gateway, shot));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return seen;
}

/** What is wrong with an answer to a malformed request; null when it is a proper answer or a refusal that says why. */
export function faultOf({ what, status, text }: Seen): string | null {
  if (status >= 200 && status < 300) return null;
  if (status < 400 || status >= 500) return `${what}: ${status} ${text.slice(0, 200)}`;
  let told: { error?: { message?: unknown; code?: unknown } };
  try {
    told = JSON.parse(text) as typeof told;
  } catch {
    return `${what}: ${status}, and not in an envelope: ${text.slice(0, 200)}`;
  }
  const isTold =
    typeof told.error?.message === "string" && told.error.message !== "" && typeof told.error.code === "string";
  return isTold ? null : `${what}: ${status} without a message or a code: ${text.slice(0, 200)}`;
}

/** The books hold every call that a provider saw and no other; what a provider refused cost nothing (R1). */
export async function expectExactBooks(gateway: TestGateway, seen: readonly Seen[]): Promise<void> {
  const made = new Set(seen.filter(({ wasMade }) => wasMade).map(({ callId }) => callId));
  const booked = await readBooks(gateway.app);
  const fresh = booked.filter(({ call }) => made.has(call.callId));
  expect(booked).toHaveLength(made.size);
  expect(fresh).toHaveLength(made.size);
  const refusals = booked.filter(({ call }) => call.outcome !== "ok").flatMap(({ lines }) => lines);
  expect(refusals.filter(({ costPico }) => costPico !== 0n)).toEqual([]);
  const { balanced, differences } = await reconciled(gateway);
  expect(differences).toEqual([]);
  expect(balanced).toBe(true);
}

/** An ordinary call still works. */
export async function expectAlive(gateway: TestGateway): Promise<void> {
  const body = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Say hello." }] });
  const { status, text } = await shoot(gateway, { what: "an ordinary call", path: "/v1/chat/completions", body });
  expect([status, text]).toEqual([200, expect.stringContaining('"object":"chat.completion"')]);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
}

/** Bytes of live objects, after everything that can be collected was. */
export function liveBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}
