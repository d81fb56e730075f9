import assert from "node:assert/strict";
import { inputTokens, outputTokens, tokensOf, totalTokens, type TokenClass, type Tokens } from "@tenantry/core";
import type { Rule } from "../contract.ts";
import { answerOf, scenarioOf, scenarios, usageFacts } from "../wire/scenario.ts";
import { answered, observe, ways } from "./observe.ts";
import { play, type ChatModelSubject } from "./subject.ts";

/** Distinct counts, so that a class in another's place is seen. */
const distinctCounts: Tokens = {
  input: 1001,
  cacheRead: 203,
  cacheWrite5m: 407,
  cacheWrite1h: 811,
  output: 1601,
  reasoning: 3203,
  audioInput: 13,
  audioOutput: 29,
};

function countsOf(classes: readonly TokenClass[]): Tokens {
  return tokensOf(Object.fromEntries(classes.map((name) => [name, distinctCounts[name]])));
}

export const answerRules: readonly Rule<ChatModelSubject>[] = [
  {
    id: "M1",
    sentence: "a whole answer arrives with its id, model, text and finish reason",
    reason: "It is what the caller paid for.",
    async check(subject) {
      play(subject, scenarios.ok);
      const result = await answered(subject.model, "complete");
      assert.equal(result.id, scenarios.ok.answer.id);
      assert.equal(result.model, scenarios.ok.answer.model);
      assert.equal(result.text, scenarios.ok.answer.textPieces.join(""));
      assert.equal(result.finishReason, "stop");
      assert.equal(result.refusal, null);
      assert.deepEqual(result.toolCalls, []);
    },
  },
  {
    id: "M2",
    sentence: "usage is in disjoint classes whose sum is the provider's own total",
    reason: "Cached tokens counted twice or not at all make every invoice wrong (R1).",
    async check(subject) {
      for (const classes of [
        ["input", "output"] as const,
        ["input", "cacheRead", "output"] as const,
        subject.dialect.abilities.tokenClasses,
      ]) {
        const told = usageFacts(countsOf(classes));
        play(subject, scenarioOf({ answer: answerOf({ usage: told }) }));
        for (const way of ways) {
          const usage = (await answered(subject.model, way)).usage;
          assert(usage !== null, "usage was reported and is null");
          assert.deepEqual(usage.tokens, told.tokens);
          assert.equal(totalTokens(usage.tokens), inputTokens(told.tokens) + outputTokens(told.tokens));
          assert.deepEqual(usage.fees, {});
        }
      }
    },
  },
  {
    id: "M3",
    sentence: "usage that the provider did not report is null, never zero",
    reason: "An unknown cost must not look like a free call (R6).",
    async check(subject) {
      play(subject, scenarios.usageMissing);
      for (const way of ways) {
        const { result, events } = await observe(subject.model, way);
        assert.equal(result?.text, scenarios.usageMissing.answer.textPieces.join(""));
        assert.equal(result.usage, null);
        assert.equal(events.filter((event) => event.type === "usage").length, 0);
      }
    },
  },
  {
    id: "M4",
    sentence: "a reported zero is zero, not missing",
    reason: "A free answer is a known fact; marking it unknown would hold its budget for ever.",
    async check(subject) {
      play(subject, scenarios.usageZero);
      for (const way of ways) {
        assert.deepEqual((await answered(subject.model, way)).usage?.tokens, tokensOf({}));
      }
    },
  },
  {
    id: "M5",
    sentence: "usage is passed on as reported, also when it is implausible or beyond 2^32",
    reason: "The provider bills by its own count; second-guessing it is not the adapter's task.",
    async check(subject) {
      for (const scenario of [scenarios.usageLies, scenarios.usageHuge]) {
        play(subject, scenario);
        for (const way of ways) {
          assert.deepEqual((await answered(subject.model, way)).usage?.tokens, scenario.answer.usage?.tokens);
        }
      }
    },
  },
  {
    id: "M6",
    sentence: "usage that cannot be token counts is null, and the answer still arrives",
    reason: "A negative count would refund money; a lost answer would cost the caller a second call.",
    async check(subject) {
      play(subject, scenarios.usageUnreadable);
      for (const way of ways) {
        const result = await answered(subject.model, way);
        assert.equal(result.text, scenarios.usageUnreadable.answer.textPieces.join(""));
        // Of a stream that had reported its input readably before, that report is taken back.
        assert.equal(result.usage, null);
      }
    },
  },
  {
    id: "M7",
    sentence: "the service tier that processed the request is reported",
    reason: "Flex, batch and priority have prices of their own.",
    async check(subject) {
      for (const serviceTier of subject.dialect.abilities.serviceTiers) {
        const usage = usageFacts({ input: 100, output: 20 }, serviceTier);
        play(subject, scenarioOf({ answer: answerOf({ usage }) }));
        for (const way of ways) {
          assert.equal((await answered(subject.model, way)).usage?.serviceTier, serviceTier);
        }
      }
    },
  },
  {
    id: "M8",
    sentence: "the model is the one that answered, not the one asked for",
    reason: "The answering model's price applies.",
    async check(subject) {
      play(subject, scenarios.otherModel);
      for (const way of ways) {
        assert.equal((await answered(subject.model, way)).model, scenarios.otherModel.answer.model);
      }
    },
  },
  {
    id: "M9",
    sentence: "every finish reason of the vendor keeps its meaning",
    reason: "A summary cut at the limit must not pass for a finished one.",
    async check(subject) {
      const byReason = {
        stop: scenarios.ok,
        length: scenarios.lengthStop,
        "tool-calls": scenarios.toolCall,
        refusal: scenarios.refusal,
        filtered: scenarios.filtered,
        other: null,
      };
      for (const reason of subject.dialect.abilities.finishReasons) {
        const scenario = byReason[reason];
        if (scenario === null) continue;
        play(subject, scenario);
        for (const way of ways) assert.equal((await answered(subject.model, way)).finishReason, reason);
      }
    },
  },
  {
    id: "M10",
    sentence: "words of refusal are not text of the answer",
    reason: "A refusal stored as a meeting's summary misleads its reader.",
    async check(subject) {
      if (!subject.dialect.abilities.refusalText) return;
      play(subject, scenarios.refusal);
      for (const way of ways) {
        const result = await answered(subject.model, way);
        assert.equal(result.text, "");
        assert.equal(result.refusal, scenarios.refusal.answer.refusalPieces.join(""));
      }
    },
  },
  {
    id: "M11",
    sentence: "tool calls arrive whole, in order, beside the text",
    reason: "The application runs them as they are.",
    async check(subject) {
      for (const scenario of [scenarios.toolCall, scenarios.parallelToolCalls, scenarios.toolCallWithoutArguments]) {
        play(subject, scenario);
        const { toolCalls, text } = await answered(subject.model, "complete");
        assert.equal(text, scenario.answer.textPieces.join(""));
        assert.deepEqual(
          toolCalls.map(({ id, name, argumentsJson }) => [id, name, JSON.parse(argumentsJson) as unknown]),
          scenario.answer.toolCalls.map(({ id, name, argumentPieces }) => [
            id,
            name,
            JSON.parse(argumentPieces.join("")),
          ]),
        );
      }
    },
  },
  {
    id: "M12",
    sentence: "thinking is kept apart from the text",
    reason: "It is not part of the answer and may be private.",
    async check(subject) {
      if (!subject.dialect.abilities.reasoningText) return;
      play(subject, scenarios.reasoning);
      for (const way of ways) {
        const result = await answered(subject.model, way);
        assert.equal(result.text, scenarios.reasoning.answer.textPieces.join(""));
        assert.equal(result.reasoning, scenarios.reasoning.answer.reasoningPieces.join(""));
      }
    },
  },
  {
    id: "M13",
    sentence: "fields and events that nobody knows yet are passed over",
    reason: "Vendors add them without notice; a strict reader is an outage.",
    async check(subject) {
      play(subject, scenarios.unknownFields);
      for (const way of ways) {
        const result = await answered(subject.model, way);
        assert.equal(result.text, scenarios.unknownFields.answer.textPieces.join(""));
        assert.equal(result.finishReason, "stop");
        assert.deepEqual(result.usage?.tokens, scenarios.unknownFields.answer.usage?.tokens);
      }
    },
  },
];
