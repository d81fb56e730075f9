import { isNumberText, type Issue, parseExactJson, parsePrices, TenantryError } from "@tenantry/core";
import { parseDocument } from "yaml";
import type { PriceImport, PriceImportOptions } from "./price-import.ts";
import { readGenaiPrices } from "./read-genai-prices.ts";
import { readLiteLlm } from "./read-litellm.ts";

/** Formats of price files. */
export const priceFormats = ["litellm", "genai-prices", "yaml"] as const;

export type PriceFormat = (typeof priceFormats)[number];

/**
 * Reads a file of prices: LiteLLM's map, the data of genai-prices, or YAML (or JSON) as a price file of the configuration
 * has it. Amounts are read from their digits and never rounded (R5). A model of the first two that cannot be priced
 * exactly and completely is refused by name; a file of one's own is taken whole or not at all.
 *
 * @throws TenantryError `invalid_request` with every problem and its place, when the file as such cannot be read.
 */
export function readPriceImport(format: PriceFormat, text: string, options: PriceImportOptions): PriceImport {
  switch (format) {
    case "litellm": {
      const data = parseJson(text);
      if (typeof data !== "object" || data === null || Array.isArray(data) || isNumberText(data)) {
        throw unreadable([{ path: "", message: "must be an object of models by name" }]);
      }
      return readLiteLlm(data as Readonly<Record<string, unknown>>, options);
    }
    case "genai-prices": {
      const data = parseJson(text);
      if (!Array.isArray(data)) throw unreadable([{ path: "", message: "must be a list of providers" }]);
      return readGenaiPrices(data, options);
    }
    case "yaml":
      return readYaml(text, options);
  }
}

function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (thrown) {
    throw unreadable([{ path: "", message: thrown instanceof Error ? thrown.message : String(thrown) }]);
  }
}

function readYaml(text: string, { from }: PriceImportOptions): PriceImport {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    throw unreadable(document.errors.map(({ message }) => ({ path: "", message })));
  }
  const parsed = parsePrices(toPlainData(document), "import");
  if (!parsed.ok) throw unreadable(parsed.issues);
  const prices = parsed.prices.map((price, index) => ({
    path: `prices[${index}]`,
    price: price.from === null && price.to === null ? { ...price, from } : price,
  }));
  return { prices, refused: [], ignored: [], notAsked: 0 };
}

function toPlainData(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    // Aliases that multiply without end.
    throw unreadable([{ path: "", message: thrown instanceof Error ? thrown.message : String(thrown) }]);
  }
}

function unreadable(issues: readonly Issue[]): TenantryError {
  const told = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  return new TenantryError("invalid_request", `these prices cannot be read: ${told}`, { issues });
}
