import { type CancelSource, httpFailure, type HttpFailure, TenantryError } from "@tenantry/core";

export interface GateLimits {
  /** Requests of the data plane at once, from whomever. Beyond it they are shed before anything is read. */
  readonly inFlight: number;
  /** Those of one tenant, so that one alone cannot take all places. Beyond it they are shed before a body is read. */
  readonly inFlightPerTenant: number;
  /** Streams of one tenant at once. */
  readonly streamsPerTenant: number;
  /** Bytes of request bodies that are being read or belong to a call under way. */
  readonly bodyBytes: number;
  /** Those of one tenant. */
  readonly bodyBytesPerTenant: number;
}

/** A request that was let in. */
export interface Entry {
  /** Whose request it is; or why that tenant may have no further one. Once. */
  admit(tenantId: string): HttpFailure | null;
  /** Takes one of the tenant's streams, or says why there is none left. */
  takeStream(): HttpFailure | null;
  /** Takes room for so many more bytes of its body, or says why there is none. */
  takeBytes(bytes: number): HttpFailure | null;
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
  /** How many have come in so far. */
  entered(): number;
  streams(): number;
  /** From now on nobody comes in. Resolves when all have left; those left at the deadline are cancelled first. */
  drain(deadlineMs: number): Promise<void>;
}

/** What one tenant has taken. */
interface Taken {
  requests: number;
  streams: number;
  bytes: number;
}

const shedRetryMs = 1_000;
/** Another process takes over in about this time. */
const drainRetryMs = 2_000;
/** What cancelled calls may take to be settled. */
const afterCancelMs = 2_000;

export function createGate(limits: GateLimits): Gate {
  const inside = new Set<CancelSource>();
  const tenants = new Map<string, Taken>();
  const all: Taken = { requests: 0, streams: 0, bytes: 0 };
  let entered = 0;
  let draining = false;
  let onEmpty: (() => void) | null = null;

  function entryOf(source: CancelSource): Entry {
    const own: Taken = { requests: 0, streams: 0, bytes: 0 };
    let tenantId: string | null = null;
    let tenant: Taken = { ...own };
    const take = (what: keyof Taken, amount: number): void => {
      for (const taken of [own, tenant, all]) taken[what] += amount;
    };
    inside.add(source);
    entered += 1;
    return {
      admit(id) {
        const known = tenants.get(id) ?? { requests: 0, streams: 0, bytes: 0 };
        if (known.requests >= limits.inFlightPerTenant) {
          return overloaded(`${limits.inFlightPerTenant} requests are under way, the most one tenant may have; retry`);
        }
        tenants.set(id, known);
        tenantId = id;
        tenant = known;
        take("requests", 1);
        return null;
      },
      takeStream() {
        if (tenant.streams >= limits.streamsPerTenant) {
          const most = limits.streamsPerTenant;
          return overloaded(`${most} streams are open, the most one tenant may have; retry when one has ended`);
        }
        take("streams", 1);
        return null;
      },
      takeBytes(bytes) {
        if (!inside.has(source)) return null;
        if (tenant.bytes + bytes > limits.bodyBytesPerTenant) {
          return overloaded("the bodies of your requests under way take too much room; retry when one has ended");
        }
        if (all.bytes + bytes > limits.bodyBytes) return overloaded("too many bytes of requests at once; retry");
        take("bytes", bytes);
        return null;
      },
      leave() {
        if (!inside.delete(source)) return;
        for (const what of ["requests", "streams", "bytes"] as const) take(what, -own[what]);
        if (tenantId !== null && tenant.requests === 0) tenants.delete(tenantId);
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
      if (draining) return { kind: "shed", failure: overloaded("this server is stopping; retry", drainRetryMs) };
      if (inside.size >= limits.inFlight) {
        return { kind: "shed", failure: overloaded("too many requests at once; retry") };
      }
      return { kind: "entered", entry: entryOf(source) };
    },
    get draining() {
      return draining;
    },
    inFlight: () => inside.size,
    entered: () => entered,
    streams: () => all.streams,
    async drain(deadlineMs) {
      draining = true;
      await untilEmpty(deadlineMs);
      for (const source of inside) source.cancel(new TenantryError("cancelled", "the server is stopping"));
      await untilEmpty(afterCancelMs);
    },
  };
}

function overloaded(message: string, retryAfterMs = shedRetryMs): HttpFailure {
  return httpFailure(503, "overloaded", message, { retryAfterMs });
}
