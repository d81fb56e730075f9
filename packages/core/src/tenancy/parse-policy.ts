import type { Budget, BudgetSpan } from "../budgets/budget.ts";
import { type DataReader, join } from "../errors/data-reader.ts";
import type { ConcurrencyLimit, LimitScope, RateLimit } from "../limits/rate-limit.ts";
import { parseUsd } from "../money/decimal.ts";
import { parseObjective } from "../sla/parse-objective.ts";
import type { Objective } from "../sla/objective.ts";
import { formatDuration, parseDurationMs } from "../time/duration.ts";
import type { CalendarUnit } from "../time/period.ts";
import { parseAliases } from "./parse-aliases.ts";
import { type ModelRef, parseModelRef } from "./model-ref.ts";
import { parseCharge } from "./parse-charge.ts";
import type { TierPolicy } from "./tier.ts";

/** Fields of a tier that a tenant may override, as they are written in a configuration. */
export const policyFields: readonly string[] = [
  "models",
  "aliases",
  "features",
  "limits",
  "budgets",
  "objectives",
  "charge",
  "unpriced",
  "fixedHold",
  "maxOutputTokens",
  "clampToBudget",
  "timeout",
  "attemptTimeout",
  "retries",
  "traceContent",
  "keepAnswers",
  "store",
  "showCost",
];

const scopes: readonly LimitScope[] = ["tenant", "user", "feature", "key"];
const units: readonly CalendarUnit[] = ["hour", "day", "week", "month", "year"];

/** A budget that only warns may be told of far beyond its limit. */
const mostPercent = 1_000;
/** Fewer are of no use to anybody, and some interfaces of providers refuse a limit below it. */
const defaultMinOutputTokens = 16;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** The parts of a policy that are written; absent ones stay absent. Every problem is reported with its path. */
export function parsePolicy(
  reader: DataReader,
  raw: Readonly<Record<string, unknown>>,
  path: string,
): Partial<TierPolicy> {
  const policy: Partial<Mutable<TierPolicy>> = {};
  const at = (name: string): string => join(path, name);
  if (raw["models"] !== undefined) policy.route = parseRoute(reader, raw["models"], at("models"));
  if (raw["aliases"] !== undefined) policy.aliases = parseAliases(reader, raw["aliases"], at("aliases"));
  if (raw["features"] !== undefined) {
    policy.features = items(reader, raw["features"], at("features"), (item, where) => reader.text(item, where));
  }
  if (raw["limits"] !== undefined) Object.assign(policy, parseLimits(reader, raw["limits"], at("limits")));
  if (raw["budgets"] !== undefined) {
    policy.budgets = unique(
      reader,
      items(reader, raw["budgets"], at("budgets"), (item, where) => parseBudget(reader, item, where)),
      at("budgets"),
    );
  }
  if (raw["objectives"] !== undefined) {
    policy.objectives = unique(
      reader,
      items(reader, raw["objectives"], at("objectives"), (item, where): Objective | null =>
        parseObjective(reader, item, where),
      ),
      at("objectives"),
    );
  }
  if (raw["charge"] !== undefined) {
    const charge = parseCharge(reader, raw["charge"], at("charge"));
    if (charge !== null) policy.charge = charge;
  }
  parseScalars(reader, raw, path, policy);
  return policy;
}

function parseScalars(
  reader: DataReader,
  raw: Readonly<Record<string, unknown>>,
  path: string,
  policy: Partial<Mutable<TierPolicy>>,
): void {
  const set = <Key extends keyof TierPolicy>(key: Key, value: TierPolicy[Key] | null): void => {
    if (value !== null) policy[key] = value;
  };
  const given = <Type>(name: string, read: (value: unknown, where: string) => Type | null): Type | null =>
    raw[name] === undefined ? null : read(raw[name], join(path, name));
  set(
    "unpriced",
    given("unpriced", (value, where) => reader.choice(value, where, ["deny", "allow"])),
  );
  set(
    "maxOutputTokens",
    given("maxOutputTokens", (value, where) => reader.whole(value, where, 1)),
  );
  if (raw["clampToBudget"] !== undefined) {
    policy.clampToBudget = parseClamp(reader, raw["clampToBudget"], join(path, "clampToBudget"));
  }
  set(
    "retries",
    given("retries", (value, where) => reader.whole(value, where, 0)),
  );
  set(
    "traceContent",
    given("traceContent", (value, where) => reader.flag(value, where)),
  );
  set(
    "keepAnswers",
    given("keepAnswers", (value, where) => reader.flag(value, where)),
  );
  set(
    "store",
    given("store", (value, where) => reader.flag(value, where)),
  );
  set(
    "showCost",
    given("showCost", (value, where) => reader.flag(value, where)),
  );
  set(
    "timeoutMs",
    given("timeout", (value, where) => duration(reader, value, where)),
  );
  set(
    "attemptTimeoutMs",
    given("attemptTimeout", (value, where) => duration(reader, value, where)),
  );
  set(
    "fixedHoldPico",
    given("fixedHold", (value, where) => amount(reader, value, where)),
  );
}

/** A list of `provider/model`, in order of preference. */
export function parseRoute(reader: DataReader, raw: unknown, path: string): readonly ModelRef[] {
  const route = items(reader, raw, path, (item, where) => {
    const ref = typeof item === "string" ? parseModelRef(item) : null;
    if (ref === null) reader.report(where, 'must be a model as "provider/model", such as "acme/large"');
    return ref;
  });
  if (Array.isArray(raw) && raw.length === 0) reader.report(path, "must name at least one model");
  return route;
}

function parseLimits(
  reader: DataReader,
  raw: unknown,
  path: string,
): { limits: readonly RateLimit[]; concurrency: readonly ConcurrencyLimit[] } {
  const limits: RateLimit[] = [];
  const concurrency: ConcurrencyLimit[] = [];
  for (const [index, item] of reader.list(raw, path).entries()) {
    const where = join(path, index);
    const fields = reader.fields(item, where, ["calls", "tokens", "concurrent", "per", "scope"]);
    if (fields === null) continue;
    const named = (["calls", "tokens", "concurrent"] as const).filter((name) => fields[name] !== undefined);
    const metric = named[0];
    if (metric === undefined || named.length > 1) {
      reader.report(where, "must set exactly one of calls, tokens, concurrent");
      continue;
    }
    const capacity = reader.whole(fields[metric], join(where, metric), 0);
    const scope = parseScope(reader, fields["scope"], join(where, "scope"));
    if (metric === "concurrent") {
      if (fields["per"] !== undefined)
        reader.report(join(where, "per"), "does not apply to concurrent calls; leave it out");
      if (capacity !== null && scope !== null) concurrency.push({ id: limitId(metric, null, scope), capacity, scope });
      continue;
    }
    const windowMs = duration(reader, fields["per"], join(where, "per"));
    if (capacity === null || scope === null || windowMs === null) continue;
    limits.push({ id: limitId(metric, formatDuration(windowMs), scope), metric, capacity, windowMs, scope });
  }
  return { limits: unique(reader, limits, path), concurrency: unique(reader, concurrency, path) };
}

function parseBudget(reader: DataReader, raw: unknown, path: string): Budget | null {
  const fields = reader.fields(raw, path, ["usd", "per", "within", "scope", "onBreach", "rollover", "alertAt"]);
  if (fields === null) return null;
  const limitPico = amount(reader, fields["usd"], join(path, "usd"));
  const scope = parseScope(reader, fields["scope"], join(path, "scope"));
  const breach =
    fields["onBreach"] === undefined
      ? "block"
      : reader.choice(fields["onBreach"], join(path, "onBreach"), ["block", "warn"]);
  const span = parseSpan(reader, fields, path);
  const rolloverPico =
    fields["rollover"] === undefined ? undefined : amount(reader, fields["rollover"], join(path, "rollover"));
  const alertAtPercent =
    fields["alertAt"] === undefined ? undefined : percents(reader, fields["alertAt"], join(path, "alertAt"));
  if (limitPico === null || scope === null || breach === null || span === null || rolloverPico === null) return null;
  if (rolloverPico !== undefined && span.kind === "rolling") {
    reader.report(join(path, "rollover"), "does not apply to a window; nothing ends there that could leave something");
  }
  const length = span.kind === "calendar" ? span.unit : formatDuration(span.windowMs);
  return {
    id: limitId("budget", length, scope),
    limitPico,
    span,
    scope,
    breach,
    ...(rolloverPico === undefined ? {} : { rolloverPico }),
    ...(alertAtPercent === undefined ? {} : { alertAtPercent }),
  };
}

/** Whole per cent, each once, in order. */
function percents(reader: DataReader, raw: unknown, path: string): readonly number[] {
  const list = items(reader, raw, path, (item, where) => {
    const percent = reader.whole(item, where, 1);
    if (percent !== null && percent > mostPercent) reader.report(where, `must be at most ${mostPercent}`);
    return percent;
  });
  return [...new Set(list)].sort((a, b) => a - b);
}

function parseClamp(reader: DataReader, raw: unknown, path: string): TierPolicy["clampToBudget"] {
  // A tenant's override may take it away again.
  if (raw === false) return null;
  if (raw === true) return { minOutputTokens: defaultMinOutputTokens };
  const fields = reader.fields(raw, path, ["minOutputTokens"]);
  if (fields === null) return null;
  const minOutputTokens = reader.whole(fields["minOutputTokens"], join(path, "minOutputTokens"), 1);
  return minOutputTokens === null ? null : { minOutputTokens };
}

function parseSpan(reader: DataReader, fields: Readonly<Record<string, unknown>>, path: string): BudgetSpan | null {
  if ((fields["per"] === undefined) === (fields["within"] === undefined)) {
    reader.report(path, `must set either per (${units.join(", ")}) or within (a duration such as "24h")`);
    return null;
  }
  if (fields["per"] !== undefined) {
    const unit = reader.choice(fields["per"], join(path, "per"), units);
    return unit === null ? null : { kind: "calendar", unit };
  }
  const windowMs = duration(reader, fields["within"], join(path, "within"));
  return windowMs === null ? null : { kind: "rolling", windowMs };
}

function parseScope(reader: DataReader, raw: unknown, path: string): LimitScope | null {
  return raw === undefined ? "tenant" : reader.choice(raw, path, scopes);
}

function duration(reader: DataReader, raw: unknown, path: string): number | null {
  return reader.parsed(parseDurationMs(raw), path)?.ms ?? null;
}

function amount(reader: DataReader, raw: unknown, path: string): bigint | null {
  const parsed = reader.parsed(parseUsd(raw), path);
  if (parsed === null) return null;
  if (parsed.pico >= 0n) return parsed.pico;
  reader.report(path, "must not be negative");
  return null;
}

function limitId(metric: string, length: string | null, scope: LimitScope): string {
  return [metric, ...(length === null ? [] : [length]), ...(scope === "tenant" ? [] : [scope])].join("-");
}

function items<Type>(
  reader: DataReader,
  raw: unknown,
  path: string,
  read: (item: unknown, path: string) => Type | null,
): readonly Type[] {
  return reader.list(raw, path).flatMap((item, index) => {
    const value = read(item, join(path, index));
    return value === null ? [] : [value];
  });
}

/** Two limits of the same kind, length and scope would share one count: the writer meant something else. */
function unique<Item extends { readonly id: string }>(
  reader: DataReader,
  list: readonly Item[],
  path: string,
): readonly Item[] {
  const seen = new Set<string>();
  for (const { id } of list) {
    if (seen.has(id)) reader.report(path, `has ${id} twice; keep one`);
    seen.add(id);
  }
  return list;
}
