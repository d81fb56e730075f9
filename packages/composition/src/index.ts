export { priceFormats, readPriceImport } from "@tenantry/adapters-prices-catalogue";
export type { PriceFormat, PriceImport } from "@tenantry/adapters-prices-catalogue";
export { createJsonLog } from "@tenantry/adapters-system";
export type { Config, IngestConfig, NetraConfig, OtlpConfig, ProviderConfig } from "./config.ts";
export { loadConfig } from "./load-config.ts";
export type { LoadConfigOptions } from "./load-config.ts";
export { openApp, openBooks } from "./open-app.ts";
export type { App, Books, OpenOptions } from "./open-app.ts";
export { openUsagePlatform, usagePlatforms } from "./open-usage-platform.ts";
export type { UsagePlatformName } from "./open-usage-platform.ts";
export { invoiceProviders, readInvoice } from "./read-invoice.ts";
export type { InvoiceFile, InvoiceProvider } from "./read-invoice.ts";
export type {
  FaultPlan,
  Invoice,
  LatencyKnobs,
  ProviderSimulator,
  ProviderSimulatorOptions,
} from "@tenantry/provider-simulator";
export { settleAttempt } from "./settle-attempt.ts";
