import { TenantryError } from "../errors/tenantry-error.ts";
import type { Told } from "../budgets/alerts.ts";
import type { MoneyEntry } from "../limits/budget-window.ts";
import type { StoreAnchor } from "../limits/store-clock.ts";
import type { CallRecord } from "../metering/call-record.ts";
import type { Intent, LedgerLine } from "../metering/ledger-line.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { StoredAnswer } from "../ports/answer-store.port.ts";
import type { KeyChange } from "../ports/key-store.port.ts";
import type { PriceEdition } from "../pricing/price-edition.ts";
import type { StoredSpan } from "../ingest/reported-span.ts";
import type { TraceRef } from "../ports/span-store.port.ts";
import type { DenialCount, Retraction } from "../ports/usage-ledger.port.ts";
import type { Instant } from "../time/instant.ts";

/** A stamp in a window; its amount changes when the call ends. */
export interface MemoryStamp {
  readonly stamp: Instant;
  amount: number;
}

export interface MemoryWindow {
  stamps: MemoryStamp[];
  offsetMs: number;
  /** The key's time when it was last claimed, admitted or not: time does not go back behind it. */
  latest: Instant | null;
  /** The longest window that was claimed under this key; older stamps are dropped. */
  windowMs: number;
}

export interface MemoryBudget {
  /** Settled money with its stamps; for a calendar period one entry with the sum. */
  spent: MoneyEntry[];
  /** By attempt. */
  readonly holds: Map<string, MoneyEntry[]>;
  offsetMs: number;
  /** As of a window. */
  latest: Instant | null;
  /** End of the calendar period; null for a rolling budget. */
  readonly endsAt: Instant | null;
  windowMs: number;
  /** Stamps up to here have left the window for good. */
  goneTo: Instant;
  /** When it was first claimed, on the wall clock; null where only the next period has drawn from it. */
  since: Instant | null;
  /** From when on nothing changes in a calendar period; null for a rolling budget. */
  readonly keptUntil: Instant | null;
  /** What the next period has drawn from this one. */
  drawnPico: PicoUsd;
  /** What was told last. */
  told: Told | null;
}

/** What an attempt reserved, by budget. */
export interface MemoryHold {
  readonly owner: string;
  readonly callId: string;
  readonly budgets: ReadonlySet<string>;
}

/** What a caller's idempotency key stands for. */
export interface MemoryClaim {
  readonly owner: string;
  readonly payloadHash: string;
  readonly expiresAt: Instant;
  readonly keepUntil: Instant;
  state: "claimed" | "started" | "ended";
  callId: string | null;
  answer: StoredAnswer | null;
}

/**
 * What memory stores keep. Stores over the same state see the same data, each as an owner (a "process") of its own, so
 * that a test can let one die and another find what it left.
 */
export interface MemoryState {
  /** What binds the time of limits to the clock that nobody sets; null until it is first asked for. */
  anchor: StoreAnchor | null;
  readonly windows: Map<string, MemoryWindow>;
  /** Stamps of calls in flight that await their real token count, by call. */
  readonly tokenStamps: Map<string, { readonly owner: string; readonly stamps: MemoryStamp[] }>;
  /** Owner by call, by key. */
  readonly leases: Map<string, Map<string, string>>;
  readonly holds: Map<string, MemoryHold>;
  readonly budgets: Map<string, MemoryBudget>;
  /** Money that was spent after the fact, by id, with when it can be forgotten. */
  readonly lateSpendings: Map<string, Instant>;
  readonly intents: Map<string, Map<string, { readonly owner: string; readonly intent: Intent }>>;
  readonly lines: Map<string, LedgerLine>;
  readonly calls: Map<string, CallRecord>;
  readonly denials: DenialCount[];
  /** By call. */
  readonly retractions: Map<string, Retraction>;
  /** By scope, trace and span, as JSON. */
  readonly spans: Map<string, StoredSpan>;
  /** Traces to be looked at again, by scope and trace, with how many lines there were when they came here last. */
  readonly pendingTraces: Map<string, { readonly trace: TraceRef; readonly lines: number }>;
  /** Moves with every write of spans. */
  spanRevision: number;
  /** By id, with the revision of the last change. */
  readonly keys: Map<string, KeyChange>;
  /** By tenant, route and idempotency key, as JSON. */
  readonly claims: Map<string, MemoryClaim>;
  /** By ascending version. */
  readonly editions: PriceEdition[];
  /** The version that was pinned, and the revision of the last change. */
  readonly pricePin: { version: number | null; revision: number };
  /** Owners that are known to have died. */
  readonly dead: Set<string>;
  /** While true every write is refused as `unavailable`. */
  readOnly: boolean;
  /** Owners so far; names the next one. */
  owners: number;
}

export interface MemoryOwnerOptions {
  /** The data; a fresh one by default. */
  readonly state?: MemoryState;
  /** Who this store is; default a name of its own. */
  readonly owner?: string;
  /** Whether an owner may still be at work. Default: every owner that is not in `state.dead`. */
  readonly isAlive?: (owner: string) => boolean;
}

/** Empty data for any number of memory stores. */
export function createMemoryState(): MemoryState {
  return {
    anchor: null,
    windows: new Map(),
    tokenStamps: new Map(),
    leases: new Map(),
    holds: new Map(),
    budgets: new Map(),
    lateSpendings: new Map(),
    intents: new Map(),
    lines: new Map(),
    calls: new Map(),
    denials: [],
    retractions: new Map(),
    spans: new Map(),
    pendingTraces: new Map(),
    spanRevision: 0,
    keys: new Map(),
    claims: new Map(),
    editions: [],
    pricePin: { version: null, revision: 0 },
    dead: new Set(),
    readOnly: false,
    owners: 0,
  };
}

/** The options with their defaults filled in. */
export function ownerOf(options: MemoryOwnerOptions): Required<MemoryOwnerOptions> {
  const state = options.state ?? createMemoryState();
  state.owners += 1;
  return {
    state,
    owner: options.owner ?? `owner-${state.owners}`,
    isAlive: options.isAlive ?? ((owner) => !state.dead.has(owner)),
  };
}

export function refuseReadOnly(state: MemoryState): void {
  if (state.readOnly)
    throw new TenantryError("unavailable", "the memory store takes no writes now", { retryable: true });
}

/** Whether a line or a call record is of a call that was taken back. */
export function isRetracted(
  { retractions }: MemoryState,
  { callId, tenantId }: { readonly callId: string; readonly tenantId: string },
): boolean {
  return retractions.get(callId)?.tenantId === tenantId;
}

/** Sum of the entries; exact at any size. */
export function sumPico(entries: Iterable<MoneyEntry>): PicoUsd {
  let sum = 0n;
  for (const entry of entries) sum += entry.amountPico;
  return sum;
}
