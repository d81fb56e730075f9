import { type Instant, type Refusal, storeTime, type WindowClaim, type WindowState } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertWhole } from "./assert-row.ts";
import { createNowAndThen } from "./now-and-then.ts";

/** Sliding windows. All methods run inside the caller's transaction; instants in answers are on the wall clock. */
export interface WindowCounts {
  /** Says which claim does not fit, or null. Writes nothing. */
  check(claims: readonly WindowClaim[], now: Instant): CheckedWindows;
  /** Stamps all claims that were checked, and answers where they stand then. */
  take(checked: CheckedWindows, callId: string, ownerId: string): readonly WindowState[];
  /** Keeps the time that refused claims met: it goes on from there (store-time.ts of core). */
  keepTime(checked: CheckedWindows): void;
  states(claims: readonly WindowClaim[], now: Instant): readonly WindowState[];
  /** What replaces the worst case of a call's tokens by what was used (null leaves it); itself it writes nothing. */
  correction(callId: string, tokens: number | null): () => void;
  /** Stops waiting for corrections that will never come. */
  abandon(ownerIds: readonly string[]): void;
  /** Forgets some keys in which nothing counts any more. */
  sweep(now: Instant): void;
}

export interface CheckedWindows {
  readonly refusal: Refusal | null;
  readonly claims: readonly CheckedClaim[];
  /** By their names, all that were met. */
  readonly keys: ReadonlyMap<string, WindowKey>;
}

interface CheckedClaim {
  readonly claim: WindowClaim;
  readonly key: WindowKey;
  /** In its window without this admission. */
  readonly usedBefore: number;
}

/** A key as it stands in the transaction. */
interface WindowKey {
  /** Null until it is written. */
  id: number | null;
  readonly t: Instant;
  readonly offsetMs: number;
  /** Whether the row has another time, or a shorter window, than this admission met. */
  readonly hasMoved: boolean;
  keepMs: number;
  countedTo: Instant;
  total: number;
  /** Claimed by this admission so far. */
  pending: number;
}

interface KeyRow {
  readonly id: number;
  readonly offset_ms: number;
  readonly latest: number | null;
  readonly keep_ms: number;
  readonly counted_to: number;
  readonly total: number;
}

const NEVER = Number.MIN_SAFE_INTEGER;
const MAX_DELETED = 256;
const MAX_SWEPT = 512;

/**
 * An admission costs the same however many calls a window holds: `total` is the sum of a key's entries stamped after
 * `counted_to`, each entry is subtracted once, when it leaves, and expired entries are deleted now and then, some at a
 * time. Entries of one millisecond share a row. The total is exact because it moves in the same transaction as they do.
 *
 * That holds for the key's longest window (`keep_ms`); a shorter one under the same key is summed anew.
 */
export function createWindowCounts(db: DatabaseSync): WindowCounts {
  const find = db.prepare("SELECT id, offset_ms, latest, keep_ms, counted_to, total FROM window_keys WHERE key = ?");
  const insertKey = db.prepare(
    "INSERT INTO window_keys (key, offset_ms, latest, keep_ms, counted_to, total) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const updateKey = db.prepare(
    "UPDATE window_keys SET offset_ms = ?, latest = ?, keep_ms = ?, counted_to = ?, total = ? WHERE id = ?",
  );
  const sum = db.prepare(
    "SELECT coalesce(sum(amount), 0) AS amount FROM window_entries WHERE key_id = ? AND stamp > ? AND stamp <= ?",
  );
  const entries = "SELECT stamp, amount FROM window_entries WHERE key_id = ? AND stamp > ? ORDER BY stamp";
  const oldestFirst = db.prepare(entries);
  const newestFirst = db.prepare(`${entries} DESC`);
  const newest = db.prepare(
    "SELECT stamp FROM window_entries WHERE key_id = ? AND stamp > ? AND amount > 0 ORDER BY stamp DESC LIMIT 1",
  );
  const addEntry = db.prepare(`INSERT INTO window_entries (key_id, stamp, amount) VALUES (?, ?, ?)
    ON CONFLICT (key_id, stamp) DO UPDATE SET amount = amount + excluded.amount`);
  const deleteExpired = db.prepare(`DELETE FROM window_entries WHERE key_id = ?1 AND stamp IN
    (SELECT stamp FROM window_entries WHERE key_id = ?1 AND stamp <= ?2 ORDER BY stamp LIMIT ${MAX_DELETED})`);
  const addTokens = db.prepare(
    "INSERT INTO token_stamps (call_id, key_id, stamp, amount, owner_id) VALUES (?, ?, ?, ?, ?)",
  );
  const tokensOfCall = db.prepare("SELECT key_id, stamp, amount FROM token_stamps WHERE call_id = ?");
  const deleteTokens = db.prepare("DELETE FROM token_stamps WHERE call_id = ?");
  const deleteTokensOfOwner = db.prepare("DELETE FROM token_stamps WHERE owner_id = ?");
  const correctEntry = db.prepare("UPDATE window_entries SET amount = amount + ? WHERE key_id = ? AND stamp = ?");
  const correctTotal = db.prepare("UPDATE window_keys SET total = total + ? WHERE id = ? AND counted_to < ?");
  const nextKeys = db.prepare(`SELECT id, latest + keep_ms <= ? + offset_ms AND
    id NOT IN (SELECT key_id FROM token_stamps) AS is_over FROM window_keys WHERE id > ? ORDER BY id LIMIT ${MAX_SWEPT}`);
  const deleteEntries = db.prepare("DELETE FROM window_entries WHERE key_id = ?");
  const deleteKey = db.prepare("DELETE FROM window_keys WHERE id = ?");
  const isNow = createNowAndThen();
  let sweptTo = 0;

  function read(claim: WindowClaim, now: Instant): WindowKey {
    const row = find.get(claim.key) as unknown as KeyRow | undefined;
    const { t, offsetMs } = storeTime(now, row?.offset_ms ?? 0, row?.latest ?? null);
    const keepMs = Math.max(row?.keep_ms ?? 0, claim.windowMs);
    const hasMoved = t !== row?.latest || offsetMs !== row.offset_ms || keepMs !== row.keep_ms;
    const { id = null, counted_to: countedTo = NEVER, total = 0 } = row ?? {};
    return { id, t, offsetMs, hasMoved, keepMs, countedTo, total, pending: 0 };
  }

  /** As `read`, without what has left the longest window. */
  function open(claim: WindowClaim, now: Instant): WindowKey {
    const key = read(claim, now);
    if (key.id === null) return key;
    const countedTo = Math.max(key.countedTo, key.t - key.keepMs);
    key.total -= sumOf(key.id, key.countedTo, countedTo);
    key.countedTo = countedTo;
    return key;
  }

  function sumOf(id: number, after: Instant, upTo: Instant): number {
    return upTo <= after ? 0 : (sum.get(id, after, upTo) as { amount: number }).amount;
  }

  /** Amounts in (t − windowMs, t], those of this admission included. */
  function usedOf(key: WindowKey, windowMs: number): number {
    if (key.id === null) return key.pending;
    const from = key.t - windowMs;
    const stamped =
      windowMs === key.keepMs
        ? key.total - sumOf(key.id, key.countedTo, from)
        : sumOf(key.id, Math.max(from, key.countedTo), key.t);
    return stamped + key.pending;
  }

  function resetAtOf(key: WindowKey, windowMs: number): Instant {
    const from = Math.max(key.t - windowMs, key.countedTo);
    const last = key.id === null ? undefined : (newest.get(key.id, from) as { stamp: number } | undefined);
    return last === undefined ? key.t : last.stamp + windowMs;
  }

  function stateOf({ limitId, metric, capacity, windowMs }: WindowClaim, key: WindowKey, used: number): WindowState {
    // What was claimed just now is the newest that counts.
    const resetAt = key.pending > 0 ? key.t + windowMs : resetAtOf(key, windowMs);
    const remaining = Math.max(0, capacity - used);
    return { limitId, metric, capacity, windowMs, remaining, resetAt: resetAt - key.offsetMs };
  }

  function refusalOf(claim: WindowClaim, key: WindowKey, used: number): Refusal {
    const { limitId, metric, capacity, amount } = claim;
    const fitsAt = amount > capacity ? null : fitsAtOf(claim, key, used) - key.offsetMs;
    return { kind: "window", limitId, metric, capacity, remaining: Math.max(0, capacity - used), fitsAt };
  }

  /** When enough has left the window. Walks from the end that is nearer, for a refusal has to stay cheap. */
  function fitsAtOf({ windowMs, capacity, amount }: WindowClaim, key: WindowKey, used: number): Instant {
    const from = Math.max(key.t - windowMs, key.countedTo);
    const mayStay = capacity - amount;
    const mustLeave = used - mayStay;
    const fromNewest = mustLeave > mayStay;
    // What this admission itself claimed is the newest.
    let left = fromNewest ? mayStay - key.pending : mustLeave;
    if (key.id === null || (fromNewest && left < 0)) return key.t + windowMs;
    for (const row of (fromNewest ? newestFirst : oldestFirst).iterate(key.id, from)) {
      const entry = row as unknown as { stamp: number; amount: number };
      left -= entry.amount;
      if (fromNewest ? left < 0 : left <= 0) return entry.stamp + windowMs;
    }
    return key.t + windowMs;
  }

  function save(key: WindowKey, total: number): void {
    updateKey.run(key.offsetMs, key.t, key.keepMs, key.countedTo, total, key.id);
  }

  function write(name: string, key: WindowKey): void {
    const total = key.total + key.pending;
    if (key.id === null) {
      const added = insertKey.run(name, key.offsetMs, key.t, key.keepMs, key.t - key.keepMs, total);
      key.id = Number(added.lastInsertRowid);
    } else {
      save(key, total);
      if (isNow()) deleteExpired.run(key.id, key.countedTo);
    }
    addEntry.run(key.id, key.t, key.pending);
  }

  return {
    check(claims, now) {
      const keys = new Map<string, WindowKey>();
      const checked: CheckedClaim[] = [];
      for (const claim of claims) {
        let key = keys.get(claim.key);
        if (key === undefined) {
          key = open(claim, now);
          keys.set(claim.key, key);
        } else {
          key.keepMs = Math.max(key.keepMs, claim.windowMs);
        }
        const used = usedOf(key, claim.windowMs);
        if (used + claim.amount > claim.capacity) return { refusal: refusalOf(claim, key, used), claims: [], keys };
        checked.push({ claim, key, usedBefore: used - key.pending });
        key.pending += claim.amount;
        assertWhole(claim.key, key.total + key.pending);
      }
      return { refusal: null, claims: checked, keys };
    },
    take(checked, callId, ownerId) {
      for (const [name, key] of checked.keys) write(name, key);
      return checked.claims.map(({ claim, key, usedBefore }) => {
        if (claim.metric === "tokens") addTokens.run(callId, key.id, key.t, claim.amount, ownerId);
        return stateOf(claim, key, usedBefore + key.pending);
      });
    },
    keepTime(checked) {
      for (const key of checked.keys.values()) if (key.id !== null && key.hasMoved) save(key, key.total);
    },
    states: (claims, now) =>
      claims.map((claim) => {
        const key = read(claim, now);
        return stateOf(claim, key, usedOf(key, claim.windowMs));
      }),
    correction(callId, tokens) {
      const stamps = tokensOfCall.all(callId) as unknown as { key_id: number; stamp: number; amount: number }[];
      if (stamps.length === 0) return () => {};
      if (tokens !== null) assertWhole("tokens", tokens);
      return () => {
        deleteTokens.run(callId);
        if (tokens === null) return;
        for (const { key_id: id, stamp, amount } of stamps) {
          correctEntry.run(tokens - amount, id, stamp);
          correctTotal.run(tokens - amount, id, stamp);
        }
      };
    },
    abandon(ownerIds) {
      for (const id of ownerIds) deleteTokensOfOwner.run(id);
    },
    sweep(now) {
      const keys = nextKeys.all(now, sweptTo) as unknown as { id: number; is_over: number }[];
      sweptTo = keys.length < MAX_SWEPT ? 0 : (keys.at(-1)?.id ?? 0);
      for (const { id, is_over: isOver } of keys) {
        if (isOver === 0) continue;
        deleteEntries.run(id);
        deleteKey.run(id);
      }
    },
  };
}
