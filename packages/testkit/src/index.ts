export { checkRule, defineContract, testContract, testMutants } from "./contract.ts";
export type { Contract, ContractRun, Mutant, Opened, Rule } from "./contract.ts";
