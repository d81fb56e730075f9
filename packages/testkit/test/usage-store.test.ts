import { testContract, testMutants, usageLedgerContract, usageReaderContract } from "../src/index.ts";
import { usageLedgerMutants } from "../src/mutants/usage-ledger-mutants.ts";
import { usageReaderMutants } from "../src/mutants/usage-reader-mutants.ts";
import { openMemoryUsage } from "../src/subjects/memory-usage.ts";

testContract(usageLedgerContract, { name: "memory", open: () => openMemoryUsage() });
testMutants(usageLedgerContract, usageLedgerMutants);
testContract(usageReaderContract, { name: "memory", open: () => openMemoryUsage() });
testMutants(usageReaderContract, usageReaderMutants);
