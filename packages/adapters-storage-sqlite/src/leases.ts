import type { LeaseClaim, LeaseState, Refusal } from "@tenantry/core";
import type { LeaseCounts } from "./lease-counts.ts";
import type { OpenCall, OpenCalls } from "./open-calls.ts";

/** Places among calls in flight. All methods run inside the caller's transaction. */
export interface Leases {
  /** Says which claim does not fit, or null. Writes nothing. */
  check(claims: readonly LeaseClaim[], callId: string): CheckedLeases;
  /** Takes all claims that were checked, and answers where they stand then. */
  take(checked: CheckedLeases, callId: string): readonly LeaseState[];
  states(claims: readonly LeaseClaim[]): readonly LeaseState[];
  release(callId: string): void;
  /** How many were dropped. */
  drop(ownerIds: readonly string[]): number;
}

export interface CheckedLeases {
  readonly refusal: Refusal | null;
  readonly claims: readonly LeaseClaim[];
  /** Keys of places that the call does not have yet. */
  readonly missing: ReadonlySet<string>;
}

/** A call holds one place of a key, however often it claims it. */
export function createLeases(calls: OpenCalls, counts: LeaseCounts): Leases {
  function giveBack(call: OpenCall): number {
    const { leases } = call;
    if (leases.length === 0) return 0;
    for (const key of leases) counts.add(key, -1);
    call.leases = [];
    calls.changed(call);
    return leases.length;
  }

  function stateOf({ key, limitId, capacity }: LeaseClaim): LeaseState {
    return { limitId, capacity, inFlight: counts.of(key) };
  }

  return {
    check(claims, callId) {
      const missing = new Set<string>();
      for (const { key, limitId, capacity } of claims) {
        if (missing.has(key) || calls.of(callId).some(({ leases }) => leases.includes(key))) continue;
        if (counts.of(key) >= capacity) return { refusal: { kind: "lease", limitId, capacity }, claims: [], missing };
        missing.add(key);
      }
      return { refusal: null, claims, missing };
    },
    take({ claims, missing }, callId) {
      if (missing.size > 0) {
        const own = calls.own(callId);
        for (const key of missing) counts.add(key, 1);
        own.leases = [...own.leases, ...missing];
        calls.changed(own);
      }
      return claims.map(stateOf);
    },
    states: (claims) => claims.map(stateOf),
    release(callId) {
      for (const call of calls.of(callId)) giveBack(call);
    },
    drop: (ownerIds) => calls.ofOwners(ownerIds).reduce((dropped, call) => dropped + giveBack(call), 0),
  };
}
