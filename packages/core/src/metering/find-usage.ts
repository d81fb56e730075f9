import type { UsageReader } from "../ports/usage-reader.port.ts";
import type { QueryScope, UsageQuery } from "./usage-query.ts";
import { sumUsage, type UsageFound } from "./usage-view.ts";

/** The groups of a query and what they add up to. Rejects as `UsageReader.usage` does. */
export async function findUsage(
  reader: Pick<UsageReader, "usage">,
  scope: QueryScope,
  query: UsageQuery,
): Promise<UsageFound> {
  const rows = await reader.usage(scope, query);
  // Rows by feature used overlap and leave out what used none.
  const summed = query.groupBy.includes("featureUsed") ? await reader.usage(scope, { ...query, groupBy: [] }) : rows;
  return { rows, total: sumUsage(summed) };
}
