import { TenantryError } from "../errors/tenantry-error.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { UsagePlatform } from "../ports/usage-platform.port.ts";
import type { UsageReader } from "../ports/usage-reader.port.ts";
import { totalTokens } from "../pricing/usage.ts";
import type { Period } from "../time/period.ts";
import { findUsage } from "./find-usage.ts";

/** What was used, as one of the two has it. */
export interface CountedUsage {
  /** Calls in the ledger, requests on the platform. */
  readonly requests: number;
  readonly tokens: number;
  readonly costPico: PicoUsd;
}

/** One tenant's usage in the ledger and on the platform. */
export interface UsageBeside {
  readonly tenantId: string;
  readonly ledger: CountedUsage;
  /** Null where the platform has nothing of the tenant, which is not 0 (R6). */
  readonly platform: CountedUsage | null;
  /** Platform less ledger; null without both. */
  readonly difference: CountedUsage | null;
  /** Why the platform was not asked; null where it was. */
  readonly notAsked: string | null;
}

/** Questions to a platform at once. */
const atOnce = 4;

/**
 * The ledger's usage of tenants beside what a platform counted, in the order of `tenantIds`; attempts of unknown or
 * estimated cost are a reason for a difference, so are traces that have not arrived yet.
 *
 * @throws TenantryError of the first question that fails: half a comparison is none.
 */
export async function usageBeside(
  sources: { readonly reader: UsageReader; readonly platform: UsagePlatform },
  tenantIds: readonly string[],
  period: Period,
): Promise<readonly UsageBeside[]> {
  const { reader, platform } = sources;
  const { rows } = await findUsage(reader, { kind: "installation" }, { period, groupBy: ["tenant"], timeZone: "UTC" });
  const ledgers = new Map(rows.map((row) => [row.tenantId, row]));
  const beside: UsageBeside[] = [];
  for (let from = 0; from < tenantIds.length; from += atOnce) {
    const asked = tenantIds.slice(from, from + atOnce).map(async (tenantId) => {
      const row = ledgers.get(tenantId);
      const ledger =
        row === undefined
          ? { requests: 0, tokens: 0, costPico: 0n }
          : { requests: row.calls, tokens: totalTokens(row.tokens), costPico: row.costPico };
      return besideLedger(tenantId, ledger, await ask(platform, tenantId, period));
    });
    beside.push(...(await Promise.all(asked)));
  }
  return beside;
}

type Answer = CountedUsage | { readonly notAsked: string } | null;

async function ask(platform: UsagePlatform, tenantId: string, period: Period): Promise<Answer> {
  try {
    return await platform.tenantUsage(tenantId, period);
  } catch (error) {
    if (TenantryError.is(error) && error.code === "invalid_request") return { notAsked: error.message };
    throw error;
  }
}

function besideLedger(tenantId: string, ledger: CountedUsage, answer: Answer): UsageBeside {
  if (answer === null) return { tenantId, ledger, platform: null, difference: null, notAsked: null };
  if ("notAsked" in answer) return { tenantId, ledger, platform: null, difference: null, notAsked: answer.notAsked };
  const { requests, tokens, costPico } = answer;
  const difference = {
    requests: requests - ledger.requests,
    tokens: tokens - ledger.tokens,
    costPico: costPico - ledger.costPico,
  };
  return { tenantId, ledger, platform: { requests, tokens, costPico }, difference, notAsked: null };
}
