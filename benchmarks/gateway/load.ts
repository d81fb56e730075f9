/** Where requests go. */
export interface Target {
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
}

/** What the load generator does. Every plan ends by itself. */
export interface LoadPlan {
  readonly target: Target;
  readonly body: string | null;
  /** How long new requests are started, ms; those running then may end. */
  readonly durationMs: number;
  /** `clients` that each send their next request when the last has ended, or `perSecond` requests whatever becomes of them. */
  readonly rhythm:
    | {
        readonly kind: "clients";
        readonly clients: number;
        /** Time over which they begin, ms. */ readonly spreadMs: number;
      }
    | { readonly kind: "steady"; readonly perSecond: number };
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** What came of a plan. */
export interface LoadResult {
  readonly answered: number;
  readonly failed: number;
  readonly firstFailure: string | null;
  /** Answers a second, from the first request to the last answer. */
  readonly perSecond: number;
  /** To the last byte, ms. A steady rhythm counts from when the request was due. */
  readonly totalMs: Quantiles;
  /** To the first byte of the answer's body, ms. */
  readonly firstByteMs: Quantiles;
}

export interface LoadOrder {
  readonly id: number;
  readonly plan: LoadPlan;
}

export type LoadReport = { readonly id: number } & ({ readonly result: LoadResult } | { readonly error: string });
