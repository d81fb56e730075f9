import type { Shape } from "./made-spans.ts";
import type { Encoding } from "./to-export.ts";

/** What the sender is told to do. Bodies are made before the first is sent. */
export interface ExportPlan {
  readonly origin: string;
  readonly key: string;
  readonly encoding: Encoding;
  readonly shape: Shape;
  /** Number of the first trace: from it follow tenants and tokens. */
  readonly firstTrace: number;
  readonly batches: number;
  readonly spansOfBatch: number;
  /** No export is begun after that, ms; null sends them all. */
  readonly durationMs: number | null;
  /** Exports at once; or spans a second, whatever becomes of them. */
  readonly rhythm:
    | { readonly kind: "inFlight"; readonly requests: number }
    | { readonly kind: "steady"; readonly spansPerSecond: number };
}

/** What became of a plan. */
export interface Exported {
  readonly spans: number;
  /** From the first request to the last answer. */
  readonly tookMs: number;
  readonly bodyBytes: number;
}

export type SenderOrder = { readonly id: number } & (
  | { readonly kind: "prepare"; readonly plan: ExportPlan }
  | { readonly kind: "send" }
);

export type SenderReport = { readonly id: number } & (
  | { readonly exported: Exported | null }
  | { readonly error: string }
);
