import { type Contract, defineContract } from "./contract.ts";
import { allowanceRules } from "./usage-store/allowance-rules.ts";
import { correctionRules } from "./usage-store/correction-rules.ts";
import { durabilityRules } from "./usage-store/durability-rules.ts";
import { ledgerRules } from "./usage-store/ledger-rules.ts";
import { retractionRules } from "./usage-store/retraction-rules.ts";
import type { UsageStoreSubject } from "./usage-store/subject.ts";

/** What every `UsageLedger` does. */
export const usageLedgerContract: Contract<UsageStoreSubject> = defineContract("UsageLedger", [
  ...ledgerRules,
  ...correctionRules,
  ...durabilityRules,
  ...allowanceRules,
  ...retractionRules,
]);
