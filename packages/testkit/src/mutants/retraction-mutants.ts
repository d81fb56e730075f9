import type { CallRecord, LedgerLine } from "@tenantry/core";
import { createMemoryUsageStore, type MemoryState } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { UsageStoreSubject } from "../usage-store/subject.ts";
import { type UsageChange, usageMutant } from "./memory-usage-mutant.ts";

/** A store whose retractions leave some of it in the answers of one question. */
function forgetsIn(
  questions: readonly ("usage" | "sla" | "calls" | "lines")[],
  change: (state: MemoryState) => MemoryState = (state) => ({ ...state, retractions: new Map() }),
): UsageChange {
  return (store, { state }) => {
    const seen = (): typeof store => createMemoryUsageStore({ state: change(state) });
    return {
      ...(questions.includes("usage") && { usage: async (scope, query) => await seen().usage(scope, query) }),
      ...(questions.includes("sla") && { sla: async (scope, query) => await seen().sla(scope, query) }),
      ...(questions.includes("calls") && { calls: async (scope, query) => await seen().calls(scope, query) }),
      ...(questions.includes("lines") && { lines: async (scope, query) => await seen().lines(scope, query) }),
    };
  };
}

function changing(
  state: MemoryState,
  change: (of: LedgerLine) => LedgerLine,
  alter: (of: CallRecord) => CallRecord,
): MemoryState {
  return {
    ...state,
    lines: new Map([...state.lines].map(([id, line]) => [id, change(line)])),
    calls: new Map([...state.calls].map(([id, call]) => [id, alter(call)])),
  };
}

/** Ledgers that take a call back otherwise than the contract says. */
export const retractionMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant("takes nothing back", ["U40", "U41", "U42", "U43", "U45", "U46"], () => ({ retract: async () => {} })),
  usageMutant("leaves a retracted call in the sums", ["U40", "U46"], forgetsIn(["usage"])),
  usageMutant("leaves a retracted call in the service level", ["U40", "U46"], forgetsIn(["sla"])),
  usageMutant("leaves a retracted call in the list of calls", ["U40", "U46"], forgetsIn(["calls"])),
  usageMutant("leaves retracted lines in the list of lines", ["U40"], forgetsIn(["lines"])),
  usageMutant(
    "leaves a retracted call's latency in the sketch",
    ["U40", "U46"],
    forgetsIn(["sla"], (state) => {
      const gone = [...state.calls.values()].filter(({ callId }) => state.retractions.has(callId));
      const standing = [...state.calls.values()].filter(({ callId }) => !state.retractions.has(callId));
      const slowest = gone.reduce((most, { latencyMs }) => Math.max(most, latencyMs ?? 0), 0);
      const calls = standing.map((call) => [
        call.callId,
        call.latencyMs === null ? call : { ...call, latencyMs: Math.max(call.latencyMs, slowest) },
      ]);
      return { ...state, calls: new Map(calls as [string, CallRecord][]) };
    }),
  ),
  usageMutant("takes a call out of the sums of everything, and not of its features", ["U46"], (store, { state }) => ({
    async usage(scope, query) {
      if (!query.groupBy.includes("featureUsed")) return await store.usage(scope, query);
      return await createMemoryUsageStore({ state: { ...state, retractions: new Map() } }).usage(scope, query);
    },
  })),
  usageMutant(
    "takes back the line a correction replaced, and leaves the correction",
    ["U40", "U46"],
    forgetsIn(["usage"], (state) =>
      changing(
        state,
        (line) => (line.supersedes === null ? line : { ...line, callId: `${line.callId}/late`, supersedes: null }),
        (call) => call,
      ),
    ),
  ),
  usageMutant("forgets what it took back", ["U41"], (store, { state }) => ({
    async call(scope, callId) {
      return state.retractions.has(callId) ? null : await store.call(scope, callId);
    },
  })),
  usageMutant("does not say what a call turned out to be", ["U41", "U42"], (store) => ({
    async call(scope, callId) {
      const detail = await store.call(scope, callId);
      return detail === null ? null : { call: detail.call, lines: detail.lines };
    },
  })),
  usageMutant("shows a retracted call to everybody", ["U41"], (store, { state }) => ({
    call: async (scope, callId) =>
      await store.call(state.retractions.has(callId) ? { kind: "installation" } : scope, callId),
  })),
  usageMutant("lets the last retraction win", ["U42"], (store, { state }) => ({
    async retract(retraction) {
      const known = state.retractions.get(retraction.callId);
      if (known?.tenantId === retraction.tenantId) state.retractions.set(retraction.callId, retraction);
      else await store.retract(retraction);
    },
  })),
  usageMutant("takes back another tenant's call", ["U42"], (store, { state }) => ({
    async retract(retraction) {
      const tenantId = state.calls.get(retraction.callId)?.tenantId ?? retraction.tenantId;
      await store.retract({ ...retraction, tenantId });
    },
  })),
  usageMutant("takes back calls of ours", ["U42"], (store, { state }) => ({
    async retract(retraction) {
      if (state.calls.get(retraction.callId)?.tenantId === retraction.tenantId && !state.readOnly)
        state.retractions.set(retraction.callId, state.retractions.get(retraction.callId) ?? retraction);
      else await store.retract(retraction);
    },
  })),
  usageMutant("gives nothing back to an allowance", ["U43"], (store, { state }) => ({
    settle: async (settlement) =>
      await createMemoryUsageStore({ state: { ...state, retractions: new Map() } }).settle(settlement),
  })),
  usageMutant("gives back what replaced lines drew, too", ["U43"], (store, { state }) => ({
    async retract(retraction) {
      await store.retract(retraction);
      const ids = [...state.lines.values()].filter(({ callId }) => callId === retraction.callId);
      const replaced = ids.find(({ lineId }) => ids.some(({ supersedes }) => supersedes === lineId));
      const covered = replaced?.allowance?.covered ?? 0n;
      const other = [...state.lines.values()].find(
        ({ callId, allowance }) => allowance !== undefined && !state.retractions.has(callId),
      );
      if (other?.allowance === undefined || covered === 0n) return;
      const allowance = { ...other.allowance, covered: other.allowance.covered - covered };
      state.lines.set(other.lineId, { ...other, allowance });
    },
  })),
  usageMutant("lets a late fact bring a retracted call back", ["U44"], (store, { state }) => ({
    async settle(settlement) {
      const callId = settlement.line?.callId ?? "";
      const isKnown = state.lines.has(settlement.line?.lineId ?? "");
      if (!isKnown && state.retractions.get(callId)?.tenantId === settlement.line?.tenantId)
        state.retractions.delete(callId);
      return await store.settle(settlement);
    },
  })),
  usageMutant("keeps what is settled for a retracted call among its lines", ["U44"], (store, { state }) => ({
    async settle(settlement) {
      const { line } = settlement;
      const stored = await store.settle(settlement);
      if (line !== null && state.retractions.has(line.callId) && !state.lines.has(line.lineId)) {
        state.lines.set(line.lineId, line);
      }
      return stored;
    },
  })),
  usageMutant("refuses every tenant's lines of a retracted call's id", ["U44"], (store, { state }) => ({
    async settle(settlement) {
      const { line } = settlement;
      return line !== null && state.retractions.has(line.callId) ? line : await store.settle(settlement);
    },
  })),
  usageMutant("retracts and then fails", ["U45"], (store, { state }) => ({
    async retract(retraction) {
      const { readOnly } = state;
      state.readOnly = false;
      await store.retract(retraction);
      state.readOnly = readOnly;
      if (readOnly) await store.retract(retraction);
    },
  })),
  usageMutant("retracts nothing while it cannot write, and says it did", ["U45"], (store, { state }) => ({
    async retract(retraction) {
      if (!state.readOnly) await store.retract(retraction);
    },
  })),
];
