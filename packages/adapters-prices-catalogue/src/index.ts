export type { LeftOut } from "./catalogue.ts";
export { catalogueRelease } from "./catalogue-release.ts";
export { createCataloguePrices } from "./create-catalogue-prices.ts";
export type { CataloguePrices, CataloguePricesOptions } from "./create-catalogue-prices.ts";
export type { IgnoredField, PriceImport, PriceImportOptions, RefusedModel } from "./import/price-import.ts";
export { priceFormats, readPriceImport } from "./import/read-price-import.ts";
export type { PriceFormat } from "./import/read-price-import.ts";
