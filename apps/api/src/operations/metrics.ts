import { type CallEnded, formatModelRef, formatUsd, marginOf, tokenClasses } from "@tenantry/core";
import {
  createCounter,
  createExactCounter,
  createGauge,
  createHistogram,
  createReadCounter,
  type MetricFamily,
} from "./metric-family.ts";

/** What the server reads when it is asked. */
export interface MetricSources {
  inFlight(): number;
  streams(): number;
  pendingSettlements(): number;
  /** Of the book in force. */
  priceBookAgeSeconds(): number;
  /** What others count beside this. */
  readonly more: readonly MetricFamily[];
  telemetry(): { readonly sent: number; readonly dropped: number; readonly queued: number };
}

/** What happens on the data plane, counted. No label names a tenant: their number has no bound. */
export interface Metrics {
  /** A request was answered, with whatever status. */
  request(route: string, status: number, seconds: number): void;
  /** A call was not made. */
  denied(code: string): void;
  /** This share of some tenant's budget is spent. */
  budgetReached(percent: number): void;
  /** A call is being made: from before its admission until it is settled. */
  begun(): void;
  ended(route: string, ended: CallEnded | null): void;
  /** Everything in Prometheus' text format. */
  text(): string;
}

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

const secondBounds: readonly number[] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120];

export function createMetrics(sources: MetricSources): Metrics {
  const requests = createCounter("tenantry_http_requests_total", "Requests of the data plane by route and status.");
  const durations = createHistogram(
    "tenantry_http_request_seconds",
    "From the first byte in to the last byte out.",
    secondBounds,
  );
  const calls = createCounter("tenantry_calls_total", "Calls admitted, by outcome.");
  const denials = createCounter("tenantry_denials_total", "Calls not made, by reason.");
  const budgets = createCounter(
    "tenantry_budget_events_total",
    "Budgets of which this per cent is spent, each told once.",
  );
  const attempts = createCounter("tenantry_attempts_total", "Requests sent to providers, by outcome.");
  const tokens = createCounter("tenantry_tokens_total", "Tokens by the model that answered and by class.");
  const cost = createExactCounter("tenantry_cost_usd_total", "What providers bill, where it is known.", formatUsd);
  const charge = createExactCounter(
    "tenantry_charge_usd_total",
    "What tenants pay, where it is known; less than cost over a time is a loss.",
    formatUsd,
  );
  const unknownMargin = createCounter(
    "tenantry_unknown_margin_attempts_total",
    "Attempts of which cost or charge is unknown.",
  );
  const unknown = createCounter("tenantry_unknown_cost_attempts_total", "Attempts of unknown cost.");
  const latency = createHistogram("tenantry_call_latency_seconds", "From admission to the last byte.", secondBounds);
  const ttft = createHistogram("tenantry_call_ttft_seconds", "From admission to the first token.", secondBounds);
  let open = 0;
  const families: readonly MetricFamily[] = [
    requests,
    durations,
    calls,
    denials,
    budgets,
    attempts,
    tokens,
    cost,
    charge,
    unknownMargin,
    unknown,
    latency,
    ttft,
    createGauge("tenantry_open_holds", "Calls of this process whose money is held and not yet settled.", () => open),
    createGauge("tenantry_requests_in_flight", "Requests of the data plane now.", () => sources.inFlight()),
    createGauge("tenantry_streams_open", "Streams now.", () => sources.streams()),
    createGauge("tenantry_settlements_pending", "Closings that wait for a store that works.", () =>
      sources.pendingSettlements(),
    ),
    createGauge("tenantry_price_book_age_seconds", "Since the prices in force were recorded.", () =>
      sources.priceBookAgeSeconds(),
    ),
    createGauge("tenantry_telemetry_queued", "Spans waiting to be sent.", () => sources.telemetry().queued),
    createReadCounter("tenantry_telemetry_sent_total", "Spans delivered.", () => sources.telemetry().sent),
    createReadCounter(
      "tenantry_telemetry_dropped_total",
      "Spans that will never arrive.",
      () => sources.telemetry().dropped,
    ),
    ...sources.more,
    createGauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss()),
  ];

  function record(route: string, { record: call, lines }: CallEnded): void {
    const model = formatModelRef(call.model);
    calls.add({ route, model, outcome: call.outcome }, 1);
    if (call.latencyMs !== null) latency.observe({ route, model }, call.latencyMs / 1000);
    if (call.ttftMs !== null) ttft.observe({ route, model }, call.ttftMs / 1000);
    for (const line of lines) {
      const answered = formatModelRef(line.answered);
      attempts.add({ model: answered, outcome: line.outcome }, 1);
      if (line.costPico === null) unknown.add({ model: answered }, 1);
      else cost.add({ model: answered }, line.costPico);
      if (line.chargePico !== null) charge.add({ model: answered }, line.chargePico);
      if (marginOf(line) === null) unknownMargin.add({ model: answered }, 1);
      if (line.usage === null) continue;
      for (const name of tokenClasses) {
        const count = line.usage.tokens[name];
        if (count > 0) tokens.add({ model: answered, class: name }, count);
      }
    }
  }

  return {
    request(route, status, seconds) {
      requests.add({ route, status: String(status) }, 1);
      durations.observe({ route }, seconds);
    },
    denied: (code) => denials.add({ reason: code }, 1),
    budgetReached: (percent) => budgets.add({ percent: String(percent) }, 1),
    begun: () => void (open += 1),
    ended(route, ended) {
      open -= 1;
      if (ended !== null) record(route, ended);
    },
    text: () => families.map((one) => one.text()).join(""),
  };
}
