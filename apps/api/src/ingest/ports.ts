import type { Clock, Ingest, Keys, Log, ReportedSpan, TenantDirectory } from "@tenantry/core";
import type { Gate } from "../operations/gate.ts";
import type { IngestMetrics } from "../operations/ingest-metrics.ts";
import type { CallsBeside } from "./calls-beside.ts";

/** Reads exports of either encoding, away from the event loop where they are long. */
export interface SpanReader {
  /** Rejects with `invalid_request` for what is no export. */
  read(
    body: Uint8Array,
    encoding: "json" | "protobuf",
  ): Promise<{
    readonly spans: readonly ReportedSpan[];
    readonly refused: readonly { readonly reason: string; readonly spans: number }[];
  }>;
}

export interface IngestPlaneOptions {
  /** Most bytes of an export after decompression. */
  readonly bodyBytes: number;
}

/** Everything that takes in spans speaks to. */
export interface IngestPlanePorts {
  readonly ingest: Pick<Ingest, "record">;
  readonly spanReader: SpanReader;
  readonly tenants: Pick<TenantDirectory, "find">;
  readonly keys: Pick<Keys, "authenticate">;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: Gate;
  /** Of the data plane: where there are any, spans are recorded in smaller parts. */
  callsBeside(): CallsBeside;
  readonly metrics: IngestMetrics;
  readonly options: IngestPlaneOptions;
}
