import {
  type CountedUsage,
  formatInstant,
  formatUsd,
  type Period,
  type UsageBeside,
  usageBeside,
} from "@tenantry/core";
import type { Books, UsagePlatformName } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { findTenant } from "../known-tenant.ts";
import { startProgress } from "../output/progress.ts";
import type { Row } from "../output/report.ts";
import { formatPeriod } from "../period-option.ts";

export interface BesideOptions {
  readonly source: UsagePlatformName;
  readonly period: Period;
  readonly timeZone: string;
  /** Only this tenant; undefined is all. */
  readonly tenant: string | undefined;
}

/** Names as the vendors write them. */
const titles: Readonly<Record<UsagePlatformName, string>> = { netra: "Netra" };

/** `tenantry usage report --source netra`: what the platform counted, beside the ledger, for every tenant. */
export async function usageBesidePlatform(context: Context, options: BesideOptions): Promise<number> {
  const { source, period, timeZone, tenant } = options;
  const { openUsagePlatform } = await import("@tenantry/composition");
  const platform = await openUsagePlatform(await context.config(), source);
  const rows = await context.withBooks(async (books) => {
    const tenantIds = tenant === undefined ? await allTenants(books) : [(await findTenant(books, tenant)).id];
    const progress = startProgress(context.terminal, `asking ${titles[source]}`);
    try {
      return await usageBeside({ reader: books.reader, platform }, tenantIds, period);
    } finally {
      progress.stop();
    }
  });
  const title = titles[source];
  const flat = rows.map(besideRow);
  context.print({
    title: `Usage in the ledger and on ${title}, ${formatPeriod(period, timeZone)}`,
    columns: [
      { key: "tenantId", title: "tenant" },
      { key: "ledgerRequests", title: "calls", align: "right", importance: 1 },
      { key: "platformRequests", title: `${title} requests`, align: "right", importance: 1 },
      { key: "ledgerTokens", title: "tokens", align: "right" },
      { key: "platformTokens", title: `${title} tokens`, align: "right" },
      { key: "differenceTokens", title: "difference", align: "right", importance: 2 },
      { key: "ledgerCostUsd", title: "cost USD", align: "decimal" },
      { key: "platformCostUsd", title: `${title} cost USD`, align: "decimal" },
      { key: "differenceCostUsd", title: "difference USD", align: "decimal" },
    ],
    rows: flat,
    empty: "there is no tenant",
    notes: notesOn(title, rows),
    json: { from: formatInstant(period.from), to: formatInstant(period.to), source, rows: rows.map(besideView) },
  });
  return 0;
}

async function allTenants({ tenants }: Books): Promise<readonly string[]> {
  return (await tenants.list()).map(({ id }) => id);
}

function notesOn(title: string, rows: readonly UsageBeside[]): readonly string[] {
  const silent = rows.filter(({ platform, notAsked }) => platform === null && notAsked === null).length;
  const differing = rows.filter(({ difference }) => difference !== null && !isNothing(difference)).length;
  return [
    ...(silent === 0
      ? []
      : [`${title} has no data of ${tenants(silent)}, which is not 0; traces may still be on their way`]),
    ...(differing === 0
      ? []
      : [`${title} and the ledger differ for ${tenants(differing)}; the ledger is what was settled`]),
    ...rows.flatMap(({ tenantId, notAsked }) =>
      notAsked === null ? [] : [`${tenantId} was not asked for: ${notAsked}`],
    ),
  ];
}

function tenants(count: number): string {
  return count === 1 ? "1 tenant" : `${count} tenants`;
}

function isNothing({ requests, tokens, costPico }: CountedUsage): boolean {
  return requests === 0 && tokens === 0 && costPico === 0n;
}

function besideRow({ tenantId, ledger, platform, difference }: UsageBeside): Row {
  return {
    tenantId,
    ledgerRequests: ledger.requests,
    platformRequests: platform?.requests ?? null,
    ledgerTokens: ledger.tokens,
    platformTokens: platform?.tokens ?? null,
    differenceTokens: difference?.tokens ?? null,
    ledgerCostUsd: formatUsd(ledger.costPico),
    platformCostUsd: platform === null ? null : formatUsd(platform.costPico),
    differenceCostUsd: difference === null ? null : formatUsd(difference.costPico),
  };
}

function besideView({ tenantId, ledger, platform, difference, notAsked }: UsageBeside): unknown {
  const view = (counted: CountedUsage | null): unknown =>
    counted === null
      ? null
      : { requests: counted.requests, tokens: counted.tokens, costUsd: formatUsd(counted.costPico) };
  return { tenantId, ledger: view(ledger), platform: view(platform), difference: view(difference), notAsked };
}
