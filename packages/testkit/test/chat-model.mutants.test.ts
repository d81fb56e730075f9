import { chatModelContract, testMutants } from "../src/index.ts";
import { chatModelMutants } from "../src/mutants/chat-model-mutants.ts";

testMutants(chatModelContract, chatModelMutants);
