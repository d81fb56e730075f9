import type { Books } from "@tenantry/composition";
import { formatInstant, priceStatusView } from "@tenantry/core";
import type { Context } from "../context.ts";
import type { Report } from "../output/report.ts";
import { describeBook } from "../prices/describe-book.ts";
import { readVersion } from "../prices/read-version.ts";

/** `tenantry prices list --editions`. */
export async function listEditions(context: Context): Promise<number> {
  const { editions, status } = await context.withBooks(async ({ storage, prices }) => ({
    editions: await storage.prices.list(),
    status: prices.status(),
  }));
  const rows = editions.map(({ version, recordedAt, source, count }) => ({
    version,
    state: version === status.edition ? (status.isPinned ? "in force, pinned" : "in force") : "",
    recordedAt: formatInstant(recordedAt),
    prices: count,
    source,
  }));
  context.print({
    title: "Editions of the prices, newest first",
    columns: [
      { key: "version", title: "edition", align: "right" },
      { key: "state", title: "state", overflow: "keep" },
      { key: "recordedAt", title: "recorded" },
      { key: "prices", title: "prices", align: "right" },
      { key: "source", title: "source", overflow: "wrap" },
    ],
    rows,
    empty: "none was imported: the prices of the catalogue and the configuration are in force",
    ...(rows.length === 0 ? {} : { notes: [describeBook(status, Date.now())] }),
    json: { inForce: priceStatusView(status, Date.now()), rows },
  });
  return 0;
}

/** `tenantry prices pin <version>`. */
export async function pin(context: Context, text: string): Promise<number> {
  const version = readVersion("<version>", text);
  const report = await context.withBooks(async (books) => await changed(books, version), { allowUnpriced: true });
  context.print(report);
  return 0;
}

/** `tenantry prices unpin`. */
export async function unpin(context: Context): Promise<number> {
  const report = await context.withBooks(async (books) => await changed(books, null), { allowUnpriced: true });
  context.print(report);
  return 0;
}

async function changed({ storage, prices }: Books, version: number | null): Promise<Report> {
  await storage.prices.pin(version);
  await prices.refresh();
  const now = Date.now();
  const status = priceStatusView(prices.status(), now);
  return {
    title: version === null ? "The latest edition is in force" : `Edition ${version} is in force until it is unpinned`,
    facts: [["book", status.version]],
    columns: [],
    rows: [],
    notes: [describeBook(prices.status(), now), "running servers follow within a second; past lines keep their prices"],
    json: status,
    csv: { columns: ["version", "edition", "recordedAt", "pinned"], rows: [{ ...status }] },
  };
}
