import { type Instant, type Refusal, storeTime, type WindowClaim, type WindowState } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertWhole } from "./assert-row.ts";
import { createNowAndThen } from "./now-and-then.ts";
import type { OpenCall, OpenCalls, TokenStamp } from "./open-calls.ts";
import type { WindowKeys } from "./window-keys.ts";

/** Sliding windows. All methods run inside the caller's transaction; instants in answers are on the wall clock. */
export interface WindowCounts {
  /** Says which claim does not fit, or null. Writes nothing. */
  check(claims: readonly WindowClaim[], now: Instant): CheckedWindows;
  /** Stamps all claims that were checked, and answers where they stand then. */
  take(checked: CheckedWindows, callId: string): readonly WindowState[];
  /** Keeps the time that refused claims met: it goes on from there (store-time.ts of core). */
  keepTime(checked: CheckedWindows): void;
  states(claims: readonly WindowClaim[], now: Instant): readonly WindowState[];
  /** What replaces the worst case of a call's tokens by what was used (null leaves it); itself it writes nothing. */
  correction(callId: string, tokens: number | null): () => void;
  /** Stops waiting for corrections that will never come. */
  abandon(ownerIds: readonly string[]): void;
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
  /** No entry is stamped between the two. */
  emptyTo: Instant;
  total: number;
  /** Claimed by this admission so far. */
  pending: number;
}

const NEVER = Number.MIN_SAFE_INTEGER;
const MAX_DELETED = 256;

/**
 * An admission costs the same however many calls a window holds: `total` is the sum of a key's entries stamped after
 * `counted_to`, each entry is subtracted once, when it leaves, and expired entries are deleted now and then, some at a
 * time. Entries of one millisecond share a row. The total is exact because it moves in the same transaction as they do.
 *
 * That holds for the key's longest window (`keep_ms`); a shorter one under the same key is summed anew.
 */
export function createWindowCounts(db: DatabaseSync, keys: WindowKeys, calls: OpenCalls): WindowCounts {
  const expire = db.prepare(`SELECT coalesce(sum(amount), 0) AS amount, (SELECT stamp FROM window_entries
    WHERE key_id = ?1 AND stamp > ?3 ORDER BY stamp LIMIT 1) AS next
    FROM window_entries WHERE key_id = ?1 AND stamp > ?2 AND stamp <= ?3`);
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
  const correctEntry = db.prepare("UPDATE window_entries SET amount = amount + ? WHERE key_id = ? AND stamp = ?");
  const isNow = createNowAndThen();

  function read(claim: WindowClaim, now: Instant): WindowKey {
    const row = keys.find(claim.key);
    const { t, offsetMs } = storeTime(now, row?.offsetMs ?? 0, row?.latest ?? null);
    const keepMs = Math.max(row?.keepMs ?? 0, claim.windowMs);
    const hasMoved = t !== row?.latest || offsetMs !== row.offsetMs || keepMs !== row.keepMs;
    const { id = null, countedTo = NEVER, emptyTo = NEVER, total = 0 } = row ?? {};
    return { id, t, offsetMs, hasMoved, keepMs, countedTo, emptyTo, total, pending: 0 };
  }

  /** As `read`, without what has left the longest window. */
  function open(claim: WindowClaim, now: Instant): WindowKey {
    const key = read(claim, now);
    if (key.id === null) return key;
    const countedTo = Math.max(key.countedTo, key.t - key.keepMs);
    if (countedTo > key.emptyTo) {
      const left = expire.get(key.id, key.countedTo, countedTo) as { amount: number; next: Instant | null };
      key.total -= left.amount;
      // What is yet to come is stamped at t or later.
      key.emptyTo = (left.next ?? key.t) - 1;
    }
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

  function save(name: string, id: number, key: WindowKey): void {
    const { offsetMs, t, keepMs, countedTo, emptyTo } = key;
    keys.change({ id, key: name, offsetMs, latest: t, keepMs, countedTo, emptyTo, total: key.total + key.pending });
  }

  function write(name: string, key: WindowKey): void {
    if (key.id === null) {
      const { offsetMs, t, keepMs, pending: total } = key;
      key.id = keys.add({ key: name, offsetMs, latest: t, keepMs, countedTo: t - keepMs, emptyTo: t - 1, total });
    } else {
      save(name, key.id, key);
      if (isNow()) deleteExpired.run(key.id, key.countedTo);
    }
    addEntry.run(key.id, key.t, key.pending);
  }

  /** What has left its longest window, or went with its key, needs no correction. */
  function correct({ key, keyId, stamp, amount }: TokenStamp, tokens: number): void {
    const row = keys.find(key);
    if (row === null || row.id !== keyId || stamp <= row.countedTo) return;
    if (correctEntry.run(tokens - amount, keyId, stamp).changes === 0) return;
    keys.change({ ...row, total: row.total + tokens - amount });
  }

  function dropTokens(call: OpenCall): void {
    call.tokens = [];
    calls.changed(call);
  }

  return {
    check(claims, now) {
      const met = new Map<string, WindowKey>();
      const checked: CheckedClaim[] = [];
      for (const claim of claims) {
        let key = met.get(claim.key);
        if (key === undefined) {
          key = open(claim, now);
          met.set(claim.key, key);
        } else {
          key.keepMs = Math.max(key.keepMs, claim.windowMs);
        }
        const used = usedOf(key, claim.windowMs);
        if (used + claim.amount > claim.capacity)
          return { refusal: refusalOf(claim, key, used), claims: [], keys: met };
        checked.push({ claim, key, usedBefore: used - key.pending });
        key.pending += claim.amount;
        assertWhole(claim.key, key.total + key.pending);
      }
      return { refusal: null, claims: checked, keys: met };
    },
    take(checked, callId) {
      for (const [name, key] of checked.keys) write(name, key);
      const stamps: TokenStamp[] = [];
      for (const { claim, key } of checked.claims) {
        if (claim.metric !== "tokens") continue;
        stamps.push({ key: claim.key, keyId: key.id!, stamp: key.t, amount: claim.amount });
      }
      if (stamps.length > 0) {
        const own = calls.own(callId);
        own.tokens = [...own.tokens, ...stamps];
        calls.changed(own);
      }
      return checked.claims.map(({ claim, key, usedBefore }) => stateOf(claim, key, usedBefore + key.pending));
    },
    keepTime(checked) {
      for (const [name, key] of checked.keys) {
        key.pending = 0;
        if (key.id !== null && key.hasMoved) save(name, key.id, key);
      }
    },
    states: (claims, now) =>
      claims.map((claim) => {
        const key = read(claim, now);
        return stateOf(claim, key, usedOf(key, claim.windowMs));
      }),
    correction(callId, tokens) {
      const open = calls.of(callId).filter((call) => call.tokens.length > 0);
      if (open.length === 0) return () => {};
      if (tokens !== null) assertWhole("tokens", tokens);
      return () => {
        for (const call of open) {
          if (tokens !== null) for (const stamp of call.tokens) correct(stamp, tokens);
          dropTokens(call);
        }
      };
    },
    abandon(ownerIds) {
      for (const call of calls.ofOwners(ownerIds)) if (call.tokens.length > 0) dropTokens(call);
    },
  };
}
