/** What a program saw of one HTTP exchange with a gateway, one JSON object a line. */
export interface SeenExchange {
  readonly event: "begun" | "ended";
  readonly tenantId: string;
  readonly status: number;
  /** Headers of the answer. */
  readonly callId: string | null;
  readonly attempts: number | null;
  readonly replayed: boolean;
  /** What the program sent as `Idempotency-Key`, and as its session. */
  readonly key: string | null;
  readonly streamed: boolean;
  /** SHA-256 of a body that was seen to its end. */
  readonly bodyHash: string | null;
  /** The error's code, where there was one. */
  readonly code: string | null;
}

/** What a caller within a process saw of a call. */
export interface SeenCall {
  readonly event: "open" | "begun" | "ended" | "denied";
  readonly callId: string | null;
  readonly tenantId: string | null;
  readonly outcome: string | null;
}
