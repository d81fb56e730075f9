import { type CancelSource, httpFailure, type HttpFailure, TenantryError } from "@tenantry/core";

export interface GateLimits {
  /** Requests of the data plane at once, from whomever. Beyond it they are shed before anything is read. */
  readonly inFlight: number;
  /** Streams of one tenant at once. */
  readonly streamsPerTenant: number;
}

/** A request that was let in. */
export interface Entry {
  /** Takes one of the tenant's streams, or says why there is none left. */
  takeStream(tenantId: string): HttpFailure | null;
  /** Gives everything back. Again changes nothing. */
  leave(): void;
}

/** Who may come in, and who is still there. */
export interface Gate {
  /** `source` is cancelled when the time to drain is over. */
  enter(
    source: CancelSource,
  ): { readonly kind: "entered"; readonly entry: Entry } | { readonly kind: "shed"; readonly failure: HttpFailure };
  readonly draining: boolean;
  inFlight(): number;
  streams(): number;
  /** From now on nobody comes in. Resolves when all have left; those left at the deadline are cancelled first. */
  drain(deadlineMs: number): Promise<void>;
}

const shedRetryMs = 1_000;
/** Another process takes over in about this time. */
const drainRetryMs = 2_000;
/** What cancelled calls may take to be settled. */
const afterCancelMs = 2_000;

export function createGate(limits: GateLimits): Gate {
  const inside = new Set<CancelSource>();
  const streams = new Map<string, number>();
  let streamCount = 0;
  let draining = false;
  let onEmpty: (() => void) | null = null;

  function leaveStream(tenantId: string): void {
    streamCount -= 1;
    const left = (streams.get(tenantId) ?? 1) - 1;
    if (left === 0) streams.delete(tenantId);
    else streams.set(tenantId, left);
  }

  function entryOf(source: CancelSource): Entry {
    let tenant: string | null = null;
    inside.add(source);
    return {
      takeStream(tenantId) {
        const taken = streams.get(tenantId) ?? 0;
        if (taken >= limits.streamsPerTenant) {
          const message = `${limits.streamsPerTenant} streams are open, the most one tenant may have; retry when one has ended`;
          return httpFailure(503, "overloaded", message, { retryAfterMs: shedRetryMs });
        }
        streams.set(tenantId, taken + 1);
        streamCount += 1;
        tenant = tenantId;
        return null;
      },
      leave() {
        if (!inside.delete(source)) return;
        if (tenant !== null) leaveStream(tenant);
        if (inside.size === 0) onEmpty?.();
      },
    };
  }

  function untilEmpty(deadlineMs: number): Promise<void> {
    if (inside.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    enter(source) {
      if (draining) {
        const failure = httpFailure(503, "overloaded", "this server is stopping; retry", {
          retryAfterMs: drainRetryMs,
        });
        return { kind: "shed", failure };
      }
      if (inside.size >= limits.inFlight) {
        const failure = httpFailure(503, "overloaded", "too many requests at once; retry", {
          retryAfterMs: shedRetryMs,
        });
        return { kind: "shed", failure };
      }
      return { kind: "entered", entry: entryOf(source) };
    },
    get draining() {
      return draining;
    },
    inFlight: () => inside.size,
    streams: () => streamCount,
    async drain(deadlineMs) {
      draining = true;
      await untilEmpty(deadlineMs);
      for (const source of inside) source.cancel(new TenantryError("cancelled", "the server is stopping"));
      await untilEmpty(afterCancelMs);
    },
  };
}
