import { TenantryError } from "@tenantry/core";
import { createMemoryState, createMemoryUsageStore } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import { firstOwner } from "../subjects/memory-limits.ts";
import { openMemoryUsage } from "../subjects/memory-usage.ts";
import type { UsageStoreSubject } from "../usage-store/subject.ts";
import { allowanceMutants } from "./allowance-mutants.ts";
import { miswrites, usageMutant } from "./memory-usage-mutant.ts";
import { retractionMutants } from "./retraction-mutants.ts";

const lineMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant(
    "rounds latencies",
    ["U1"],
    miswrites((line) => ({ ...line, latencyMs: line.latencyMs && Math.round(line.latencyMs) })),
  ),
  usageMutant(
    "drops marks",
    ["U1"],
    miswrites((line) => ({ ...line, marks: [] })),
  ),
  usageMutant(
    "takes no cost for a cost of nothing",
    ["U2"],
    miswrites((line) => ({ ...line, costPico: line.costPico ?? 0n })),
  ),
  usageMutant(
    "takes a cost of nothing for no cost",
    ["U2"],
    miswrites((line) => ({ ...line, costPico: line.costPico || null })),
  ),
  usageMutant(
    "takes an empty text for none",
    ["U2"],
    miswrites((line) => ({ ...line, responseId: line.responseId || null })),
  ),
  usageMutant("lets the last of two equal lines win", ["U3"], (store, { state }) => ({
    async settle(settlement) {
      if (settlement.line !== null) state.lines.delete(settlement.line.lineId);
      return await store.settle(settlement);
    },
  })),
  usageMutant("lets the last of two equal calls win", ["U3"], (store, { state }) => ({
    async settle(settlement) {
      if (settlement.call !== null) state.calls.delete(settlement.call.callId);
      return await store.settle(settlement);
    },
  })),
  usageMutant("drops the call beside a line it knows", ["U3"], (store, { state }) => ({
    async settle(settlement) {
      const isKnown = settlement.line !== null && state.lines.has(settlement.line.lineId);
      return isKnown ? settlement.line : await store.settle(settlement);
    },
  })),
  usageMutant(
    "adds a correction to what it corrects",
    ["U4", "U5"],
    miswrites((line) => ({ ...line, supersedes: null })),
  ),
  usageMutant("deletes what is corrected", ["U4"], (store, { state }) => ({
    async settle(settlement) {
      const stored = await store.settle(settlement);
      state.lines.delete(settlement.line?.supersedes ?? "");
      return stored;
    },
  })),
  usageMutant(
    "corrects only what it has already seen",
    ["U5"],
    miswrites((line, { state }) => ({
      ...line,
      supersedes: state.lines.has(line.supersedes ?? "") ? line.supersedes : null,
    })),
  ),
  usageMutant("loses one of two updates at once", ["U6"], (store, { state }) => ({
    async settle(settlement) {
      const lines = new Map(state.lines);
      await Promise.resolve();
      const stored = await store.settle(settlement);
      if (stored === null) return null;
      lines.set(stored.lineId, stored);
      state.lines.clear();
      for (const [id, line] of lines) state.lines.set(id, line);
      return stored;
    },
  })),
  usageMutant("counts equal denials once", ["U7"], (store, { state }) => ({
    async deny(denial) {
      const isKnown = state.denials.some((known) => JSON.stringify(known) === JSON.stringify(denial));
      if (!isKnown) await store.deny(denial);
    },
  })),
  usageMutant("forgets whom it denied", ["U7"], (store) => ({
    deny: async (denial) => await store.deny({ ...denial, userId: null }),
  })),
  usageMutant(
    "keeps lines' money in floats",
    ["U8"],
    miswrites((line) => ({ ...line, costPico: line.costPico === null ? null : BigInt(Number(line.costPico)) })),
  ),
  usageMutant("sums money in 64 bits", ["U8"], (store) => ({
    usage: async (scope, query) =>
      (await store.usage(scope, query)).map((row) => ({ ...row, costPico: BigInt.asIntN(64, row.costPico) })),
  })),
  usageMutant("sums money in floats", ["U8"], (store) => ({
    usage: async (scope, query) =>
      (await store.usage(scope, query)).map((row) => ({ ...row, costPico: BigInt(Number(row.costPico)) })),
  })),
  usageMutant(
    "folds case and Unicode forms of ids",
    ["U9"],
    miswrites((line) => ({ ...line, userId: line.userId && line.userId.normalize("NFC").toLowerCase() })),
  ),
  usageMutant(
    "cuts long ids",
    ["U9"],
    miswrites((line) => ({ ...line, sessionId: line.sessionId && line.sessionId.slice(0, 64) })),
  ),
];

const intentMutants: readonly Mutant<UsageStoreSubject>[] = [
  usageMutant("opens an attempt again", ["U10"], (store) => ({
    open: async (intent) => await store.open(intent).catch(() => {}),
  })),
  usageMutant("opens an attempt again once it has its line", ["U10"], (store, { state }) => ({
    async open(intent) {
      if (!state.lines.has(intent.attemptId)) await store.open(intent);
    },
  })),
  usageMutant("forgets the intents that have lines", ["U10", "U11", "U13"], (store, { state }) => ({
    async settle(settlement) {
      const line = await store.settle(settlement);
      if (line !== null) state.intents.get(line.callId)?.delete(line.attemptId);
      return line;
    },
  })),
  usageMutant("lists a call's attempts as they were opened", ["U11"], (store, { state }) => ({
    async orphans() {
      const order = (callId: string): string[] => [...(state.intents.get(callId)?.keys() ?? [])];
      return (await store.orphans()).map(({ callId, intents }) => ({
        callId,
        intents: order(callId).flatMap((id) => intents.filter(({ intent }) => intent.attemptId === id)),
      }));
    },
  })),
  usageMutant("forgets the bound of an intent", ["U11"], (store) => ({
    open: async (intent) => await store.open({ ...intent, atMostPico: null }),
  })),
  {
    name: "takes every owner for dead",
    kills: ["U12"],
    open: () => openMemoryUsage((options) => createMemoryUsageStore({ ...options, isAlive: () => false })),
  },
  {
    name: "takes every other owner for dead",
    kills: ["U12"],
    open: () =>
      openMemoryUsage((options) => createMemoryUsageStore({ ...options, isAlive: (owner) => owner === options.owner })),
  },
  usageMutant("finds no orphans", ["U10", "U11", "U12"], () => ({ orphans: async () => [] })),
  usageMutant("keeps closed calls open", ["U12", "U13"], (store, { state }) => ({
    async settle(settlement) {
      const callId = settlement.call?.callId ?? "";
      const intents = state.intents.get(callId);
      const stored = await store.settle(settlement);
      if (intents !== undefined) state.intents.set(callId, intents);
      return stored;
    },
  })),
  usageMutant("settles its own calls only", ["U13"], (store, { state, owner }) => ({
    async settle(settlement) {
      const callId = settlement.call?.callId ?? settlement.line?.callId ?? "";
      const intents = [...(state.intents.get(callId)?.values() ?? [])];
      const isOwn = intents.every((open) => open.owner === owner);
      return isOwn ? await store.settle(settlement) : settlement.line;
    },
  })),
];

const durabilityMutants: readonly Mutant<UsageStoreSubject>[] = [
  {
    name: "keeps everything to its own process",
    kills: ["U1", "U14", "U15"],
    open: () =>
      openMemoryUsage((options) => {
        const state = options.owner === firstOwner ? options.state : createMemoryState();
        return createMemoryUsageStore({ ...options, state });
      }),
  },
  {
    name: "writes sums at leisure and loses them with the process",
    kills: ["U14", "U15"],
    open: () =>
      openMemoryUsage((options) => {
        const sums = createMemoryUsageStore();
        const store = createMemoryUsageStore(options);
        const settle: typeof store.settle = async (settlement) => {
          await sums.settle(settlement);
          return await store.settle(settlement);
        };
        return { ...store, settle, usage: sums.usage };
      }),
  },
  {
    name: "loses denials at the end of the process",
    kills: ["U15"],
    open: () =>
      openMemoryUsage((options) => {
        const denials: (typeof options.state.denials)[number][] = [];
        const store = createMemoryUsageStore(options);
        const usage: typeof store.usage = async (scope, query) =>
          await createMemoryUsageStore({ state: { ...options.state, denials } }).usage(scope, query);
        return { ...store, usage, deny: async (denial) => void denials.push(denial) };
      }),
  },
  usageMutant("keeps the intent it could not write", ["U16"], (store, { state }) => ({
    async open(intent) {
      const { readOnly } = state;
      state.readOnly = false;
      await store.open(intent);
      state.readOnly = readOnly;
      if (readOnly) throw new TenantryError("unavailable", "not written, or so it says");
    },
  })),
  usageMutant("opens without writing", ["U16"], (store, { state }) => ({
    async open(intent) {
      if (!state.readOnly) await store.open(intent);
    },
  })),
  usageMutant("writes the line and then fails", ["U17"], (store, { state }) => ({
    async settle(settlement) {
      if (state.readOnly && settlement.line !== null) state.lines.set(settlement.line.lineId, settlement.line);
      return await store.settle(settlement);
    },
  })),
  usageMutant("closes the call and then fails", ["U17"], (store, { state }) => ({
    async settle(settlement) {
      if (state.readOnly && settlement.call !== null) state.intents.delete(settlement.call.callId);
      return await store.settle(settlement);
    },
  })),
];

/** Stores that break the UsageLedger contract, each in one way that has happened to somebody. */
export const usageLedgerMutants: readonly Mutant<UsageStoreSubject>[] = [
  ...lineMutants,
  ...intentMutants,
  ...durabilityMutants,
  ...allowanceMutants,
  ...retractionMutants,
];
