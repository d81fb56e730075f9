/** What the exporter does. Every plan ends by itself. */
export interface ExportPlan {
  readonly origin: string;
  readonly key: string;
  readonly encoding: "json" | "protobuf";
  readonly shape: TraceShape;
  /** Exports made before the clock starts, and then sent, each once. */
  readonly batches: number;
  readonly spansOfBatch: number;
  /** Exports under way at once. */
  readonly width: number;
  /** Spans a second, as evenly as whole exports allow; 0 as fast as they are taken. */
  readonly spansPerSecond: number;
}

/** Spans of a trace: a request and the model's answer; or a request, a step, a framework's span and the model's answer. */
export type TraceShape = "two" | "four";

export interface ExportResult {
  readonly spans: number;
  readonly spansPerSecond: number;
  readonly seconds: number;
}

export interface ExportOrder {
  readonly id: number;
  readonly plan: ExportPlan;
}

export type ExportReport = { readonly id: number } & ({ readonly result: ExportResult } | { readonly error: string });
