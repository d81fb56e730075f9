import { createSeededSecrets } from "@tenantry/core/testing";
import { answerStoreContract, keyStoreContract, secretsContract, testContract, testMutants } from "../src/index.ts";
import { answerStoreMutants } from "../src/mutants/answer-store-mutants.ts";
import { keyStoreMutants } from "../src/mutants/key-store-mutants.ts";
import { secretsMutants } from "../src/mutants/secrets-mutants.ts";
import { openMemoryAnswers } from "../src/subjects/memory-answers.ts";
import { openMemoryKeys } from "../src/subjects/memory-keys.ts";

testContract(keyStoreContract, { name: "memory", open: () => openMemoryKeys() });
testMutants(keyStoreContract, keyStoreMutants);
testContract(answerStoreContract, { name: "memory", open: () => openMemoryAnswers() });
testMutants(answerStoreContract, answerStoreMutants);
testContract(secretsContract, {
  name: "seeded",
  open: () => ({
    subject: { secrets: createSeededSecrets({ seed: 1 }), another: () => createSeededSecrets({ seed: 2 }) },
    close: () => {},
  }),
  deviations: { H1: "core knows no cryptography, so the double's digest only looks like one" },
});
testMutants(secretsContract, secretsMutants);
