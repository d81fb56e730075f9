import { type Contract, defineContract } from "./contract.ts";
import { decidingRules } from "./span-store/deciding-rules.ts";
import { findingRules } from "./span-store/finding-rules.ts";
import { listingRules } from "./span-store/listing-rules.ts";
import type { SpanStoreSubject } from "./span-store/subject.ts";

/** What every `SpanStore` does. */
export const spanStoreContract: Contract<SpanStoreSubject> = defineContract("SpanStore", [
  ...findingRules,
  ...decidingRules,
  ...listingRules,
]);
