import { limitStoreContract, testContract, testMutants } from "../src/index.ts";
import { limitStoreMutants } from "../src/mutants/limit-store-mutants.ts";
import { openMemoryLimits } from "../src/subjects/memory-limits.ts";

testContract(limitStoreContract, { name: "memory", open: () => openMemoryLimits() });
testMutants(limitStoreContract, limitStoreMutants);
