import {
  formatModelRef,
  offeredPrices,
  parseModelRef,
  type Price,
  priceFigures,
  priceStatusView,
  priceView,
  TenantryError,
  tokenClasses,
} from "@tenantry/core";
import type { Context } from "../context.ts";
import { describeBook } from "../prices/describe-book.ts";

export interface ListPricesOptions {
  readonly all?: boolean;
  readonly editions?: boolean;
}

/** `tenantry prices list`: what the tiers' models cost now; with `--all`, every price known; with `--editions`, the imports. */
export async function listPrices(context: Context, options: ListPricesOptions): Promise<number> {
  if (options.editions === true) return await (await import("./pin-prices.ts")).listEditions(context);
  const { book, status, catalogue } = await context.withBooks(async ({ prices, config }) => ({
    book: prices.current(),
    status: prices.status(),
    catalogue: config.catalogue,
  }));
  const routes = [...catalogue.tiers.values()].map(({ route }) => route);
  const now = Date.now();
  const listed = options.all === true ? book.prices : offeredPrices(book, routes, now);
  const rows = listed.map(priceView);
  context.print({
    title: `Prices in USD per million tokens, ${options.all === true ? "all" : "of the tiers' models"}; book ${book.version}`,
    columns: [
      { key: "model", title: "model" },
      { key: "tenantId", title: "only for", hideEmpty: true },
      { key: "from", title: "from", hideEmpty: true, importance: 2 },
      { key: "to", title: "until", hideEmpty: true, importance: 2 },
      { key: "input", title: "input", align: "decimal" },
      { key: "cacheRead", title: "cache read", align: "decimal", importance: 5 },
      { key: "cacheWrite5m", title: "cache write 5m", align: "decimal", hideEmpty: true, importance: 4 },
      { key: "cacheWrite1h", title: "cache write 1h", align: "decimal", hideEmpty: true, importance: 3 },
      { key: "output", title: "output", align: "decimal" },
      { key: "audioInput", title: "audio in", align: "decimal", hideEmpty: true, importance: 2 },
      { key: "audioOutput", title: "audio out", align: "decimal", hideEmpty: true, importance: 2 },
      { key: "priceId", title: "price", importance: 1 },
    ],
    rows: rows.map((row) => ({ ...row, from: day(row.from), to: day(row.to) })),
    empty: "no model of a tier has a price",
    notes: [describeBook(status, now), "`tenantry prices show <model>` has batch, long-context and other prices"],
    json: { ...priceStatusView(status, now), unit: "USD per million tokens", rows },
    csv: {
      columns: ["model", "priceId", "tenantId", "from", "to", ...tokenClasses, "source"],
      rows,
    },
  });
  return 0;
}

/** `tenantry prices show <provider/model>`: every figure of the price in force, and its source. */
export async function showPrice(context: Context, text: string): Promise<number> {
  const ref = parseModelRef(text);
  if (ref === null) {
    throw TenantryError.invalidRequest("<model>", `is "${text}"; write provider/model, such as openai/gpt-4o-mini`);
  }
  const book = await context.withBooks(async ({ prices }) => prices.current());
  const price = book.find(ref, Date.now());
  if (price === null) throw unknownModel(text, ref.provider, book.prices, book.version);
  const rows = priceFigures(price).map((figure) => ({ ...figure }));
  const { priceId, source, from, to } = priceView(price);
  context.print({
    title: `Price of ${text} now`,
    facts: [
      ["price", priceId],
      ["source", source],
      ["in force", `${from ?? "always"} until ${to ?? "further notice"}`],
    ],
    columns: [
      { key: "of", title: "of" },
      { key: "usd", title: "USD", align: "decimal" },
      { key: "per", title: "per" },
    ],
    rows,
    json: { model: formatModelRef(price), priceId, source, from, to, rows },
  });
  return 0;
}

function day(instant: string | null): string | null {
  return instant === null ? null : instant.slice(0, 10);
}

/** Models of the same provider that begin alike are what was meant, more often than not. */
function unknownModel(text: string, provider: string, known: readonly Price[], version: string): TenantryError {
  const ofProvider = [...new Set(known.filter((price) => price.provider === provider).map(formatModelRef))];
  const shared = (name: string): number => {
    let length = 0;
    while (length < name.length && name[length] === text[length]) length += 1;
    return length;
  };
  const near = ofProvider
    .filter((name) => shared(name) > provider.length + 2)
    .sort((a, b) => shared(b) - shared(a) || a.length - b.length)
    .slice(0, 3);
  const hint =
    near.length === 0 ? "`tenantry prices list --all` shows what there is" : `did you mean ${near.join(", ")}?`;
  return new TenantryError("not_found", `${text} has no price in book ${version}; ${hint}`);
}
