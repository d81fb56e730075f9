export { readReportedSpans } from "./read-reported-spans.ts";
export type { OtlpEncoding, ReadLimits, ReadSpans, RefusedSpans } from "./read-reported-spans.ts";
