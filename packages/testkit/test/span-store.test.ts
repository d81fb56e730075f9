import { spanStoreContract, testContract, testMutants } from "../src/index.ts";
import { spanStoreMutants } from "../src/mutants/span-store-mutants.ts";
import { openMemorySpans } from "../src/subjects/memory-spans.ts";

testContract(spanStoreContract, { name: "memory", open: () => openMemorySpans() });
testMutants(spanStoreContract, spanStoreMutants);
