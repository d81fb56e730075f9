import { limitStoreContract, testContract } from "../src/index.ts";
import { openMemoryLimits } from "../src/subjects/memory-limits.ts";

testContract(limitStoreContract, { name: "memory", open: () => openMemoryLimits() });
