import type { Books } from "@tenantry/composition";
import { diffPrices, type PriceBook, TenantryError } from "@tenantry/core";
import type { Context } from "../context.ts";
import { changeColumns, changeRow } from "../prices/changes-table.ts";
import { readVersion } from "../prices/read-version.ts";

/** `tenantry prices diff <before> [after]`: what two editions say differently, each over the configuration's prices. */
export async function diffEditions(context: Context, before: string, after: string | undefined): Promise<number> {
  const versions = {
    before: readVersion("<before>", before),
    after: after === undefined ? null : readVersion("[after]", after),
  };
  const { from, to, changes } = await context.withBooks(async (books) => {
    const base = await bookOf(books, versions.before);
    const other = versions.after === null ? books.prices.current() : await bookOf(books, versions.after);
    return { from: base.version, to: other.version, changes: diffPrices(base, other) };
  });
  const rows = changes.map(changeRow);
  context.print({
    title: `Differences from book ${from} to book ${to}`,
    columns: changeColumns,
    rows,
    empty: "both say the same",
    json: { before: from, after: to, rows },
    csv: { columns: changeColumns.map(({ key }) => key), rows },
  });
  return 0;
}

async function bookOf({ config, storage }: Books, version: number): Promise<PriceBook> {
  const edition = version === 0 ? null : await storage.prices.find(version);
  if (version === 0 || edition !== null) return config.prices.bookWith(edition);
  throw new TenantryError("not_found", `there is no edition ${version}; \`tenantry prices list --editions\` shows all`);
}
