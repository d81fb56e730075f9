import { testContract, usageLedgerContract, usageReaderContract } from "../src/index.ts";
import { openMemoryUsage } from "../src/subjects/memory-usage.ts";

testContract(usageLedgerContract, { name: "memory", open: () => openMemoryUsage() });
testContract(usageReaderContract, { name: "memory", open: () => openMemoryUsage() });
