import type { OtlpEncoding, ReadLimits, RefusedSpans } from "@tenantry/adapters-ingest-otlp";
import type { ErrorCode, Issue, ReportedSpan } from "@tenantry/core";

/** Spans of one export: what its length allows is bounded already, and what is refused here would never come again. */
export const readLimits: ReadLimits = { spans: 200_000 };

export interface ThreadQuestion {
  readonly id: number;
  readonly body: Uint8Array;
  readonly encoding: OtlpEncoding;
}

/** What was read comes in parts, so that taking one of them holds nobody up. */
export type ThreadAnswer =
  | { readonly id: number; readonly kind: "part"; readonly spans: readonly ReportedSpan[] }
  | { readonly id: number; readonly kind: "read"; readonly refused: readonly RefusedSpans[] }
  | {
      readonly id: number;
      readonly kind: "failed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly publicMessage: string;
      readonly issues: readonly Issue[];
    };
