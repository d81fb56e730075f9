import type { DenialCount } from "../ports/usage-ledger.port.ts";
import { addTokens, noTokens } from "../pricing/usage.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import { calendarPeriod, type Period } from "../time/period.ts";
import { zoneOffsetMs } from "../time/time-zone.ts";
import { formatInstant, type Instant } from "../time/instant.ts";
import type { CallRecord } from "./call-record.ts";
import { isUnpriced, type LedgerLine, marginOf } from "./ledger-line.ts";
import type { UsageDimension, UsageQuery, UsageRow, UsageSums } from "./usage-query.ts";

/** The field of a row that each dimension fills. */
const rowFields = {
  tenant: "tenantId",
  user: "userId",
  session: "sessionId",
  feature: "feature",
  featureUsed: "featureUsed",
  model: "model",
  day: "day",
  month: "month",
} as const satisfies Record<UsageDimension, keyof UsageRow>;

/** What a line, a call and a denial have in common for grouping. */
interface Facts {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly feature: string | null;
  readonly featuresUsed: readonly string[];
  readonly model: string | null;
  readonly at: Instant;
}

type Key = readonly (string | null)[];
type Sums = { -readonly [Field in keyof UsageSums]: UsageSums[Field] };

const noUsage: UsageSums = {
  calls: 0,
  attempts: 0,
  denied: 0,
  failed: 0,
  tokens: noTokens,
  costPico: 0n,
  chargePico: 0n,
  marginPico: 0n,
  marginUnknown: 0,
  atMostPico: 0n,
  unpriced: 0,
  estimated: 0,
  unknown: 0,
};

/**
 * Usage per group: the reference that every store's answer must equal, whatever order its input is in.
 *
 * - Calls and failures count under the call's model; attempts, tokens and money under the model that answered.
 * - A line that another line of the same tenant supersedes is in no sum.
 * - `featureUsed` counts a thing under each feature it used, and not at all when it used none; so do denials.
 * - A denial without a model or a session has null there. Groups without anything in them are absent.
 * - Rows ascend by their dimensions in the order asked for (code units), nulls last.
 *
 * @throws RangeError when `day` or `month` is asked for and the time zone is unknown.
 */
export function foldUsage(
  lines: readonly LedgerLine[],
  calls: readonly CallRecord[],
  denials: readonly DenialCount[],
  query: UsageQuery,
): UsageRow[] {
  const groups = new Map<string, { key: Key; sums: Sums }>();
  const add = (facts: Facts, fold: (sums: Sums) => void): void => {
    if (!isAskedFor(facts, query)) return;
    for (const key of keysOf(facts, query)) {
      const name = JSON.stringify(key);
      let group = groups.get(name);
      if (group === undefined) groups.set(name, (group = { key, sums: { ...noUsage } }));
      fold(group.sums);
    }
  };
  for (const line of linesInForce(lines))
    add(factsOf(line, line.answered, line.occurredAt), (sums) => addLine(sums, line));
  for (const call of calls) add(factsOf(call, call.model, call.admittedAt), (sums) => addCall(sums, call));
  for (const denial of denials) add({ ...denial, sessionId: null, featuresUsed: [] }, (sums) => (sums.denied += 1));
  return [...groups.values()]
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ key, sums }) => ({ ...dimensionsOf(key, query.groupBy), ...sums }));
}

/** The lines that no other line of the same tenant supersedes. */
export function linesInForce(lines: readonly LedgerLine[]): LedgerLine[] {
  const superseded = new Map<string, Set<string>>();
  for (const { tenantId, supersedes } of lines) {
    if (supersedes === null) continue;
    const ids = superseded.get(tenantId);
    if (ids === undefined) superseded.set(tenantId, new Set([supersedes]));
    else ids.add(supersedes);
  }
  return lines.filter((line) => superseded.get(line.tenantId)?.has(line.lineId) !== true);
}

function addLine(sums: Sums, line: LedgerLine): void {
  sums.attempts += 1;
  if (line.usage !== null) sums.tokens = addTokens(sums.tokens, line.usage.tokens);
  if (line.costPico === null) sums.atMostPico += line.atMostPico ?? 0n;
  else sums.costPico += line.costPico;
  sums.chargePico += line.chargePico ?? 0n;
  const margin = marginOf(line);
  if (margin === null) sums.marginUnknown += 1;
  else sums.marginPico += margin;
  if (isUnpriced(line)) sums.unpriced += 1;
  if (line.source === "estimated") sums.estimated += 1;
  if (line.source === "unknown") sums.unknown += 1;
}

function addCall(sums: Sums, call: CallRecord): void {
  sums.calls += 1;
  if (call.outcome !== "ok") sums.failed += 1;
}

function factsOf(of: LedgerLine | CallRecord, model: LedgerLine["answered"], at: Instant): Facts {
  const { tenantId, userId, sessionId, feature, featuresUsed } = of;
  return { tenantId, userId, sessionId, feature, featuresUsed, model: formatModelRef(model), at };
}

function isAskedFor(facts: Facts, query: UsageQuery): boolean {
  return (
    isWithin(query.period, facts.at) &&
    (query.tenantId === undefined || query.tenantId === facts.tenantId) &&
    (query.userId === undefined || query.userId === facts.userId) &&
    (query.sessionId === undefined || query.sessionId === facts.sessionId) &&
    (query.feature === undefined || query.feature === facts.feature)
  );
}

/** Half-open: `from` belongs to the period, `to` to the next. */
export function isWithin(period: Period, at: Instant): boolean {
  return at >= period.from && at < period.to;
}

function keysOf(facts: Facts, query: UsageQuery): Key[] {
  const key = (featureUsed: string | null): Key =>
    query.groupBy.map((dimension) => {
      switch (dimension) {
        case "tenant":
          return facts.tenantId;
        case "user":
          return facts.userId;
        case "session":
          return facts.sessionId;
        case "feature":
          return facts.feature;
        case "featureUsed":
          return featureUsed;
        case "model":
          return facts.model;
        case "day":
        case "month":
          return labelOf(dimension, facts.at, query.timeZone);
      }
    });
  return query.groupBy.includes("featureUsed") ? [...new Set(facts.featuresUsed)].map(key) : [key(null)];
}

/** `2026-11-23` or `2026-11`: the local date on which the calendar period of that instant begins. */
function labelOf(unit: "day" | "month", at: Instant, timeZone: string): string {
  const { from } = calendarPeriod(unit, at, timeZone);
  const date = formatInstant(from + zoneOffsetMs(timeZone, from));
  return date.slice(0, unit === "day" ? 10 : 7);
}

function dimensionsOf(key: Key, groupBy: readonly UsageDimension[]): Partial<UsageRow> {
  return Object.fromEntries(groupBy.map((dimension, index) => [rowFields[dimension], key[index]]));
}

function compareKeys(a: Key, b: Key): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? null;
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -1 : 1;
  }
  return 0;
}
