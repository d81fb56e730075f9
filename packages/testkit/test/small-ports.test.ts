import { clockContract, idSourceContract, tenantDirectoryContract, testContract } from "../src/index.ts";
import { openManualClock } from "../src/subjects/manual-clock.ts";
import { openMemoryTenants } from "../src/subjects/memory-tenants.ts";
import { openSequenceIds } from "../src/subjects/sequence-ids.ts";

testContract(tenantDirectoryContract, { name: "memory", open: openMemoryTenants });
testContract(clockContract, { name: "manual", open: openManualClock });
testContract(idSourceContract, { name: "sequence", open: openSequenceIds });
