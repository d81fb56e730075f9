import { clockContract, idSourceContract, tenantDirectoryContract, testContract, testMutants } from "../src/index.ts";
import { clockMutants } from "../src/mutants/clock-mutants.ts";
import { idSourceMutants } from "../src/mutants/id-source-mutants.ts";
import { tenantDirectoryMutants } from "../src/mutants/tenant-directory-mutants.ts";
import { openManualClock } from "../src/subjects/manual-clock.ts";
import { openMemoryTenants } from "../src/subjects/memory-tenants.ts";
import { openSequenceIds } from "../src/subjects/sequence-ids.ts";

testContract(tenantDirectoryContract, { name: "memory", open: () => openMemoryTenants() });
testMutants(tenantDirectoryContract, tenantDirectoryMutants);
testContract(clockContract, { name: "manual", open: () => openManualClock() });
testMutants(clockContract, clockMutants);
testContract(idSourceContract, { name: "sequence", open: openSequenceIds });
testMutants(idSourceContract, idSourceMutants);
