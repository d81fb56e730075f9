import { parseBilledAmount, type Period, type UsagePlatform } from "@tenantry/core";

/** One request that the platform has counted. */
export interface CountedRequest {
  readonly traceId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly at: number;
  readonly tokens: number;
  /** In the digits the platform writes. */
  readonly cost: string;
}

/** `refuses` the key; `fails` by itself; answers what cannot be read; breaks off; is slow beyond its limit; is not there. */
export type PlatformFault = "refuses" | "fails" | "unreadable" | "breaks-off" | "redirects" | "hangs" | "gone";

/** What the UsagePlatform rules need of an implementation. */
export interface UsagePlatformSubject {
  readonly platform: UsagePlatform;
  /** The key it asks with. */
  readonly key: string;
  count(request: CountedRequest): void;
  /** From now on every question meets it. */
  meet(fault: PlatformFault): Promise<void> | void;
  /** Questions that have reached the platform. */
  questions(): number;
}

export interface CountedSums {
  readonly requests: number;
  readonly tokens: number;
  readonly sessions: number;
  readonly costPico: bigint;
}

export function within({ from, to }: Period, requests: readonly CountedRequest[]): readonly CountedRequest[] {
  return requests.filter(({ at }) => at >= from && at < to);
}

/** What a platform says of requests; null for none. */
export function sumCounted(requests: readonly CountedRequest[]): CountedSums | null {
  if (requests.length === 0) return null;
  return {
    requests: requests.length,
    tokens: requests.reduce((sum, { tokens }) => sum + tokens, 0),
    sessions: new Set(requests.map(({ sessionId }) => sessionId)).size,
    costPico: requests.reduce((sum, { cost }) => sum + picoOf(cost), 0n),
  };
}

export function picoOf(cost: string): bigint {
  const amount = parseBilledAmount(cost);
  if (!amount.ok) throw new TypeError(`${cost}: ${amount.problem}`);
  return amount.pico;
}
