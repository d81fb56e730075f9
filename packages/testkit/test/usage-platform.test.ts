import { testContract, testMutants, usagePlatformContract } from "../src/index.ts";
import { usagePlatformMutants } from "../src/mutants/usage-platform-mutants.ts";
import { openMemoryPlatform } from "../src/subjects/memory-platform.ts";

testContract(usagePlatformContract, { name: "memory", open: () => openMemoryPlatform() });
testMutants(usagePlatformContract, usagePlatformMutants);
