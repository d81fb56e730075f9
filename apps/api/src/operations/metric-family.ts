/** One of Prometheus' metric families: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export interface MetricFamily {
  /** Its lines in the text format, each ended. */
  text(): string;
}

export type Labels = Readonly<Record<string, string>>;

/** Label sets of one family at most; what comes later counts under this label. A flood of names must not fill memory. */
const mostSeries = 500;
const overflow = "(other)";

export interface Counter<Amount> extends MetricFamily {
  /** `amount` is at least 0. */
  add(labels: Labels, amount: Amount): void;
}

export function createCounter(name: string, help: string): Counter<number> {
  const sums = createSeries(() => ({ sum: 0 }));
  return {
    add(labels, amount) {
      sums.of(labels).sum += amount;
    },
    text: () =>
      family(
        name,
        help,
        "counter",
        sums.all().map(([key, { sum }]) => `${name}${braces(key)} ${sum}\n`),
      ),
  };
}

/** A counter whose sums are exact integers and written by `write`. */
export function createExactCounter(name: string, help: string, write: (sum: bigint) => string): Counter<bigint> {
  const sums = createSeries(() => ({ sum: 0n }));
  return {
    add(labels, amount) {
      sums.of(labels).sum += amount;
    },
    text: () =>
      family(
        name,
        help,
        "counter",
        sums.all().map(([key, { sum }]) => `${name}${braces(key)} ${write(sum)}\n`),
      ),
  };
}

/** Values that are read when somebody asks. */
export function createGauge(name: string, help: string, read: () => number): MetricFamily {
  return { text: () => family(name, help, "gauge", [`${name} ${read()}\n`]) };
}

/** A counter that something else keeps. */
export function createReadCounter(name: string, help: string, read: () => number): MetricFamily {
  return { text: () => family(name, help, "counter", [`${name} ${read()}\n`]) };
}

export interface Histogram extends MetricFamily {
  observe(labels: Labels, seconds: number): void;
}

interface Buckets {
  readonly counts: number[];
  sum: number;
  count: number;
}

export function createHistogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = createSeries<Buckets>(() => ({ counts: bounds.map(() => 0), sum: 0, count: 0 }));
  return {
    observe(labels, seconds) {
      const buckets = series.of(labels);
      const place = bounds.findIndex((bound) => seconds <= bound);
      if (place >= 0) buckets.counts[place] = (buckets.counts[place] ?? 0) + 1;
      buckets.sum += seconds;
      buckets.count += 1;
    },
    text: () =>
      family(
        name,
        help,
        "histogram",
        series.all().flatMap(([key, buckets]) => histogramLines(name, key, bounds, buckets)),
      ),
  };
}

function histogramLines(
  name: string,
  key: string,
  bounds: readonly number[],
  { counts, sum, count }: Buckets,
): string[] {
  let below = 0;
  const lines = bounds.map((bound, index) => {
    below += counts[index] ?? 0;
    return `${name}_bucket${braces(join(key, `le="${bound}"`))} ${below}\n`;
  });
  return [
    ...lines,
    `${name}_bucket${braces(join(key, 'le="+Inf"'))} ${count}\n`,
    `${name}_sum${braces(key)} ${sum}\n`,
    `${name}_count${braces(key)} ${count}\n`,
  ];
}

function family(name: string, help: string, type: string, lines: readonly string[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

interface Series<Value> {
  /** The value of a label set; always the same names in the same order. */
  of(labels: Labels): Value;
  /** Values by their labels as text. */
  all(): readonly (readonly [key: string, value: Value])[];
}

/** Labels are put into text once for each set, not for each time it is counted. */
function createSeries<Value>(create: () => Value): Series<Value> {
  const known = new Map<string, { readonly key: string; readonly value: Value }>();
  const series = (place: string, labels: Labels): Value => {
    const found = known.get(place);
    if (found !== undefined) return found.value;
    const value = create();
    known.set(place, { key: labelText(labels), value });
    return value;
  };
  return {
    of(labels) {
      const place = placeOf(labels);
      const found = known.get(place);
      if (found !== undefined) return found.value;
      if (known.size < mostSeries) return series(place, labels);
      return series(overflow, Object.fromEntries(Object.keys(labels).map((name) => [name, overflow])));
    },
    all: () => [...known.values()].map(({ key, value }) => [key, value] as const),
  };
}

function placeOf(labels: Labels): string {
  let place = "";
  for (const name in labels) place += `${labels[name]}\n`;
  return place;
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function join(key: string, more: string): string {
  return key === "" ? more : `${key},${more}`;
}

function braces(key: string): string {
  return key === "" ? "" : `{${key}}`;
}
