import { type Contract, defineContract } from "./contract.ts";
import { lineRules } from "./usage-store/line-rules.ts";
import { readerRules } from "./usage-store/reader-rules.ts";
import { rollUpRules } from "./usage-store/roll-up-rules.ts";
import type { UsageStoreSubject } from "./usage-store/subject.ts";

/** What every `UsageReader` does. */
export const usageReaderContract: Contract<UsageStoreSubject> = defineContract("UsageReader", [
  ...rollUpRules,
  ...readerRules,
  ...lineRules,
]);
