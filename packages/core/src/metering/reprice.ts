import type { PicoUsd } from "../money/pico-usd.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import type { UsageLedger } from "../ports/usage-ledger.port.ts";
import type { UsageReader } from "../ports/usage-reader.port.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import type { Tier } from "../tenancy/tier.ts";
import type { Period } from "../time/period.ts";
import type { LedgerLine } from "./ledger-line.ts";
import { repriceLine, type RepricingTerms } from "./reprice-line.ts";

/** What repricing speaks to. */
export interface RepricePorts {
  readonly reader: Pick<UsageReader, "lines">;
  readonly ledger: Pick<UsageLedger, "settle">;
  readonly tenants: Pick<TenantDirectory, "find">;
  readonly tiers: ReadonlyMap<string, Tier>;
  readonly clock: Pick<Clock, "now">;
  /**
   * Moves what budgets have spent from the first line's cost to the second's. Begun in the same turn as the settlement of
   * the second, so that stores which share a transaction commit both or neither; it has to be idempotent by that line's
   * id. Without it budgets keep what they have.
   */
  readonly correctSpending?: (before: LedgerLine, after: LedgerLine) => Promise<void>;
}

export interface RepriceQuery {
  /** Half-open, by `occurredAt`. */
  readonly period: Period;
  /** Only this tenant. */
  readonly tenantId?: string;
}

/** What repricing changes for one tenant. */
export interface RepricedTenant {
  readonly tenantId: string;
  /** Lines in force that were looked at. */
  readonly lines: number;
  /** Lines that another takes the place of. */
  readonly corrected: number;
  /** Of these, lines that had no cost. */
  readonly newlyPriced: number;
  /** Known costs of the corrected lines, before and after. */
  readonly costBeforePico: PicoUsd;
  readonly costAfterPico: PicoUsd;
  readonly chargeBeforePico: PicoUsd;
  readonly chargeAfterPico: PicoUsd;
  /** Lines with a cost that the book has no price for: left as they are. */
  readonly priceGone: number;
  /** Lines whose charge nobody can tell, because their policy or their tenant is gone: left as they are. */
  readonly policyGone: number;
  /** Lines with usage that still have no price. */
  readonly unpriced: number;
  /** Lines of unknown usage: left as they are. */
  readonly unknown: number;
}

const pageLength = 500;

/**
 * Lays the book over the lines in force of a period and tells, by tenant, what is different; with `append` the
 * corrections are appended as well. Lines come in pages: memory does not grow with the ledger. Running it again appends
 * nothing more, and may be done after any failure.
 *
 * Rejects as `UsageReader.lines` and `UsageLedger.settle` do.
 */
export async function reprice(
  ports: RepricePorts,
  book: PriceBook,
  query: RepriceQuery,
  options: { readonly append: boolean },
): Promise<readonly RepricedTenant[]> {
  const sums = new Map<string, Sums>();
  const policies = new Map<string, Policies>();
  // A correction has its line's instant, so that it may come in a later page of that instant.
  let ours: ReadonlySet<string> = new Set();
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await ports.reader.lines(
      { kind: "installation" },
      { ...query, limit: pageLength, ...(cursor === undefined ? {} : { cursor }) },
    );
    const recordedAt = ports.clock.now();
    const corrections: Correction[] = [];
    for (const line of page.lines) {
      if (ours.has(line.lineId)) continue;
      const tenant = policies.get(line.tenantId) ?? (await policiesOf(ports, line.tenantId));
      policies.set(line.tenantId, tenant);
      const of = sums.get(line.tenantId) ?? noSums();
      sums.set(line.tenantId, of);
      const corrected = count(of, line, { book, ...tenant, recordedAt });
      if (corrected !== null) corrections.push({ before: line, after: corrected });
    }
    if (options.append) await Promise.all(corrections.map((one) => append(ports, one)));
    const last = page.lines.at(-1)?.occurredAt;
    const made = corrections.map(({ after }) => after).filter(({ occurredAt }) => occurredAt === last);
    const isOneInstant = page.lines[0]?.occurredAt === last;
    ours = new Set([...(isOneInstant ? ours : []), ...made.map(({ lineId }) => lineId)]);
    cursor = page.nextCursor;
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([tenantId, of]) => ({ tenantId, ...of }));
}

interface Correction {
  readonly before: LedgerLine;
  readonly after: LedgerLine;
}

async function append({ correctSpending, ledger }: RepricePorts, { before, after }: Correction): Promise<void> {
  await Promise.all([correctSpending?.(before, after), ledger.settle({ line: after, call: null })]);
}

type Policies = Pick<RepricingTerms, "policy" | "policyOf">;

async function policiesOf({ tenants, tiers }: RepricePorts, tenantId: string): Promise<Policies> {
  const tenant = await tenants.find(tenantId);
  const tier = tenant === null ? undefined : tiers.get(tenant.tier);
  const policy = tenant === null || tier === undefined ? null : resolvePolicy(tier, tenant).charge;
  const known = new Map<string, ChargePolicy>([...tiers.values()].map(({ charge }) => [charge.version, charge]));
  if (policy !== null) known.set(policy.version, policy);
  return { policy, policyOf: (version) => known.get(version) ?? null };
}

type Sums = { -readonly [Field in keyof Omit<RepricedTenant, "tenantId">]: RepricedTenant[Field] };

function noSums(): Sums {
  return {
    lines: 0,
    corrected: 0,
    newlyPriced: 0,
    costBeforePico: 0n,
    costAfterPico: 0n,
    chargeBeforePico: 0n,
    chargeAfterPico: 0n,
    priceGone: 0,
    policyGone: 0,
    unpriced: 0,
    unknown: 0,
  };
}

/** Adds a line to its tenant's sums; answers its correction, if there is one. */
function count(sums: Sums, line: LedgerLine, terms: RepricingTerms): LedgerLine | null {
  sums.lines += 1;
  if (line.source === "unknown") sums.unknown += 1;
  const repriced = repriceLine(line, terms);
  switch (repriced.kind) {
    case "corrected":
      sums.corrected += 1;
      if (line.costPico === null) sums.newlyPriced += 1;
      sums.costBeforePico += line.costPico ?? 0n;
      sums.costAfterPico += repriced.line.costPico ?? 0n;
      sums.chargeBeforePico += line.chargePico ?? 0n;
      sums.chargeAfterPico += repriced.line.chargePico ?? 0n;
      return repriced.line;
    case "price-gone":
      sums.priceGone += 1;
      return null;
    case "policy-gone":
      sums.policyGone += 1;
      return null;
    case "unchanged":
      if (line.usage !== null && line.costPico === null) sums.unpriced += 1;
      return null;
  }
}
