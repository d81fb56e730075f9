import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  answerStoreContract,
  type AnswerStoreSubject,
  keyStoreContract,
  type KeyStoreSubject,
  type Opened,
  testContract,
} from "@tenantry/testkit";
import { createBench } from "./open-subjects.ts";

async function openKeys(): Promise<Opened<KeyStoreSubject>> {
  const bench = createBench();
  const first = await bench.open();
  const subject: KeyStoreSubject = {
    store: first.keys,
    another: async () => (await bench.open()).keys,
    propagated: async () => {},
    async reopen() {
      await first.close();
      return (await bench.open()).keys;
    },
    breakWrites: bench.breakWrites,
    mendWrites: bench.mendWrites,
  };
  return { subject, close: bench.close };
}

async function openAnswers(): Promise<Opened<AnswerStoreSubject>> {
  const bench = createBench();
  const first = await bench.open();
  const folder = dirname(bench.path);
  const subject: AnswerStoreSubject = {
    store: first.answers,
    clock: bench.clock,
    another: async () => (await bench.open()).answers,
    async crash() {
      await bench.kill(first);
      return (await bench.open()).answers;
    },
    atRest: async () => readdirSync(folder).map((name) => readFileSync(join(folder, name))),
    breakWrites: bench.breakWrites,
    mendWrites: bench.mendWrites,
  };
  return { subject, close: bench.close };
}

testContract(keyStoreContract, { name: "sqlite", open: openKeys });
testContract(answerStoreContract, { name: "sqlite", open: openAnswers });
