import type { PicoUsd } from "../money/pico-usd.ts";
import { supersedeLine, type TenantTerms, termsOf } from "./supersede-line.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { LimitStore } from "../ports/limit-store.port.ts";
import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import type { UsageLedger } from "../ports/usage-ledger.port.ts";
import type { UsageReader } from "../ports/usage-reader.port.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import type { Tier } from "../tenancy/tier.ts";
import type { Period } from "../time/period.ts";
import { settleCharge } from "../metering/charge-line.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { inheritedTerms } from "../pricing/allowance.ts";
import { repriceLine, type RepricingTerms } from "../metering/reprice-line.ts";

/** What repricing speaks to. */
export interface RepricePorts {
  readonly reader: Pick<UsageReader, "lines">;
  readonly ledger: UsageLedger;
  /** Budgets get the difference in the period of each line. */
  readonly limits: LimitStore;
  readonly tenants: TenantDirectory;
  readonly tiers: ReadonlyMap<string, Tier>;
  readonly clock: Pick<Clock, "now">;
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
  const tenants = new Map<string, RepricedOf>();
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
      const tenant = tenants.get(line.tenantId) ?? (await tenantOf(ports, line.tenantId));
      tenants.set(line.tenantId, tenant);
      const of = sums.get(line.tenantId) ?? noSums();
      sums.set(line.tenantId, of);
      const corrected = count(of, line, { book, ...tenant, recordedAt });
      if (corrected !== null) corrections.push({ before: line, ...corrected, terms: tenant.terms });
    }
    if (options.append) {
      await Promise.all(
        corrections.map(({ before, after, terms, charge }) => supersedeLine(ports, before, after, terms, charge)),
      );
    }
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
  /** What it was charged by, then and again. */
  readonly charge: ChargePolicy;
  readonly terms: TenantTerms | null;
}

interface RepricedOf extends Pick<RepricingTerms, "policy" | "policyOf"> {
  /** Null for a tenant that is gone: it has no budgets. */
  readonly terms: TenantTerms | null;
}

async function tenantOf(ports: RepricePorts, tenantId: string): Promise<RepricedOf> {
  const terms = await termsOf(ports, tenantId);
  const policy = terms?.policy.charge ?? null;
  const known = new Map<string, ChargePolicy>([...ports.tiers.values()].map(({ charge }) => [charge.version, charge]));
  if (policy !== null) known.set(policy.version, policy);
  return { terms, policy, policyOf: (version) => known.get(version) ?? null };
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
function count(sums: Sums, line: LedgerLine, terms: RepricingTerms): Pick<Correction, "after" | "charge"> | null {
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
      sums.chargeAfterPico += inAllowance(repriced.line, line.allowance) ?? 0n;
      return { after: repriced.line, charge: repriced.policy };
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

/** The charge of a corrected line at its old place in its allowance; where it draws in the end the ledger decides. */
function inAllowance(line: LedgerLine, share: LedgerLine["allowance"]): PicoUsd | null {
  const terms = inheritedTerms(share, line.chargePico);
  return share === undefined || terms === null ? line.chargePico : settleCharge(line, terms, share.before).chargePico;
}
