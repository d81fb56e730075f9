import type { Instant, Period, PicoUsd } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { RowMemory } from "./row-memory.ts";

/** What one storage holds for one call in flight: one row. */
export interface OpenCall {
  readonly callId: string;
  readonly ownerId: string;
  /** Keys of its places among calls in flight. */
  leases: readonly string[];
  tokens: readonly TokenStamp[];
  holds: readonly Hold[];
  attempts: readonly OpenAttempt[];
}

/** The part of a window's entry that changes when the call ends. */
export interface TokenStamp {
  readonly key: string;
  readonly keyId: number;
  readonly stamp: Instant;
  readonly amount: number;
}

/** Money that an attempt holds. */
export interface Hold {
  readonly attemptId: string;
  /** The budget: its key, and its period or null for a rolling window. */
  readonly key: string;
  readonly period: Period | null;
  readonly stamp: Instant;
  readonly amountPico: PicoUsd;
}

/** An attempt's intent. It stays until the call is closed, for recovery. */
export interface OpenAttempt {
  readonly attemptId: string;
  /** Whether the attempt has its line. */
  readonly isSettled: boolean;
  /** In exact JSON, as it is stored. */
  readonly intent: string;
}

/**
 * Calls in flight. All methods run inside the caller's transaction.
 *
 * A call is opened by one operation and ended by others, several to a transaction: changes are made here and written
 * by `flush` before the commit, one statement a call. Whoever changes an `OpenCall` says so.
 */
export interface OpenCalls extends RowMemory {
  /** What is held for the call, by whichever storage. */
  of(callId: string): readonly OpenCall[];
  /** This storage's part of the call, made if need be; to be changed at once. */
  own(callId: string): OpenCall;
  changed(call: OpenCall): void;
  /** What these owners hold. */
  ofOwners(ownerIds: readonly string[]): readonly OpenCall[];
}

interface Row {
  readonly id: number;
  readonly call_id: string;
  readonly owner_id: string;
  readonly held: string;
  readonly attempts: string;
}

/** Calls looked for in vain before all are read, and how many that may be. */
const READ_ALL_AFTER = 100;
const MAX_ALL = 10_000;

type Stored = OpenCall & { id: number | null };

export function createOpenCalls(db: DatabaseSync, ownerId: string): OpenCalls {
  const find = db.prepare("SELECT id, call_id, owner_id, held, attempts FROM open_calls WHERE call_id = ? ORDER BY id");
  const callsOf = db.prepare("SELECT DISTINCT call_id AS id FROM open_calls WHERE owner_id = ?");
  const insert = db.prepare("INSERT INTO open_calls (call_id, owner_id, held, attempts) VALUES (?, ?, ?, ?)");
  const update = db.prepare("UPDATE open_calls SET held = ?, attempts = ? WHERE id = ?");
  const remove = db.prepare("DELETE FROM open_calls WHERE id = ?");
  const all = db.prepare(`SELECT id, call_id, owner_id, held, attempts FROM open_calls ORDER BY id LIMIT ${MAX_ALL}`);
  const known = new Map<string, Stored[]>();
  /** Asked for in this transaction; those of which nothing is held need not be known any longer. */
  const asked = new Set<string>();
  /** Whether what is not known is not there. */
  let isAll = false;
  let misses = 0;
  const changed = new Set<Stored>();

  function of(callId: string): Stored[] {
    let parts = known.get(callId);
    if (parts === undefined) {
      if (!isAll) readAllAfterSomeMisses();
      parts = known.get(callId) ?? (isAll ? [] : (find.all(callId) as unknown as Row[]).map(fromRow));
      known.set(callId, parts);
      asked.add(callId);
    }
    return parts;
  }

  /** Where nobody else writes, every new call would be looked for in vain. */
  function readAllAfterSomeMisses(): void {
    misses += 1;
    if (misses < READ_ALL_AFTER || changed.size > 0) return;
    misses = 0;
    const rows = all.all() as unknown as Row[];
    if (rows.length === MAX_ALL) return;
    // What is known already is as its row, and may be in somebody's hands.
    const unknown = rows.filter((row) => !known.has(row.call_id)).map(fromRow);
    for (const call of unknown) known.set(call.callId, [...(known.get(call.callId) ?? []), call]);
    isAll = true;
  }

  function write(call: Stored): void {
    const { id, callId, tokens, holds, leases, attempts } = call;
    if (tokens.length + holds.length + leases.length + attempts.length === 0) {
      if (id !== null) remove.run(id);
      const others = known.get(callId)?.filter((part) => part !== call) ?? [];
      if (others.length > 0) known.set(callId, others);
      else known.delete(callId);
    } else if (id === null) {
      call.id = Number(insert.run(callId, call.ownerId, heldText(call), attemptsText(call)).lastInsertRowid);
    } else {
      update.run(heldText(call), attemptsText(call), id);
    }
  }

  function flush(): void {
    for (const call of changed) write(call);
    changed.clear();
    for (const callId of asked) if (known.get(callId)?.length === 0) known.delete(callId);
    asked.clear();
  }

  return {
    of,
    own(callId) {
      const parts = of(callId);
      let own = parts.find((part) => part.ownerId === ownerId);
      if (own === undefined) {
        own = { id: null, callId, ownerId, leases: [], tokens: [], holds: [], attempts: [] };
        parts.push(own);
      }
      return own;
    },
    changed: (call) => void changed.add(call as Stored),
    ofOwners(ownerIds) {
      flush();
      const callIds = ownerIds.flatMap((id) => (callsOf.all(id) as { id: string }[]).map((row) => row.id));
      return [...new Set(callIds)].flatMap((id) => of(id).filter((part) => ownerIds.includes(part.ownerId)));
    },
    flush,
    forget() {
      known.clear();
      asked.clear();
      changed.clear();
      isAll = false;
      misses = 0;
    },
  };
}

type HeldJson = {
  readonly leases: readonly string[];
  readonly tokens: readonly (readonly [key: string, keyId: number, stamp: Instant, amount: number])[];
  readonly holds: readonly (readonly [
    attemptId: string,
    key: string,
    from: Instant | null,
    to: Instant | null,
    stamp: Instant,
    pico: string,
  ])[];
};

function heldText({ leases, tokens, holds }: OpenCall): string {
  const held: HeldJson = {
    leases,
    tokens: tokens.map(({ key, keyId, stamp, amount }) => [key, keyId, stamp, amount]),
    holds: holds.map(({ attemptId, key, period, stamp, amountPico }) => [
      attemptId,
      key,
      period?.from ?? null,
      period?.to ?? null,
      stamp,
      amountPico.toString(),
    ]),
  };
  return JSON.stringify(held);
}

/** `[[isSettled, attemptId, intent], …]`; intents are written as they came. */
function attemptsText({ attempts }: OpenCall): string {
  const texts = attempts.map(
    ({ attemptId, isSettled, intent }) => `[${isSettled ? 1 : 0},${JSON.stringify(attemptId)},${intent}]`,
  );
  return `[${texts.join(",")}]`;
}

function fromRow({ id, call_id: callId, owner_id: ownerId, ...row }: Row): Stored {
  const held = JSON.parse(row.held) as HeldJson;
  const attempts = JSON.parse(row.attempts) as [number, string, unknown][];
  return {
    id,
    callId,
    ownerId,
    leases: held.leases,
    tokens: held.tokens.map(([key, keyId, stamp, amount]) => ({ key, keyId, stamp, amount })),
    holds: held.holds.map(([attemptId, key, from, to, stamp, pico]) => ({
      attemptId,
      key,
      period: from === null || to === null ? null : { from, to },
      stamp,
      amountPico: BigInt(pico),
    })),
    attempts: attempts.map(([isSettled, attemptId, intent]) => ({
      attemptId,
      isSettled: isSettled === 1,
      intent: JSON.stringify(intent),
    })),
  };
}
