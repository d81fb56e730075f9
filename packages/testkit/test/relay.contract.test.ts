import { openRelaySubject, relayContract, testContract } from "../src/index.ts";
import { referenceRelaySubject } from "../src/mutants/relay-mutant.ts";

testContract(relayContract, { name: "reference", open: async () => await openRelaySubject(referenceRelaySubject()) });
