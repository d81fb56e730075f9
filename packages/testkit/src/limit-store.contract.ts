import { type Contract, defineContract } from "./contract.ts";
import { admissionRules } from "./limit-store/admission-rules.ts";
import { budgetRules } from "./limit-store/budget-rules.ts";
import { differentialRules } from "./limit-store/differential-rules.ts";
import { lateSpendingRules } from "./limit-store/late-spending-rules.ts";
import { periodRules } from "./limit-store/period-rules.ts";
import { recoveryRules } from "./limit-store/recovery-rules.ts";
import type { LimitStoreSubject } from "./limit-store/subject.ts";
import { timeRules } from "./limit-store/time-rules.ts";
import { windowRules } from "./limit-store/window-rules.ts";

/** What every `LimitStore` does. */
export const limitStoreContract: Contract<LimitStoreSubject> = defineContract("LimitStore", [
  ...windowRules,
  ...admissionRules,
  ...budgetRules,
  ...lateSpendingRules,
  ...periodRules,
  ...timeRules,
  ...recoveryRules,
  ...differentialRules,
]);
