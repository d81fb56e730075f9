import type { App } from "@tenantry/composition";
import { type CallRecord, claimsFor, type LedgerLine, type LimitStates, type Period, reconcile } from "@tenantry/core";
import { expect } from "vitest";
import { type TestGateway, until } from "./gateway.ts";

const always: Period = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2200, 0, 1) };

export interface BookedCall {
  readonly call: CallRecord;
  /** One per attempt, in order. */
  readonly lines: readonly LedgerLine[];
}

/** Every call of every tenant, oldest first. */
export async function readCalls({ reader }: Pick<App, "reader">): Promise<readonly CallRecord[]> {
  const calls: CallRecord[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const query = { period: always, limit: 1000, ...(cursor === undefined ? {} : { cursor }) };
    const page = await reader.calls({ kind: "installation" }, query);
    calls.push(...page.calls);
    cursor = page.nextCursor;
  }
  return calls.toReversed();
}

/** The same with their lines. */
export async function readBooks({ reader }: Pick<App, "reader">): Promise<readonly BookedCall[]> {
  const calls = await readCalls({ reader });
  return await withLines({ reader }, calls);
}

async function withLines(
  { reader }: Pick<App, "reader">,
  calls: readonly CallRecord[],
): Promise<readonly BookedCall[]> {
  const booked: BookedCall[] = [];
  for (const call of calls) {
    const detail = await reader.call({ kind: "installation" }, call.callId);
    booked.push({ call, lines: detail?.lines ?? [] });
  }
  return booked;
}

/** Those since `known` was read. */
async function readFresh(app: Pick<App, "reader">, known: ReadonlySet<string>): Promise<readonly BookedCall[]> {
  return await withLines(
    app,
    (await readCalls(app)).filter(({ callId }) => !known.has(callId)),
  );
}

async function knownIds(app: Pick<App, "reader">): Promise<ReadonlySet<string>> {
  return new Set((await readCalls(app)).map(({ callId }) => callId));
}

/** The ledger against the simulator's invoice, by request (R1). */
export async function reconciled({
  app,
  simulator,
}: Pick<TestGateway, "app" | "simulator">): Promise<ReturnType<typeof reconcile>> {
  const entries = simulator.invoice().lines.map((line) => ({
    entryId: line.id,
    attemptId: line.clientRequestId,
    responseId: line.responseId,
    model: line.model,
    amountPico: line.amountPico,
  }));
  return reconcile(
    (await readBooks(app)).flatMap(({ lines }) => lines),
    entries,
  );
}

/** What a program did, and what stands in the books because of it. */
export interface Watched<Result> {
  readonly result: Result;
  readonly booked: readonly BookedCall[];
}

/**
 * Runs a program of one tenant and holds the books against it: `calls` new calls and no other, all of that tenant, each
 * with as many lines as attempts, and their cost is what the invoice grew by, to the last digit.
 */
export async function booksOf<Result>(
  gateway: Pick<TestGateway, "app" | "simulator">,
  tenantId: string,
  calls: number,
  run: () => Promise<Result>,
): Promise<Watched<Result>> {
  const known = await knownIds(gateway.app);
  const billedBefore = gateway.simulator.invoice().totalPico;
  const result = await run();
  const booked = await readFresh(gateway.app, known);
  expect(booked.map(({ call }) => call.tenantId)).toEqual(Array.from({ length: calls }, () => tenantId));
  for (const { call, lines } of booked) {
    expect(lines).toHaveLength(call.attempts);
    expect(lines.every((line) => line.tenantId === tenantId && line.callId === call.callId)).toBe(true);
  }
  const cost = booked.flatMap(({ lines }) => lines).reduce((sum, { costPico }) => sum + (costPico ?? 0n), 0n);
  expect(cost).toBe(gateway.simulator.invoice().totalPico - billedBefore);
  return { result, booked };
}

/** Where a tenant's limits stand. */
export async function statesOf(
  { tenantry, storage }: Pick<App, "tenantry" | "storage">,
  tenantId: string,
): Promise<LimitStates> {
  const policy = await tenantry.policyOf(tenantId);
  if (policy === null) throw new Error(`no tenant ${tenantId}`);
  const who = { tenantId, userId: null, sessionId: null, feature: null, featuresUsed: [], keyId: null };
  return await storage.limits.peek(
    claimsFor(policy, who, { now: Date.now(), timeZone: "UTC" }, { tokens: 0, costPico: 0n }),
  );
}

/** Nothing of a tenant's money is held and nobody is in flight. */
export async function isAtRest(app: Pick<App, "tenantry" | "storage">, tenantId: string): Promise<boolean> {
  const { budgets, leases } = await statesOf(app, tenantId);
  return budgets.every(({ heldPico }) => heldPico === 0n) && leases.every(({ inFlight }) => inFlight === 0);
}

/** The calls that a program left behind which goes away before its answer ends; waits until they are booked. */
export async function bookedAfter(
  gateway: Pick<TestGateway, "app">,
  run: () => Promise<void>,
): Promise<readonly BookedCall[]> {
  const known = await knownIds(gateway.app);
  await run();
  await until(async () => (await readCalls(gateway.app)).length > known.size);
  return await readFresh(gateway.app, known);
}
