import type { CallInput, CallRecord, ChatRequest, DenialCount, LimitStates, Tenantry } from "@tenantry/core";
import { claimsFor, formatModelRef } from "@tenantry/core";
import type { App } from "../../src/index.ts";

/** One call as it is to be made. */
export interface PlannedCall {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly streamed: boolean;
  /** Sentences of the prompt. */
  readonly sentences: number;
  readonly maxOutputTokens: number;
  readonly startAfterMs: number;
  /** When the caller gives up: never, so many ms after the start, or after so many events of a stream. */
  readonly leave: { readonly afterMs: number } | { readonly afterEvents: number } | null;
  /** The caller's own deadline. */
  readonly timeoutMs: number | null;
}

/** What became of it. */
export type MadeCall =
  | { readonly kind: "admitted"; readonly callId: string; readonly record: CallRecord }
  | { readonly kind: "denied"; readonly denial: DenialCount }
  /** The caller gave up before admission. */
  | { readonly kind: "never" };

/** Makes all calls at their times and waits until every one is settled. */
export async function makeCalls(tenantry: Tenantry, calls: readonly PlannedCall[]): Promise<readonly MadeCall[]> {
  return await Promise.all(
    calls.map(async (call) => {
      await wait(call.startAfterMs);
      return await makeCall(tenantry, call);
    }),
  );
}

export async function makeCall(tenantry: Tenantry, planned: PlannedCall): Promise<MadeCall> {
  const caller = new AbortController();
  const { leave } = planned;
  const timer = leave !== null && "afterMs" in leave ? setTimeout(() => caller.abort(), leave.afterMs) : null;
  try {
    const input = inputOf(planned, caller.signal);
    const request = requestOf(planned);
    return planned.streamed
      ? await makeStream(tenantry, input, request, leave !== null && "afterEvents" in leave ? leave.afterEvents : null)
      : await makeWhole(tenantry, input, request);
  } catch (error) {
    if (caller.signal.aborted) return { kind: "never" };
    throw error;
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

async function makeWhole(tenantry: Tenantry, input: CallInput, request: ChatRequest): Promise<MadeCall> {
  const result = await tenantry.call(input, request);
  if (result.kind === "denied") return await deniedCall(tenantry, input, result.denial.code);
  return { kind: "admitted", callId: result.callId, record: result.record };
}

async function makeStream(
  tenantry: Tenantry,
  input: CallInput,
  request: ChatRequest,
  leaveAfter: number | null,
): Promise<MadeCall> {
  const result = await tenantry.stream(input, request);
  if (result.kind === "denied") return await deniedCall(tenantry, input, result.denial.code);
  if (result.kind === "failed") return { kind: "admitted", callId: result.callId, record: result.ended.record };
  let events = 0;
  try {
    for await (const _event of result.events) {
      events += 1;
      if (events === leaveAfter) break;
    }
  } catch {
    // `ended` tells the same error.
  }
  return { kind: "admitted", callId: result.callId, record: (await result.ended).record };
}

async function deniedCall(tenantry: Tenantry, input: CallInput, code: DenialCount["code"]): Promise<MadeCall> {
  const { tenantId, userId = null, feature = null } = input;
  const first = (await tenantry.policyOf(tenantId))?.route[0];
  const model = first === undefined ? null : formatModelRef(first);
  return { kind: "denied", denial: { tenantId, userId, feature, model, code, at: Date.now() } };
}

function inputOf(planned: PlannedCall, signal: AbortSignal): CallInput {
  return {
    tenantId: planned.tenantId,
    ...(planned.userId === null ? {} : { userId: planned.userId }),
    ...(planned.sessionId === null ? {} : { sessionId: planned.sessionId }),
    ...(planned.timeoutMs === null ? {} : { timeoutMs: planned.timeoutMs }),
    feature: "answer",
    signal,
  };
}

function requestOf({ sentences, maxOutputTokens }: PlannedCall): ChatRequest {
  const text = Array.from(
    { length: sentences },
    (_, index) => `The bridge number ${index} — größer als zuvor — is closed until May.`,
  );
  return {
    messages: [
      { role: "system", content: "Answer in one sentence." },
      { role: "user", content: `${text.join(" ")} Which way should we go?` },
    ],
    maxOutputTokens,
  };
}

/** Where a tenant's limits stand, as a further call of theirs would find them. */
export async function statesOf(app: Pick<App, "tenantry" | "storage">, tenantId: string): Promise<LimitStates> {
  const policy = await app.tenantry.policyOf(tenantId);
  if (policy === null) throw new Error(`no tenant ${tenantId}`);
  const who = { tenantId, userId: null, sessionId: null, feature: "answer", featuresUsed: [], keyId: null };
  const at = { now: Date.now(), timeZone: "UTC" };
  return await app.storage.limits.peek(claimsFor(policy, who, at, { tokens: 0, costPico: 0n }));
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a number has stood still: providers learn of callers who leave a little later. */
export async function untilStill(read: () => number, quietMs: number = 120): Promise<void> {
  const deadline = performance.now() + 10_000;
  let last = read();
  let since = performance.now();
  while (performance.now() - since < quietMs) {
    if (performance.now() > deadline) throw new Error("something does not come to rest");
    await wait(10);
    const now = read();
    if (now !== last) since = performance.now();
    last = now;
  }
}
