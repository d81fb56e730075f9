import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { TokenCounter } from "@tenantry/core";
import { defineContract, type Contract, type Rule } from "./contract.ts";

export interface TokenCounterSubject {
  readonly counter: TokenCounter;
  /** A model whose counts the counter declares exact, or null when it has none. */
  readonly exactModel: string | null;
}

type TokenCounterRule = Rule<TokenCounterSubject>;

const modelNobodyHas = "no-such-model";
const prose = "The committee met on Tuesday, and nobody could say why; minutes follow. ";

/** No token of any vocabulary in use is longer than this many bytes. */
const longestTokenBytes = 1024;

const awkwardTexts: Readonly<Record<string, string>> = {
  "a lone high surrogate": "before \ud83d after",
  "a lone low surrogate": "\udd25",
  "a NUL": "a\0b",
  "control characters": "\u0001\u001b[31m\u007f\u0085",
  "a special token": "<|endoftext|>",
  "special tokens in a text": "x<|im_start|>system<|im_sep|>y<|im_end|><|fim_prefix|>",
  "a byte order mark": "\ufeffusing System;",
  emoji: "👨‍👩‍👧‍👦 🇦🇶 ✋🏿",
  "combining marks": "e\u0301".repeat(50) + "Z\u0334\u0335\u0336",
  "right to left": "مرحبا بالعالم \u202e abc",
  noncharacters: "\uffff\ufdd0",
  "only line ends": "\r\n\r\n\n\r",
};

const pathologicalTexts: Readonly<Record<string, string>> = {
  letters: "a".repeat(2 ** 20),
  capitals: "A".repeat(2 ** 20),
  spaces: " ".repeat(2 ** 20),
  "line ends": "\n".repeat(2 ** 20),
  punctuation: "!".repeat(2 ** 20),
  digits: "7".repeat(2 ** 20),
  emoji: "🔥".repeat(2 ** 18),
  ideographs: "漢".repeat(2 ** 18),
};

const modelsOf = (subject: TokenCounterSubject): string[] => [
  modelNobodyHas,
  ...(subject.exactModel === null ? [] : [subject.exactModel]),
];

async function tokensOf({ counter }: TokenCounterSubject, model: string, text: string): Promise<number> {
  return (await counter.count(model, text)).tokens;
}

const values: readonly TokenCounterRule[] = [
  {
    id: "K1",
    sentence: "a count is a whole number of at least 0",
    reason: "A fraction or NaN cannot be turned into exact money.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        for (const text of ["", "a", prose, prose.repeat(9), ...Object.values(awkwardTexts)]) {
          const tokens = await tokensOf(subject, model, text);
          assert.ok(Number.isSafeInteger(tokens) && tokens >= 0, `${tokens} tokens`);
        }
      }
    },
  },
  {
    id: "K2",
    sentence: "an empty text has no tokens, and any other has some",
    reason: "Holds would be too large for empty parts or missing for short ones.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        assert.equal(await tokensOf(subject, model, ""), 0);
        for (const text of ["a", " ", "\n", "\0", "漢"]) {
          assert.ok((await tokensOf(subject, model, text)) >= 1, JSON.stringify(text));
        }
      }
    },
  },
  {
    id: "K3",
    sentence: "never rejects, whatever the text holds",
    reason: "A customer's odd character would fail the call before it is made.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        for (const [name, text] of Object.entries(awkwardTexts)) {
          await assert.doesNotReject(async () => await subject.counter.count(model, text), name);
        }
      }
    },
  },
  {
    id: "K4",
    sentence: "special tokens in a text are counted as the text they are",
    reason: "Providers read them as text, so counting one token each falls below what they bill.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        assert.ok((await tokensOf(subject, model, "<|endoftext|>")) >= 3);
      }
    },
  },
  {
    id: "K5",
    sentence: "is exact for models it knows alone, and never for one that nobody has",
    reason: "Holds take exact counts as upper bounds; an estimate that claims to be exact lets money through.",
    async check(subject) {
      assert.equal((await subject.counter.count(modelNobodyHas, prose)).exact, false);
      assert.equal((await subject.counter.count("", prose)).exact, false);
      if (subject.exactModel === null) return;
      assert.equal((await subject.counter.count(subject.exactModel, prose)).exact, true);
    },
  },
  {
    id: "K6",
    sentence: "the same text has the same count every time",
    reason: "A hold and its explanation would differ.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        const first = await subject.counter.count(model, prose.repeat(20));
        for (let again = 0; again < 5; again += 1) {
          assert.deepEqual(await subject.counter.count(model, prose.repeat(20)), first);
        }
      }
    },
  },
];

const scale: readonly TokenCounterRule[] = [
  {
    id: "K7",
    sentence: "all of a long text is counted",
    reason: "A counter that looks at the beginning lets long prompts pass under a budget.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        const few = await tokensOf(subject, model, prose.repeat(10));
        const many = await tokensOf(subject, model, prose.repeat(10_000));
        assert.ok(many >= few * 990, `${few} tokens in one part, ${many} in a thousand`);
      }
    },
  },
  {
    id: "K8",
    sentence: "text that is added at a word boundary never makes the count smaller",
    reason: "A longer prompt would need a smaller hold.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        let text = "";
        let last = 0;
        for (const word of `${prose}${Object.values(awkwardTexts).join(" ")}`.split(" ")) {
          text += ` ${word}`;
          const tokens = await tokensOf(subject, model, text);
          assert.ok(tokens >= last, `${JSON.stringify(word)} brought it from ${last} to ${tokens}`);
          last = tokens;
        }
      }
    },
  },
  {
    id: "K9",
    sentence: "a megabyte without a break is counted in well under a second, and in full",
    reason: "Tokenizers are quadratic there: one request would stop the gateway for minutes.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        await subject.counter.count(model, "warm");
        for (const [name, text] of Object.entries(pathologicalTexts)) {
          const start = performance.now();
          const tokens = await tokensOf(subject, model, text);
          const tookMs = performance.now() - start;
          assert.ok(tookMs < 1_000, `${name} took ${tookMs.toFixed(0)} ms`);
          const fewest = Buffer.byteLength(text) / longestTokenBytes;
          assert.ok(tokens >= fewest, `${name}: ${tokens} tokens`);
        }
      }
    },
  },
  {
    id: "K10",
    sentence: "long texts do not hold up the event loop, however many are counted at once",
    reason: "Every stream of every other tenant would stand still meanwhile.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        await subject.counter.count(model, "warm");
        const texts = Array.from({ length: 6 }, (_, i) => `${i} ${prose.repeat(4_000)}`);
        const longestMs = await longestPauseMs(() =>
          Promise.all(texts.map(async (text) => await subject.counter.count(model, text))),
        );
        // The port says about 10 ms; the rest is for a busy machine and its garbage collector.
        assert.ok(longestMs < 120, `the event loop stood still for ${longestMs.toFixed(0)} ms`);
      }
    },
  },
  {
    id: "K11",
    sentence: "counts that run at the same time do not mix",
    reason: "One tenant's prompt would be charged to another's hold.",
    async check(subject) {
      for (const model of modelsOf(subject)) {
        const texts = Array.from({ length: 20 }, (_, i) => prose.repeat(1 + i * 150));
        const expected: number[] = [];
        for (const text of texts) expected.push(await tokensOf(subject, model, text));
        const together = texts.map(async (text) => await tokensOf(subject, model, text));
        assert.deepEqual(await Promise.all(together), expected);
      }
    },
  },
];

/** The longest time between two turns of the event loop, from the start of the work to its end, ms. */
async function longestPauseMs(work: () => Promise<unknown>): Promise<number> {
  let isDone = false;
  let longest = 0;
  let last = performance.now();
  const done = work().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await setImmediate();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await done;
  return longest;
}

/** What every token counter must do. */
export const tokenCounterContract: Contract<TokenCounterSubject> = defineContract("TokenCounter", [
  ...values,
  ...scale,
]);
