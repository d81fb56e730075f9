import { type DataReader, join } from "../errors/data-reader.ts";
import { parseDurationMs } from "../time/duration.ts";
import type { Objective } from "./objective.ts";

/**
 * Reads `{ latency: p95, under: 2s }`, `{ ttft: p99, under: 500ms }` or `{ errors: "99.9%" }` (the share that must
 * succeed), each with an optional `minCalls`. Problems are reported with their path.
 */
export function parseObjective(reader: DataReader, raw: unknown, path: string): Objective | null {
  const fields = reader.fields(raw, path, ["latency", "ttft", "errors", "under", "minCalls"]);
  if (fields === null) return null;
  const named = (["latency", "ttft", "errors"] as const).filter((name) => fields[name] !== undefined);
  const metric = named[0];
  if (metric === undefined || named.length > 1) {
    reader.report(path, "must set exactly one of latency, ttft, errors");
    return null;
  }
  const share = parseShare(fields[metric], metric);
  if (share === null) {
    const example = metric === "errors" ? 'the share that must succeed, such as "99.9%"' : 'a quantile such as "p95"';
    reader.report(join(path, metric), `must be ${example}, above 0 and below 100 with at most 4 decimals`);
  }
  const thresholdMs = parseThreshold(reader, fields["under"], metric, join(path, "under"));
  const minCalls =
    fields["minCalls"] === undefined ? undefined : reader.whole(fields["minCalls"], join(path, "minCalls"), 1);
  if (share === null || thresholdMs === undefined || minCalls === null) return null;
  return {
    id: [metric, share.label, ...(thresholdMs === null ? [] : [`${thresholdMs}ms`])].join("-"),
    metric,
    quantile: share.quantile,
    thresholdMs,
    minCalls: minCalls ?? share.minCalls,
  };
}

/** The threshold in ms, null where none applies, undefined when it is wrong. */
function parseThreshold(
  reader: DataReader,
  raw: unknown,
  metric: Objective["metric"],
  path: string,
): number | null | undefined {
  if (metric === "errors") {
    if (raw !== undefined) reader.report(path, "does not apply to errors; leave it out");
    return raw === undefined ? null : undefined;
  }
  return reader.parsed(parseDurationMs(raw), path)?.ms;
}

interface Share {
  readonly label: string;
  readonly quantile: number;
  /** ⌈1 / (1 − q)⌉, in whole numbers: below it one bad call alone would decide. */
  readonly minCalls: number;
}

function parseShare(raw: unknown, metric: Objective["metric"]): Share | null {
  const pattern = metric === "errors" ? /^([0-9]{1,2})(?:\.([0-9]{1,4}))?%$/ : /^p([0-9]{1,2})(?:\.([0-9]{1,4}))?$/;
  const match = typeof raw === "string" ? pattern.exec(raw) : null;
  if (match === null) return null;
  const ppm = Number(`${match[1]}${(match[2] ?? "").padEnd(4, "0")}`);
  if (ppm === 0) return null;
  return { label: `p${ppm / 10_000}`, quantile: ppm / 1_000_000, minCalls: Math.ceil(1_000_000 / (1_000_000 - ppm)) };
}
