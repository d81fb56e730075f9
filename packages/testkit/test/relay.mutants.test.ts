import { relayContract, testMutants } from "../src/index.ts";
import { relayMutants } from "../src/mutants/relay-mutants.ts";

testMutants(relayContract, relayMutants);
