export { formatInvoice, parseInvoice } from "./billing/format-invoice.ts";
export type { Invoice, InvoiceLine } from "./billing/invoice.ts";
export type { TokenCounts } from "./billing/token-counts.ts";
export type { Fault, FaultMatch, FaultPlan, FaultRule } from "./faults/fault-plan.ts";
export { parseFaultPlan } from "./faults/parse-fault-plan.ts";
export type { LatencyKnobs } from "./faults/latency.ts";
export type { ProviderSimulator, ProviderSimulatorOptions } from "./provider-simulator.ts";
export { startProviderSimulator } from "./provider-simulator.ts";
