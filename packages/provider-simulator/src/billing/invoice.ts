import type { ProviderName } from "../models/model-card.ts";
import type { TokenCounts } from "./token-counts.ts";

/** One billed generation. A refused request has no line. Holds no content. */
export interface InvoiceLine {
  /** Unique within the simulator's life, in the order of billing. */
  readonly id: string;
  readonly provider: ProviderName;
  /** The path that was called, such as `/v1/chat/completions`. */
  readonly endpoint: string;
  /** The model that was billed, by its dated name. */
  readonly model: string;
  /** The id the answer carries (or would have carried, had it arrived); `null` where the endpoint has none. */
  readonly responseId: string | null;
  /** The request's `x-client-request-id` header. */
  readonly clientRequestId: string | null;
  /** When the request had arrived whole, epoch milliseconds. */
  readonly occurredAt: number;
  /** What was generated, whatever the answer reported. */
  readonly tokens: TokenCounts;
  /** 10⁻¹² USD. */
  readonly amountPico: bigint;
}

/** Everything billed so far. */
export interface Invoice {
  readonly lines: readonly InvoiceLine[];
  /** The exact sum of the lines, 10⁻¹² USD. */
  readonly totalPico: bigint;
}

/** The growing invoice of one simulator. */
export interface InvoiceBook {
  add(line: Omit<InvoiceLine, "id">): void;
  snapshot(): Invoice;
  clear(): void;
}

export function createInvoiceBook(): InvoiceBook {
  let lines: InvoiceLine[] = [];
  let totalPico = 0n;
  let count = 0;
  return {
    add(line) {
      count += 1;
      lines.push({ id: `line_${String(count).padStart(8, "0")}`, ...line });
      totalPico += line.amountPico;
    },
    snapshot: () => ({ lines: [...lines], totalPico }),
    clear() {
      lines = [];
      totalPico = 0n;
    },
  };
}
