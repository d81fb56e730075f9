import {
  calendarPeriod,
  divideRounded,
  emptySketch,
  eachPeriod,
  formatInstant,
  mergeSketches,
  type Period,
  type QueryScope,
  sketchQuantile,
  TenantryError,
  totalTokens,
  type UsageReader,
  type UsageRow,
} from "@tenantry/core";
import type { ChartBody } from "../control-plane/schemas/netra-schemas.ts";
import { type Conditions, readConditions } from "./conditions.ts";
import { exactUsd } from "./exact-usd.ts";
import { amountOfSums, type ShownMoney } from "./shown-money.ts";

/** Points of a chart: the hours of a month. Each is a question to the ledger. */
const mostPoints = 744;
const minuteMs = 60_000;

export interface ChartSources {
  readonly reader: Pick<UsageReader, "usage" | "sla">;
}

interface Asked extends Conditions {
  readonly body: ChartBody;
  readonly scope: QueryScope;
  readonly timeZone: string;
  readonly money: ShownMoney;
}

/** A value of one part of the chart, by model where models are told apart, else under "". */
type Values = ReadonlyMap<string, unknown>;

/**
 * A figure over time, by model, or alone, as a chart has it.
 *
 * @throws TenantryError `invalid_request` that names what cannot be answered, and says what can be asked.
 */
export async function readChart(
  { reader }: ChartSources,
  scope: QueryScope,
  body: ChartBody,
  period: Period,
  timeZone: string,
  money: ShownMoney,
): Promise<unknown> {
  const asked: Asked = { body, scope, timeZone, money, ...readConditions(body.filter.filters, "filter.filters") };
  checkMeasure(asked);
  const { chartType } = body;
  const isOverTime = chartType === "Line Time Series" || chartType === "Bar Time Series";
  const data = isOverTime ? await overTime(reader, asked, period) : await atOnce(reader, asked, period);
  return { timeRange: { startTime: formatInstant(period.from), endTime: formatInstant(period.to) }, data };
}

async function overTime(reader: ChartSources["reader"], asked: Asked, period: Period): Promise<unknown> {
  const points = pointsOf(period, asked.body.filter.groupBy, asked.timeZone);
  const series: { readonly date: string; readonly values: Values }[] = [];
  for (const point of points) {
    series.push({ date: formatInstant(point.from), values: await readValues(reader, asked, clipped(point, period)) });
  }
  if (asked.body.dimension === undefined) return series.map(({ date, values }) => ({ date, value: values.get("") }));
  const dimensions = [...new Set(series.flatMap(({ values }) => [...values.keys()]))].sort();
  const timeSeries = series.map(({ date, values }) => ({ date, values: categories(values) }));
  return { timeSeries, dimensions };
}

async function atOnce(reader: ChartSources["reader"], asked: Asked, period: Period): Promise<unknown> {
  const { chartType, dimension } = asked.body;
  if (chartType === "Number") {
    if (dimension !== undefined) throw refused("dimension", "a Number has none; ask for a Pie or a bar");
    return { value: (await readValues(reader, asked, period)).get("") };
  }
  if (dimension === undefined) throw refused("dimension", `${chartType} needs one: { "field": "model_name" }`);
  return categories(await readValues(reader, asked, period));
}

function categories(values: Values): unknown {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([dimension, value]) => ({ dimension, value }));
}

function pointsOf(period: Period, every: ChartBody["filter"]["groupBy"], timeZone: string): readonly Period[] {
  const leastMs = { minute: minuteMs, hour: 60 * minuteMs, day: 23 * 60 * minuteMs }[every];
  if ((period.to - period.from) / leastMs > mostPoints + 1) {
    throw refused("filter.groupBy", `gives more than ${mostPoints} points; ask for a shorter time or longer steps`);
  }
  if (every !== "minute") return eachPeriod(every, period, timeZone);
  const first = calendarPeriod("hour", period.from, "UTC").from;
  const points: Period[] = [];
  for (let from = period.from - ((period.from - first) % minuteMs); from < period.to; from += minuteMs) {
    points.push({ from, to: from + minuteMs });
  }
  return points;
}

function clipped(point: Period, period: Period): Period {
  return { from: Math.max(point.from, period.from), to: Math.min(point.to, period.to) };
}

type Body = ChartBody;

/** What can be asked of each measure: everything else is refused by name. */
const known: Readonly<Partial<Record<Body["metrics"]["measure"], readonly Body["metrics"]["aggregation"][]>>> = {
  "Request Count": ["Total Count"],
  "Total Cost": ["Total Count", "Average"],
  "Total Tokens": ["Total Count", "Average"],
  "Error Rate": ["Percentage", "Total Count"],
  Latency: ["p50", "Median (p50)", "p90", "p95", "p99"],
};

const quantiles: Readonly<Partial<Record<Body["metrics"]["aggregation"], number>>> = {
  p50: 0.5,
  "Median (p50)": 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
};

function checkMeasure({ body, equal, passes }: Asked): void {
  const { measure, aggregation } = body.metrics;
  const aggregations = known[measure];
  if (aggregations === undefined) {
    throw refused("metrics.measure", `${measure} is not kept; ask for ${Object.keys(known).join(", ")}`);
  }
  if (!aggregations.includes(aggregation)) {
    throw refused("metrics.aggregation", `${measure} can be asked as ${aggregations.join(", ")}`);
  }
  if (body.scope === "Spans" && (measure === "Latency" || measure === "Error Rate")) {
    throw refused("scope", `${measure} is kept of calls; ask with the scope Traces`);
  }
  if (measure !== "Latency") return;
  if (body.dimension !== undefined) throw refused("dimension", "Latency is not kept by model");
  if (equal.userId !== undefined || equal.sessionId !== undefined || passes.model !== null) {
    throw refused("filter.filters", "Latency is kept by tenant; filter by tenant_id alone");
  }
}

async function readValues(reader: ChartSources["reader"], asked: Asked, period: Period): Promise<Values> {
  return asked.body.metrics.measure === "Latency"
    ? await readLatency(reader, asked, period)
    : await readCounts(reader, asked, period);
}

async function readLatency(reader: ChartSources["reader"], asked: Asked, period: Period): Promise<Values> {
  const { tenantId } = asked.equal;
  const { latencies } = await reader.sla(asked.scope, { period, ...(tenantId === undefined ? {} : { tenantId }) });
  const sketch = emptySketch();
  for (const { tenantId: of, latency } of latencies)
    if (asked.passes.tenant?.(of) !== false) mergeSketches(sketch, latency);
  return new Map([["", sketchQuantile(sketch, quantiles[asked.body.metrics.aggregation] ?? 0.5)]]);
}

interface Sums {
  calls: number;
  attempts: number;
  failed: number;
  tokens: number;
  pico: bigint;
}

async function readCounts(reader: ChartSources["reader"], asked: Asked, period: Period): Promise<Values> {
  const { passes, equal, money, scope, timeZone } = asked;
  const byModel = asked.body.dimension !== undefined;
  const rows = await reader.usage(scope, {
    period,
    timeZone,
    groupBy: [
      ...(passes.tenant === null ? [] : (["tenant"] as const)),
      ...(byModel || passes.model !== null ? (["model"] as const) : []),
    ],
    ...equal,
  });
  const sums = new Map<string, Sums>();
  const sumsOf = (name: string): Sums => {
    const sum = sums.get(name) ?? { calls: 0, attempts: 0, failed: 0, tokens: 0, pico: 0n };
    sums.set(name, sum);
    return sum;
  };
  if (!byModel) sumsOf("");
  for (const row of rows) {
    if (!isIncluded(row, asked)) continue;
    const sum = sumsOf(byModel ? modelName(row.model) : "");
    sum.calls += row.calls;
    sum.attempts += row.attempts;
    sum.failed += row.failed;
    sum.tokens += totalTokens(row.tokens);
    sum.pico += amountOfSums(row, money);
  }
  return new Map([...sums].map(([name, sum]) => [name, valueOf(sum, asked.body)]));
}

function isIncluded({ tenantId, model, calls, attempts }: UsageRow, { passes, body }: Asked): boolean {
  if (body.dimension !== undefined && calls + attempts === 0) return false;
  return passes.tenant?.(tenantId ?? "") !== false && passes.model?.(modelName(model)) !== false;
}

/** As Netra has it, without the provider. */
function modelName(model: string | null | undefined): string {
  return model?.slice(model.indexOf("/") + 1) ?? "";
}

function valueOf({ calls, attempts, failed, tokens, pico }: Sums, { metrics, scope }: Body): unknown {
  const { measure, aggregation } = metrics;
  const requests = scope === "Spans" ? attempts : calls;
  const isAverage = aggregation === "Average";
  switch (measure) {
    case "Request Count":
      return requests;
    case "Total Tokens":
      return isAverage ? (requests === 0 ? null : tokens / requests) : tokens;
    case "Total Cost":
      if (!isAverage) return exactUsd(pico);
      return requests === 0 ? null : exactUsd(divideRounded(pico, BigInt(requests), "half-even"));
    case "Error Rate":
      return aggregation === "Total Count" ? failed : calls === 0 ? null : (100 * failed) / calls;
    default:
      throw refused("metrics.measure", `${measure} is not kept`);
  }
}

function refused(field: string, message: string): TenantryError {
  return TenantryError.invalidRequest(field, message);
}
