export type { LeftOut } from "./catalogue.ts";
export { catalogueRelease } from "./catalogue-release.ts";
export { createCataloguePrices } from "./create-catalogue-prices.ts";
export type { CataloguePrices, CataloguePricesOptions } from "./create-catalogue-prices.ts";
