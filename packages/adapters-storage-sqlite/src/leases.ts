import type { LeaseClaim, LeaseState, Refusal } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";

/** Places among calls in flight. All methods run inside the caller's transaction. */
export interface Leases {
  /** Says which claim does not fit, or null. Writes nothing. */
  check(claims: readonly LeaseClaim[], callId: string): CheckedLeases;
  /** Takes all claims that were checked, and answers where they stand then. */
  take(checked: CheckedLeases, callId: string, ownerId: string): readonly LeaseState[];
  states(claims: readonly LeaseClaim[]): readonly LeaseState[];
  release(callId: string): void;
  /** How many were dropped. */
  drop(ownerIds: readonly string[]): number;
}

export interface CheckedLeases {
  readonly refusal: Refusal | null;
  readonly claims: readonly LeaseClaim[];
  /** By key, how many were taken before. */
  readonly held: ReadonlyMap<string, number>;
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
      const held = new Map<string, number>();
      for (const { key, limitId, capacity } of claims) {
        if (held.has(key)) continue;
        const places = inFlight(key);
        if (places >= capacity && find.get(key, callId) === undefined) {
          return { refusal: { kind: "lease", limitId, capacity }, claims: [], held };
        }
        held.set(key, places);
      }
      return { refusal: null, claims, held };
    },
    take({ claims, held }, callId, ownerId) {
      const inFlightNow = new Map<string, number>();
      for (const [key, places] of held) {
        inFlightNow.set(key, places + Number(insert.run(key, callId, ownerId).changes));
      }
      return claims.map(({ key, limitId, capacity }) => ({ limitId, capacity, inFlight: inFlightNow.get(key)! }));
    },
    states: (claims) => claims.map(({ key, limitId, capacity }) => ({ limitId, capacity, inFlight: inFlight(key) })),
    release: (callId) => {
      deleteOfCall.run(callId);
    },
    drop: (ownerIds) => ownerIds.reduce((dropped, id) => dropped + Number(deleteOfOwner.run(id).changes), 0),
  };
}
