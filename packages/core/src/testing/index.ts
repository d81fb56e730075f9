export { createCollectingTelemetry } from "./collecting-telemetry.ts";
export type { CollectedAttempt, CollectedCall, CollectedPlace, CollectingTelemetry } from "./collecting-telemetry.ts";
export { aCallRecord, aLine, anIntent, aPrice, aPriceBook, aReport, aStoredSpan, aTenant, aTier } from "./builders.ts";
export { createManualClock } from "./manual-clock.ts";
export type { ManualClock } from "./manual-clock.ts";
export { createMemoryAnswerStore } from "./memory-answer-store.ts";
export type { MemoryAnswerStoreOptions } from "./memory-answer-store.ts";
export { createMemoryKeyStore } from "./memory-key-store.ts";
export { createMemoryLimitStore } from "./memory-limit-store.ts";
export type { MemoryLimitStoreOptions } from "./memory-limit-store.ts";
export { createMemoryPriceEditions } from "./memory-price-editions.ts";
export { createMemorySpanStore } from "./memory-span-store.ts";
export { createMemoryState } from "./memory-state.ts";
export type {
  MemoryBudget,
  MemoryClaim,
  MemoryHold,
  MemoryOwnerOptions,
  MemoryStamp,
  MemoryState,
  MemoryWindow,
} from "./memory-state.ts";
export { createMemoryTenantDirectory } from "./memory-tenant-directory.ts";
export { createMemoryUsageStore } from "./memory-usage-store.ts";
export type { MemoryUsageStoreOptions } from "./memory-usage-store.ts";
export { createSeededSecrets } from "./seeded-secrets.ts";
export { createSequenceIds } from "./sequence-ids.ts";
export { createByteTokenCounter } from "./byte-token-counter.ts";
export { createFixedPrices, fixedPrice } from "./fixed-prices.ts";
export type { FixedPrices } from "./fixed-prices.ts";
export { createScriptedChatModel } from "./scripted-chat-model.ts";
export type { ChatAction, ChatStep, ScriptedChatModel, SentChat } from "./scripted-chat-model.ts";
