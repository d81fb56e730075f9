import type { LeaseClaim, LeaseState, Refusal } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";

/** Places among calls in flight. All methods run inside the caller's transaction. */
export interface Leases {
  check(claims: readonly LeaseClaim[], callId: string): Refusal | null;
  take(claims: readonly LeaseClaim[], callId: string, ownerId: string): void;
  states(claims: readonly LeaseClaim[]): readonly LeaseState[];
  release(callId: string): void;
  /** How many were dropped. */
  drop(ownerIds: readonly string[]): number;
}

/** A call holds one place of a key, however often it claims it. */
export function createLeases(db: DatabaseSync): Leases {
  const count = db.prepare("SELECT count(*) AS held FROM leases WHERE key = ?");
  const find = db.prepare("SELECT 1 FROM leases WHERE key = ? AND call_id = ?");
  const insert = db.prepare("INSERT OR IGNORE INTO leases (key, call_id, owner_id) VALUES (?, ?, ?)");
  const deleteOfCall = db.prepare("DELETE FROM leases WHERE call_id = ?");
  const deleteOfOwner = db.prepare("DELETE FROM leases WHERE owner_id = ?");
  const inFlight = (key: string): number => (count.get(key) as { held: number }).held;
  return {
    check(claims, callId) {
      const taken = new Set<string>();
      for (const { key, limitId, capacity } of claims) {
        if (taken.has(key) || find.get(key, callId) !== undefined) continue;
        if (inFlight(key) >= capacity) return { kind: "lease", limitId, capacity };
        taken.add(key);
      }
      return null;
    },
    take(claims, callId, ownerId) {
      for (const { key } of claims) insert.run(key, callId, ownerId);
    },
    states: (claims) => claims.map(({ key, limitId, capacity }) => ({ limitId, capacity, inFlight: inFlight(key) })),
    release: (callId) => {
      deleteOfCall.run(callId);
    },
    drop: (ownerIds) => ownerIds.reduce((dropped, id) => dropped + Number(deleteOfOwner.run(id).changes), 0),
  };
}
